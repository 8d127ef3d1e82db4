"""Changes to a manifest tried: solved for every target, and priced by what moves."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import WayOut

from ..errors import BlacklistError, ResolutionError
from ..offers.wheels import Wheel
from ..solving.age import days_between
from ..solving.choices import name_of
from ..solving.closure import TargetRun
from ..solving.graph import Graph
from .remedy import Edit

_MAX_MOVES = 6
"""Moves told one by one; the rest are counted."""

Outcome = Mapping[TargetRun, Graph]
"""What an edit leads to on each target."""


def _older(before: Wheel, after: Wheel) -> str:
    days = days_between(before, after)
    return f" ({days} days older)" if days > 0 else f" ({-days} days newer)" if days else ""


def _moves(before: Graph, after: Graph) -> list[str]:
    moved = [
        f"{name} {before.wheels[name].version} -> {wheel.version}{_older(before.wheels[name], wheel)}"
        for name, wheel in sorted(after.wheels.items())
        if name in before.wheels and before.wheels[name].version != wheel.version
    ]
    more = [f"{len(moved) - _MAX_MOVES} more"] if len(moved) > _MAX_MOVES else []
    gone = sorted(before.wheels.keys() - after.wheels.keys())
    new = sorted(after.wheels.keys() - before.wheels.keys())
    lists = (("moves", moved[:_MAX_MOVES] + more), ("goes", gone), ("comes", new))
    return [f"{verb}: {', '.join(names)}" for verb, names in lists if names] or ["nothing else moves"]


def _takes(name: NormalizedName, outcome: Outcome) -> str:
    """Say what an edit makes of one package: what it takes, and where it is missing."""
    places: dict[str, list[str]] = {}
    for run, graph in outcome.items():
        wheel = graph.wheels.get(name)
        words = f"takes {name} {wheel.version}" if wheel else f"{name} is missing"
        places.setdefault(words, []).append(run.target.name)
    if len(places) == 1:
        (words,) = places
        return words if words.startswith("takes") else f"{words} everywhere"
    return "; ".join(f"{words} on {', '.join(targets)}" for words, targets in places.items())


def _oldest(outcome: Outcome) -> list[str]:
    quiet = [(lag, run.target) for run, graph in outcome.items() for lag in run.lags(graph) if not lag.held_by]
    if not quiet:
        return []
    lag, target = max(quiet, key=lambda pair: pair[0].days)
    return [f"oldest pick: {lag}" + (f" on {target}" if len(outcome) > 1 else "")]


def _price(edit: Edit, outcome: Outcome, before: Outcome) -> tuple[str, ...]:
    lines = list(edit.price)
    for run, graph in list(before.items())[:1]:
        first = f" (on {run.target}, the first of {len(before)})" if len(before) > 1 else ""
        lines += [f"{line}{first}" for line in _moves(graph, outcome[run])]
    if not before:
        lines += [_takes(name, outcome) for name in sorted({name_of(line) for line in (*edit.without, *edit.added)})]
    return (*lines, *_oldest(outcome))


def _outcome(edit: Edit, runs: Iterable[TargetRun], aside: Collection[Requirement] = ()) -> Outcome | None:
    try:
        return {run: edit.solve(run, aside) for run in runs}
    except (ResolutionError, BlacklistError):
        return None


def helpful(runs: Sequence[TargetRun], edits: Iterable[Edit], *, aside: Collection[Requirement]) -> Iterator[Edit]:
    """Give the edits that would help on all `runs`, were the lines `aside` not there."""
    return (edit for edit in edits if _outcome(edit, runs, aside))


def ways_out(
    runs: Sequence[TargetRun], edits: Iterable[Edit], *, before: Outcome = MappingProxyType({})
) -> Iterator[WayOut]:
    """Try edits on all `runs`, and give those that work on every one, with their price.

    `before` has the solutions that will not do, for the runs that have one.
    """
    for edit in edits:
        if outcome := _outcome(edit, runs):
            yield WayOut(edit=edit.words, price=_price(edit, outcome, before))
