"""The manifest as values: what a release engineer wants, before anything is looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Drop, LockedFile, Platform, Target
from locks.metadata import applies
from locks.target import Floor

from ..offers.wheels import NO_CUTOFF, Cutoff

DEFAULT_WARN_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one accelerator flavour adds to the common requirements."""

    name: str
    requirements: tuple[Requirement, ...] = ()
    index: str | None = None
    """Address of the variant's own index; None when it has none."""
    from_index: tuple[Requirement, ...] = ()
    """Names, perhaps with markers: the packages that come from `index` and nowhere else; nothing else does."""
    platforms: tuple[Platform, ...] = ()
    """Those of the stack that the variant exists on."""
    pythons: tuple[str, ...] = ()
    sha256: str
    """Digest of what the variant's targets follow from, so that another variant's change does not count."""

    def taken_from_index(self, target: Target) -> frozenset[NormalizedName]:
        """Give the packages that `target` takes from the variant's own index."""
        environment = target.environment()
        return frozenset(
            canonicalize_name(item.name) for item in self.from_index if applies(item, environment, frozenset())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalGroup:
    """Requirements taken together when their closure is clean, else left out together."""

    name: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimits:
    """How far a pick may lie behind the newest release that nothing speaks against, in days between uploads."""

    warn_days: int = DEFAULT_WARN_DAYS
    fail_days: int | None = None
    """None: it is only reported."""
    allowed: frozenset[NormalizedName] = frozenset()
    """Packages that may be as old as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole manifest, valid."""

    stack: str
    version: str
    pythons: tuple[str, ...]
    platforms: tuple[Platform, ...]
    floors: Mapping[str, Floor]
    requirements: tuple[Requirement, ...]
    variants: tuple[Variant, ...]
    blacklist: Mapping[NormalizedName, str] = field(default_factory=dict)
    optional: tuple[OptionalGroup, ...] = ()
    drops: tuple[Drop, ...] = ()
    checks: tuple[Check, ...] = ()
    file_patterns: tuple[str, ...] = ()
    """What the stack carries beside its packages; relative to the manifest."""
    files: tuple[LockedFile, ...] = ()
    """What the patterns match; nothing before it was looked for."""
    age: AgeLimits = AgeLimits()
    cutoff: Cutoff = NO_CUTOFF

    def targets(self) -> Iterator[tuple[Variant, Target]]:
        """Give every target, in the manifest's order."""
        for variant in self.variants:
            for platform in variant.platforms:
                for python in variant.pythons:
                    floor = self.floors[platform.floor_of] if platform.floor_of else None
                    yield variant, Target(variant=variant.name, platform=platform, python=python, floor=floor)
