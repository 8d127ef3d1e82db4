"""What went wrong on all targets together: each cause once, cut down to the lines that matter, with ways out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.requirements import Requirement

from locks import Error, IndexUnavailable, Problem, WayOut

from .closure import TargetRun
from .errors import BlacklistError, Deadlock, ResolutionError, join_identical
from .minimise import smallest_failing
from .remedy import MAX_WAYS_OUT, edits_for_ban, edits_for_clash, ways_out

MAX_CLASHES = 5
"""Explained for one target; the rest shows when these are mended."""

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


def _shrink(run: TargetRun, lines: Lines, known: Iterable[Lines]) -> Lines:
    """Give the least of `lines` that cannot be met together; one that is known from another target first."""
    for part in known:
        if set(part) <= set(lines) and _deadlock(run, part):
            return part
    part = smallest_failing(sorted(lines, key=str), lambda part: _deadlock(run, part) is not None)
    return part if _deadlock(run, part) else lines


def _clashes(run: TargetRun, known: Iterable[Lines]) -> Iterator[Lines]:
    """Give sets of lines that clash, none of which shares a line with another."""
    lines = run.requirements
    for _ in range(MAX_CLASHES):
        if not _deadlock(run, lines):
            return
        clash = _shrink(run, lines, known)
        yield clash
        lines = tuple(line for line in lines if line not in clash)


def _explain_deadlocks(failures: Iterable[Failure]) -> tuple[list[Problem], list[WayOut]]:
    """Explain each deadlock by the smallest sets of lines, and try to mend each set on all targets that have it."""
    runs_by_clash: dict[Lines, list[TargetRun]] = {}
    problems = []
    for run, error in failures:
        for clash in _clashes(run, tuple(runs_by_clash)):
            runs_by_clash.setdefault(clash, []).append(run)
            told = "your lines that clash: " + ", ".join(f"'{line}'" for line in clash)
            smaller = _deadlock(run, clash) or error
            problems += [replace(problem, because=(told, *problem.because)) for problem in smaller.problems]
    found: list[WayOut] = []
    for clash, runs in runs_by_clash.items():
        others = frozenset(line for other in runs_by_clash if other != clash for line in other if line not in clash)
        found += ways_out(runs, edits_for_clash(runs[0], clash, aside=others), aside=others)
    return problems, found


def _explain_bans(failures: Sequence[Failure]) -> list[WayOut]:
    runs = [run for run, _ in failures]
    before = runs[0].solve(runs[0].requirements)
    banned = sorted(before.wheels.keys() & runs[0].manifest.blacklist.keys())
    return list(ways_out(runs, edits_for_ban(runs[0], before, banned), before=before))


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
