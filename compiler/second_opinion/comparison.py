"""Two resolutions of the same lines, and the look-ups that may explain how they differ. Pure but for those."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from packaging.markers import Environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Lock, LockedWheel
from locks.metadata import applies, parse_requirement

from ..offers.wheels import NO_CUTOFF, Cutoff, Wheel
from ..solving.choices import name_of
from .pins import Pin

WheelsOf = Callable[[NormalizedName, Version], tuple[Wheel, ...]]
"""Gives the wheels of a version, for whatever machine, where the lock takes the package from."""
RequiresOf = Callable[[NormalizedName, Version], tuple[str, ...]]
"""Gives the requirement lines of a version's metadata, markers and all; none where no wheel of it is there."""

_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]*)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine that pip-compile resolves for: the one it runs on."""

    tags: frozenset[Tag]
    environment: Environment


def holds(requirement: Requirement, environment: Environment) -> bool:
    """Say whether a line holds, with an extra it names or without."""
    extras = frozenset(_EXTRA.findall(str(requirement.marker or "")))
    return applies(requirement, environment, frozenset()) or applies(requirement, environment, extras)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Our lock beside pip-compile's pins."""

    lock: Lock
    pins: Mapping[NormalizedName, Pin]
    host: Host
    wheels_of: WheelsOf
    requires_of: RequiresOf
    kept: Mapping[NormalizedName, Version]
    """What an earlier lock had, where that was preferred."""
    others: tuple[Lock, ...] = ()
    """Those of the other targets, whose versions are preferred as well."""
    cutoff: Cutoff = NO_CUTOFF

    @property
    def wheels(self) -> dict[NormalizedName, LockedWheel]:
        """Give our wheels by name."""
        return {wheel.name: wheel for wheel in self.lock.wheels}

    def ours(self, name: NormalizedName) -> Version | None:
        """Give the version in the lock."""
        return next((wheel.version for wheel in self.lock.wheels if wheel.name == name), None)

    def theirs(self, name: NormalizedName) -> Version | None:
        """Give the version that pip-compile takes."""
        return self.pins[name].version if name in self.pins else None

    def differing(self) -> tuple[NormalizedName, ...]:
        """Give the packages that are not the same on both sides, sorted."""
        names = {wheel.name for wheel in self.lock.wheels} | self.pins.keys()
        return tuple(sorted(name for name in names if self.ours(name) != self.theirs(name)))

    def lines_here(self, name: NormalizedName) -> Iterator[Requirement]:
        """Give what our wheel requires on the target, dropped edges left out."""
        return map(parse_requirement, self.wheels[name].requires)

    def lines_there(self, name: NormalizedName) -> Iterator[Requirement]:
        """Give what pip-compile's version requires on this machine, with every extra that its own pins speak for."""
        for line in self.all_lines(name, self.pins[name].version):
            pin = self.pins.get(name_of(line))
            if holds(line, self.host.environment) and (line.url or (pin and name in pin.askers)):
                yield line

    def all_lines(self, name: NormalizedName, version: Version) -> Iterator[Requirement]:
        """Give what a version requires anywhere; what cannot be read is left out."""
        for text in self.requires_of(name, version):
            try:
                yield parse_requirement(text)
            except InvalidRequirement:
                continue

    def target_environment(self) -> Environment:
        """Give the marker variables that the lock was resolved for."""
        return self.lock.target.environment()

    def telling_variables(self, requirement: Requirement) -> str:
        """Say in which of a marker's variables the target and this machine differ."""
        here = cast("dict[str, str]", self.target_environment())
        there = cast("dict[str, str]", self.host.environment)
        return ", ".join(
            f"{key} is {value or 'empty'} for the target, {there[key] or 'empty'} on this machine"
            for key, value in here.items()
            if key in str(requirement.marker) and value != there[key]
        )
