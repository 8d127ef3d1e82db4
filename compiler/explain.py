"""What went wrong on all targets together: each cause once, cut down to the lines that matter, with ways out."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.requirements import Requirement

from locks import Error, IndexUnavailable, Problem, WayOut

from .closure import TargetRun
from .errors import BlacklistError, Deadlock, ResolutionError, join_identical
from .minimise import smallest_failing
from .remedy import MAX_WAYS_OUT, edits_for_ban, edits_for_clash, ways_out

Failure = tuple[TargetRun, Error]
Lines = tuple[Requirement, ...]


def _deadlock(run: TargetRun, lines: Sequence[Requirement]) -> Deadlock | None:
    try:
        run.solve(lines)
    except Deadlock as error:
        return error
    except ResolutionError:
        pass  # given up, which proves nothing
    return None


def _shrink(run: TargetRun, known: Iterable[Lines]) -> Lines:
    """Give the least of the run's lines that cannot be met together; one that is known from another target first."""
    for lines in known:
        if set(lines) <= set(run.requirements) and _deadlock(run, lines):
            return lines
    lines = smallest_failing(sorted(run.requirements, key=str), lambda part: _deadlock(run, part) is not None)
    return lines if _deadlock(run, lines) else run.requirements


def _explain_deadlocks(failures: Sequence[Failure]) -> tuple[list[Problem], list[WayOut]]:
    """Explain each deadlock by its smallest set of lines, and try to mend each such set on all targets that have it."""
    runs_by_lines: dict[Lines, list[TargetRun]] = {}
    problems = []
    for run, error in failures:
        lines = _shrink(run, runs_by_lines)
        runs_by_lines.setdefault(lines, []).append(run)
        told = "your lines that clash: " + ", ".join(f"'{line}'" for line in lines)
        smaller = _deadlock(run, lines) or error
        problems += [replace(problem, because=(told, *problem.because)) for problem in smaller.problems]
    found: list[WayOut] = []
    for lines, runs in runs_by_lines.items():
        found += ways_out(runs, edits_for_clash(runs[0], lines))
    return problems, found


def _explain_bans(failures: Sequence[Failure]) -> list[WayOut]:
    runs = [run for run, _ in failures]
    before = runs[0].solve(runs[0].requirements)
    banned = sorted(before.wheels.keys() & runs[0].manifest.blacklist.keys())
    return list(ways_out(runs, edits_for_ban(runs[0], before, banned), before))


def explain(failures: Sequence[Failure], report: Callable[[str], None]) -> Error:
    """Make one error of what failed on several targets."""
    problems = [problem for _, error in failures for problem in error.problems]
    found: list[WayOut] = []
    deadlocks = [failure for failure in failures if isinstance(failure[1], Deadlock)]
    bans = [failure for failure in failures if isinstance(failure[1], BlacklistError)]
    with suppress(IndexUnavailable):  # the explanation asks for more than the failure did
        if deadlocks:
            report("looking for the lines that clash, and for a way out")
            others = [problem for _, error in failures if not isinstance(error, Deadlock) for problem in error.problems]
            explained, found = _explain_deadlocks(deadlocks)
            problems = [*others, *explained]
        elif bans:
            report("looking for ways round the blacklist")
            found = _explain_bans(bans)
    kind = BlacklistError if len(bans) == len(failures) else ResolutionError
    error = kind(join_identical(problems))
    error.ways_out = tuple(found[:MAX_WAYS_OUT])
    return error
