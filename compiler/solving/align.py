"""One version everywhere it can be: which packages of which targets could go to another target's version. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from .choices import name_of
from .closure import Closure, Preferences

HasWheel = Callable[[Closure, NormalizedName, Version], bool]
"""Says whether a target has a usable wheel of that version."""
Obstacle = Callable[[Closure, NormalizedName, Version], str]
"""Says what keeps a target from a version that every requirement on it admits."""


def first_picks(closures: Iterable[Closure]) -> dict[NormalizedName, Version]:
    """Give each package's version in the first closure that has it."""
    picks: dict[NormalizedName, Version] = {}
    for closure in closures:
        for name, wheel in closure.graph.wheels.items():
            picks.setdefault(name, wheel.version)
    return picks


def lowest_picks(closures: Iterable[Closure]) -> dict[NormalizedName, Version]:
    """Give each package's lowest version in any closure: the others can go down to it, it could not go up."""
    lowest: dict[NormalizedName, Version] = {}
    for closure in closures:
        for name, wheel in closure.graph.wheels.items():
            lowest[name] = min(lowest.get(name, wheel.version), wheel.version)
    return lowest


def _against(closure: Closure, name: NormalizedName, version: Version) -> tuple[str, Requirement] | None:
    """Give the requirement that keeps `name` from `version`, after its owner; None when all admit it."""
    askers = [("the manifest", root) for root in closure.graph.roots]
    askers += [(owner, edge) for owner, edges in closure.graph.edges.items() for edge in edges]
    for owner, requirement in askers:
        if name_of(requirement) == name and not requirement.specifier.contains(version, prereleases=True):
            return owner, requirement
    return None


def alignable(closure: Closure, lowest: Preferences, has_wheel: HasWheel) -> dict[NormalizedName, Version]:
    """Give the packages of a closure that could take the lowest version, with it; empty when all is well."""
    return {
        name: lowest[name]
        for name, wheel in closure.graph.wheels.items()
        if wheel.version != lowest[name]
        and _against(closure, name, lowest[name]) is None
        and has_wheel(closure, name, lowest[name])
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """A package that several targets have in several versions."""

    name: NormalizedName
    places: Mapping[Version, list[str]]
    reasons: tuple[str, ...]
    holders: tuple[str, ...]
    """Whose requirements keep the versions apart; empty where something else does."""


def _splits(closures: Sequence[Closure], obstacle: Obstacle) -> Iterator[_Split]:
    lowest = lowest_picks(closures)
    for name in sorted(lowest):
        places: dict[Version, list[str]] = {}
        reasons: dict[str, None] = {}
        holders: set[str] = set()
        for closure in closures:
            if wheel := closure.graph.wheels.get(name):
                places.setdefault(wheel.version, []).append(closure.target.name)
                if wheel.version != lowest[name]:
                    holder, reason = _reason(closure, name, lowest[name], obstacle)
                    reasons[reason] = None
                    holders.add(holder)
        if len(places) > 1:
            same = () if "" in holders else tuple(sorted(holders))
            yield _Split(name=name, places=dict(sorted(places.items())), reasons=tuple(reasons), holders=same)


def unaligned(closures: Sequence[Closure], obstacle: Obstacle) -> list[str]:
    """Say which packages have several versions, and what keeps them apart; all that one holder splits in one line."""
    by_holder: dict[tuple[str, ...], list[_Split]] = {}
    for split in _splits(closures, obstacle):
        by_holder.setdefault(split.holders or (split.name, ""), []).append(split)
    lines = []
    for holders, splits in sorted(by_holder.items()):
        if len(splits) > 1:
            packages = ", ".join(f"{split.name} ({', '.join(map(str, split.places))})" for split in splits)
            lines.append(f"differ, as {' and '.join(holders)} requires: {packages}")
        else:
            (split,) = splits
            places = "; ".join(f"{version} on {', '.join(names)}" for version, names in split.places.items())
            lines.append(f"{split.name} differs: {places} ({'; '.join(split.reasons)})")
    return lines


def _reason(closure: Closure, name: NormalizedName, version: Version, obstacle: Obstacle) -> tuple[str, str]:
    """Give who keeps a target from a version, if it is a requirement, and the reason in words."""
    if against := _against(closure, name, version):
        owner, requirement = against
        return owner, f"{owner} requires {name}{requirement.specifier}"
    return "", obstacle(closure, name, version)
