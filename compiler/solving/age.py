"""How far picks lie behind what they could be, and who keeps them there. Pure but for the metadata it is handed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Problem, Target
from locks.index import uploaded_at

from ..manifest.model import AgeLimits
from ..offers.wheels import Shelf, Wheel
from .choices import name_of
from .graph import Graph

MANIFEST = "the manifest"

ShelfOf = Callable[[Wheel], Shelf]
"""Gives what the target could take instead of a wheel."""
UnmetBy = Callable[[Wheel], str]
"""Gives the requirement of a wheel that a graph does not meet; empty when it meets all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """A pick that is older than it could be."""

    name: NormalizedName
    picked: Version
    newest: Version
    """The newest release that would do."""
    days: int
    """Between the uploads of the two."""
    held_by: str = ""
    """Who keeps it from `newest`; empty: nobody asks for an older one, the search went back to it."""
    because: str = ""
    """The requirement of `newest` that the rest does not meet, if that is why."""

    def __str__(self) -> str:
        because = f", but requires {self.because}" if self.because else ""
        return f"{self.name} {self.picked} ({self.newest} is {self.days} days newer{because})"


def _askers(graph: Graph) -> dict[NormalizedName, list[tuple[str, Requirement]]]:
    found: dict[NormalizedName, list[tuple[str, Requirement]]] = {}
    for root in graph.roots:
        found.setdefault(name_of(root), []).append((MANIFEST, root))
    for owner, edges in graph.edges.items():
        for edge in edges:
            found.setdefault(name_of(edge), []).append((f"{owner} {graph.wheels[owner].version}", edge))
    return found


def days_between(newer: Wheel, older: Wheel) -> int:
    """Give the days between two uploads; 0 where an index does not tell both."""
    dates: list[datetime] = [date for date in (uploaded_at(newer.link), uploaded_at(older.link)) if date]
    return (dates[0] - dates[1]).days if len(dates) == 2 else 0


def _lags(
    wheel: Wheel,
    shelf: Shelf,
    askers: Iterable[tuple[str, Requirement]],
    unmet_by: UnmetBy,
    preferred: Version | None,
) -> Iterator[Lag]:
    """Compare one pick with the newest release that nobody speaks against, and with the newest of all.

    Only releases that are known to be uploaded later count, so that one without a time hides none before it. What the
    manifest's own lines rule out does not count: its author knows.
    """

    def lag(newer: Wheel, held_by: str, because: str = "") -> Lag:
        return Lag(
            name=wheel.name,
            picked=wheel.version,
            newest=newer.version,
            days=days_between(newer, wheel),
            held_by=held_by,
            because=because,
        )

    holders: dict[Wheel, list[str]] = {}
    for version, newer in shelf.wheels.items():
        if version <= wheel.version or version.is_prerelease > wheel.version.is_prerelease:
            continue
        if days_between(newer, wheel) > 0:
            against = [owner for owner, line in askers if not line.specifier.contains(version, prereleases=True)]
            if MANIFEST not in against:
                holders[newer] = against
    if free := [newer for newer, against in holders.items() if not against]:
        kept = "an earlier lock, or another target" if wheel.version == preferred else ""
        yield lag(free[0], kept, "" if kept else unmet_by(free[0]))
    if holders and (newest := next(iter(holders))) not in free:
        yield lag(newest, ", ".join(holders[newest]))


def lags(
    graph: Graph, shelf_of: ShelfOf, unmet_by: UnmetBy, *, preferred: Mapping[NormalizedName, Version]
) -> tuple[Lag, ...]:
    """Give what lies behind, by name; a `preferred` version that was taken counts as asked for.

    Only files whose index tells when they were uploaded count.
    """
    askers = _askers(graph)
    return tuple(
        lag
        for name, wheel in sorted(graph.wheels.items())
        for lag in _lags(wheel, shelf_of(wheel), askers[name], unmet_by, preferred.get(name))
    )


def total_days(found: Iterable[Lag], limits: AgeLimits) -> int:
    """Add up the quiet lags that are worth a word: those nobody asked for."""
    return sum(lag.days for lag in found if not lag.held_by and lag.days >= limits.warn_days)


def report_lines(found: Mapping[Target, Iterable[Lag]], limits: AgeLimits) -> list[str]:
    """Say what is old and who holds it, each thing once with its targets."""
    targets: dict[tuple[str, str], list[str]] = {}
    for target, mine in found.items():
        for lag in sorted(mine, key=lambda lag: -lag.days):
            if lag.days >= limits.warn_days and lag.name not in limits.allowed:
                targets.setdefault((lag.held_by, str(lag)), []).append(target.name)
    grouped: dict[tuple[str, str], list[str]] = {}
    for (held_by, words), names in targets.items():
        grouped.setdefault((held_by, ", ".join(names)), []).append(words)
    return [_line(held_by, names, words) for (held_by, names), words in sorted(grouped.items())]


def _line(held_by: str, names: str, words: list[str]) -> str:
    if not held_by:
        return f"old, though no requirement asks for it: {'; '.join(words)} on {names}"
    more = f" and {len(words) - 1} more" if len(words) > 1 else ""
    return f"held back by {held_by}: {words[0]}{more} on {names}"


def judge_ages(target: Target, found: Iterable[Lag], limits: AgeLimits) -> list[Problem]:
    """Give a problem for each pick that is older than the manifest bears."""
    if limits.fail_days is None:
        return []
    return [
        Problem(
            code="pick-too-old",
            where=f"{target}: {lag.name}",
            expected=f"a release at most {limits.fail_days} days older than the newest that would do",
            found=str(lag),
            hint="give it a lower bound to see what stands in the way, name it in [age] allow, or raise fail-days",
        )
        for lag in found
        if not lag.held_by and lag.days >= limits.fail_days and lag.name not in limits.allowed
    ]
