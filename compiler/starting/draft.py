"""What `init` has found or been told before it is a manifest, each part with the place it stood in. Values only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Target
from locks.metadata import applies
from locks.target import DEFAULT_FLOORS, PLATFORMS

from ..manifest.requirement import line_of

CONTRADICTION = "pins-contradict"
"""Code of problems about a draft that contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A requirement and where it was asked for."""

    requirement: Requirement
    where: str
    """File and line, or dotted path, as problems name it."""
    comment: str = ""
    """Written beside it."""

    @property
    def name(self) -> NormalizedName:
        """The normalised project name."""
        return canonicalize_name(self.requirement.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banned:
    """Why a package must not be there, and where that is said."""

    reason: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVariant:
    """One accelerator flavour."""

    name: str
    requirements: tuple[Wanted, ...] = ()
    index: str = ""
    """Address of its own index, from which all its requirements come; empty for the ordinary one."""
    platforms: tuple[str, ...] = ()
    """Those it exists on; empty for all of the stack's."""
    pythons: tuple[str, ...] = ()
    """Those it has wheels for; empty for all of the stack's."""
    remarks: tuple[str, ...] = ()
    """Comments at its top, which may be wrapped."""
    example: tuple[str, ...] = ()
    """Lines of TOML for a person to fill in, written as comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftGroup:
    """Requirements taken together when they can be."""

    name: str
    requirements: tuple[Wanted, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A manifest to be; what is empty was not said."""

    stack: str = ""
    version: str = ""
    pythons: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    requirements: tuple[Wanted, ...] = ()
    variants: tuple[DraftVariant, ...] = ()
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Variant -> address of an index of its builds, where the variant itself is not described."""
    blacklist: Mapping[NormalizedName, Banned] = field(default_factory=dict)
    optional: tuple[DraftGroup, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    """What was read and is not in the manifest, in sentences."""

    def platforms_of(self, variant: DraftVariant) -> tuple[str, ...]:
        """Give the platforms the variant exists on."""
        return variant.platforms or self.platforms

    def targets(self) -> Iterator[tuple[DraftVariant, Target]]:
        """Give every target, with the default floors."""
        for variant in self.variants:
            for name in self.platforms_of(variant):
                platform = PLATFORMS[name]
                floor = DEFAULT_FLOORS[platform.floor_of] if platform.floor_of else None
                for python in variant.pythons or self.pythons:
                    yield variant, Target(variant=variant.name, platform=platform, python=python, floor=floor)


def active(wanted: tuple[Wanted, ...], target: Target) -> tuple[Wanted, ...]:
    """Give those that hold on the target."""
    environment = target.environment()
    return tuple(item for item in wanted if applies(item.requirement, environment, frozenset()))


def specifier_of(wanted: Iterable[Wanted]) -> SpecifierSet:
    """Give all their version specifiers as one."""
    return SpecifierSet(",".join(str(item.requirement.specifier) for item in wanted))


def is_empty(wanted: Iterable[Wanted]) -> bool:
    """Say whether no version at all meets them."""
    return specifier_of(wanted).to_range().is_empty


def places_of(wanted: Iterable[Wanted]) -> str:
    """Name all their places."""
    return " and ".join(dict.fromkeys(item.where for item in wanted))


def lines_of(wanted: Iterable[Wanted]) -> str:
    """Quote them."""
    return " and ".join(repr(line_of(item.requirement)) for item in wanted)
