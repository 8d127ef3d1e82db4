"""One version everywhere it can be: which packages of which targets could go to another target's version. Pure."""

from collections.abc import Callable, Iterable, Sequence

from packaging.utils import NormalizedName
from packaging.version import Version

from .choices import name_of
from .closure import Closure, Preferences

HasWheel = Callable[[Closure, NormalizedName, Version], bool]
"""Says whether a target has a usable wheel of that version."""


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


def _admitted(closure: Closure, name: NormalizedName, version: Version) -> str | None:
    """Give the requirement that keeps `name` from `version`, and whose it is; None when all admit it."""
    askers = [("the manifest", root) for root in closure.graph.roots]
    askers += [(owner, edge) for owner, edges in closure.graph.edges.items() for edge in edges]
    for owner, requirement in askers:
        if name_of(requirement) == name and not requirement.specifier.contains(version, prereleases=True):
            return f"{owner} requires {name}{requirement.specifier}"
    return None


def alignable(closure: Closure, lowest: Preferences, has_wheel: HasWheel) -> dict[NormalizedName, Version]:
    """Give the packages of a closure that could take the lowest version, with it; empty when all is well."""
    return {
        name: lowest[name]
        for name, wheel in closure.graph.wheels.items()
        if wheel.version != lowest[name]
        and _admitted(closure, name, lowest[name]) is None
        and has_wheel(closure, name, lowest[name])
    }


def unaligned(closures: Sequence[Closure], has_wheel: HasWheel) -> list[str]:
    """Say, a line for each package with several versions, which target has which, and what keeps them apart."""
    lowest = lowest_picks(closures)
    lines = []
    for name in sorted(lowest):
        versions: dict[Version, list[str]] = {}
        reasons: dict[str, None] = {}
        for closure in closures:
            if wheel := closure.graph.wheels.get(name):
                versions.setdefault(wheel.version, []).append(closure.target.name)
                if wheel.version != lowest[name]:
                    reasons[_reason(closure, name, lowest[name], has_wheel)] = None
        if len(versions) > 1:
            places = "; ".join(f"{version} on {', '.join(targets)}" for version, targets in sorted(versions.items()))
            lines.append(f"{name} differs: {places} ({'; '.join(reasons)})")
    return lines


def _reason(closure: Closure, name: NormalizedName, version: Version, has_wheel: HasWheel) -> str:
    if not has_wheel(closure, name, version):
        return f"{closure.target} has no wheel of {version}"
    return _admitted(closure, name, version) or f"{version} does not go with the rest on {closure.target}"
