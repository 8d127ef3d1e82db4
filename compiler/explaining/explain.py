"""What went wrong on all targets together: each cause once, cut down to the lines that matter, with ways out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from packaging.requirements import Requirement

from locks import Error, IndexUnavailable, Problem, WayOut
from locks.progress import Reporter

from ..errors import BlacklistError, Deadlock, ResolutionError, join_identical
from ..solving.closure import TargetRun
from .minimise import smallest_failing
from .price import helpful, ways_out
from .remedy import Edit, edits_for_ban, edits_for_clash, together

MAX_WAYS_OUT = 3
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


def _combined(choices: Sequence[Sequence[Edit]]) -> Iterator[Edit]:
    """Give changes that mend all clashes at once: the first edit of each, then the second, as far as there are any."""
    for rank in range(max(map(len, choices))):
        edits = list(dict.fromkeys(own[min(rank, len(own) - 1)] for own in choices))
        touched = [line for edit in edits for line in edit.without]
        if len(touched) == len(set(touched)):
            yield together(edits)


def _ways_round(runs_by_clash: Mapping[Lines, Sequence[TargetRun]], healthy: Sequence[TargetRun]) -> Iterator[WayOut]:
    """Give changes that mend every clash, and harm no healthy target."""
    lines = {line for clash in runs_by_clash for line in clash}
    every = [*dict.fromkeys(run for mine in runs_by_clash.values() for run in mine), *healthy]
    platforms = {run.target.platform for run in every}
    choices = []
    for clash, runs in runs_by_clash.items():
        aside = lines.difference(clash)
        edits = edits_for_clash(runs, clash, aside=aside, platforms=platforms)
        choices.append(list(islice(helpful(runs, edits, aside=aside), MAX_WAYS_OUT)))
    return ways_out(every, _combined(choices)) if choices and all(choices) else iter(())


def _explain_deadlocks(
    failures: Iterable[Failure], healthy: Sequence[TargetRun]
) -> tuple[list[Problem], Iterator[WayOut]]:
    """Explain each deadlock by the smallest sets of lines, and try to mend them all."""
    runs_by_clash: dict[Lines, list[TargetRun]] = {}
    problems: list[Problem] = []
    for run, error in failures:
        clashes = tuple(_clashes(run, tuple(runs_by_clash)))
        if not clashes:  # with earlier picks preferred there was none; without them the search was given up
            problems += error.problems
        for clash in clashes:
            runs_by_clash.setdefault(clash, []).append(run)
            told = f"your {'lines that clash' if len(clash) > 1 else 'line at fault'}: "
            told += ", ".join(f"'{line}'" for line in clash)
            smaller = _deadlock(run, clash) or error
            problems += [replace(problem, because=(told, *problem.because)) for problem in smaller.problems]
    return problems, _ways_round(runs_by_clash, healthy)


def _ways_round_bans(failures: Sequence[Failure], healthy: Sequence[TargetRun]) -> Iterator[WayOut]:
    before = {run: run.solve(run.requirements) for run, _ in failures}
    return ways_out([*before, *healthy], edits_for_ban(before), before=before)


def explain(failures: Sequence[Failure], healthy: Sequence[TargetRun], reporter: Reporter) -> Error:
    """Make one error of what failed on several targets; on the `healthy` ones nothing did."""
    problems = [problem for _, error in failures for problem in error.problems]
    found: list[WayOut] = []
    notes = []
    deadlocks = [failure for failure in failures if isinstance(failure[1], Deadlock)]
    bans = [failure for failure in failures if isinstance(failure[1], BlacklistError)]
    try:
        if deadlocks:
            reporter.noted("looking for the lines that clash, and for a way out")
            others = [problem for _, error in failures if not isinstance(error, Deadlock) for problem in error.problems]
            told, ways = _explain_deadlocks(deadlocks, healthy)
            problems = [*others, *told]
            found += islice(ways, MAX_WAYS_OUT)
        elif bans:
            reporter.noted("looking for ways round the blacklist")
            found += islice(_ways_round_bans(bans, healthy), MAX_WAYS_OUT)
        if (deadlocks or bans) and not found:
            notes.append("no single change was found that works: mend what is told, and compile again")
    except IndexUnavailable as gone:  # the explanation asks for more than the failure did
        notes.append(f"nothing more was looked for: {gone}")
    error = (BlacklistError if len(bans) == len(failures) else ResolutionError)(join_identical(problems))
    explained = {run for run, _ in deadlocks or bans}
    rest = ", ".join(run.target.name for run, _ in failures if run not in explained)
    stays = (f"does not mend what is wrong on {rest}",) if rest else ()
    error.ways_out = tuple(replace(way, price=(*way.price, *stays)) for way in found)
    for note in notes:
        error.add_note(note)
    return error
