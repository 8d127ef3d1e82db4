"""The manifest as values: what a release engineer wants, before anything is looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import Check, Drop, Platform, Target
from locks.target import Floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one accelerator flavour adds to the common requirements."""

    name: str
    requirements: tuple[Requirement, ...] = ()
    index: str | None = None
    """Address of the variant's own index; None when it has none."""
    from_index: frozenset[NormalizedName] = frozenset()
    """Packages that come from `index` and nowhere else; nothing else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalGroup:
    """Requirements taken together when their closure is clean, else left out together."""

    name: str
    requirements: tuple[Requirement, ...]


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
    sha256: str
    """Digest of the parsed content."""

    def targets(self) -> Iterator[tuple[Variant, Target]]:
        """Give every target, in the manifest's order."""
        for variant in self.variants:
            for platform in self.platforms:
                for python in self.pythons:
                    floor = self.floors[platform.floor_of] if platform.floor_of else None
                    yield variant, Target(variant=variant.name, platform=platform, python=python, floor=floor)
