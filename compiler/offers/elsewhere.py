"""Which other targets a project's wheels are for. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from locks import Target
from locks.target import DEFAULT_FLOORS, PLATFORMS, PYTHONS, Floor

from .wheels import Wheel, rank_tags, shelve

_NEWEST_FLOORS: dict[str, Floor] = {"glibc": (2, 60), "macos": (30, 0)}
"""Newer than any wheel asks for."""
_FLOOR_NAMES = {"glibc": "glibc", "macos": "macOS"}


def describe_floor(target: Target) -> str:
    """Name the oldest system that the target allows for, as "glibc 2.28"; "no floor" where none counts."""
    floor_of, floor = target.platform.floor_of, target.floor
    return f"{_FLOOR_NAMES[floor_of]} {'.'.join(map(str, floor))}" if floor_of and floor else "no floor"


def _fit(wheels: Iterable[Wheel], target: Target) -> bool:
    return bool(shelve(wheels, target=target, rank=rank_tags(target.tags())).wheels)


def _on_other_platforms(target: Target) -> Iterator[Target]:
    for platform in PLATFORMS.values():
        if platform != target.platform:
            floor = DEFAULT_FLOORS[platform.floor_of] if platform.floor_of else None
            yield replace(target, platform=platform, floor=floor)


def _on_newer_systems(target: Target) -> Iterator[Target]:
    """Give the same target with ever newer floors."""
    floor_of = target.platform.floor_of
    if floor_of and target.floor:
        major, minor = target.floor
        last_major, last_minor = _NEWEST_FLOORS[floor_of]
        floors = [(major, later) for later in range(minor + 1, last_minor + 1)] if major == last_major else []
        floors += [(later, 0) for later in range(major + 1, last_major + 1)]
        yield from (replace(target, floor=floor) for floor in floors)


def platforms_with(wheels: Sequence[Wheel], target: Target) -> tuple[str, ...]:
    """Name the platforms that one of `wheels` fits with the target's Python: others, and its own with a newer floor."""
    found = [other.platform.name for other in _on_other_platforms(target) if _fit(wheels, other)]
    newer = list(_on_newer_systems(target))
    if newer and _fit(wheels, newer[-1]):  # what fits a floor fits every newer one
        oldest = next(later for later in newer if _fit(wheels, later))
        found.append(f"{target.platform.name} from {describe_floor(oldest)} on")
    return tuple(found)


def pythons_with(wheels: Sequence[Wheel], target: Target) -> tuple[str, ...]:
    """Name the other Pythons that one of `wheels` fits on the target's platform."""
    others = (replace(target, python=python) for python in PYTHONS if python != target.python)
    return tuple(other.python for other in others if _fit(wheels, other))
