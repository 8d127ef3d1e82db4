"""Which of a project's wheels a target could take: one for each version, the best by tag and build. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, auto
from functools import cache

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.utils import BuildTag, InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from locks import Target
from locks.index import Link, uploaded_at
from locks.warts import mend_specifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """One wheel that an index offers."""

    name: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]
    index: str
    """Alias of the index it is offered on."""
    link: Link


class Bar(IntEnum):
    """What keeps a wheel from a target, in the order in which it is asked."""

    TAGS = auto()
    PYTHON = auto()
    YANKED = auto()
    DATE = auto()
    BLACKLIST = auto()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Refusal:
    """Why a wheel is not for a target."""

    bar: Bar
    words: str

    def __str__(self) -> str:
        return self.words


UNFIT = Refusal(bar=Bar.TAGS, words="without a wheel for the target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one target can choose from in one project."""

    wheels: Mapping[Version, Wheel]
    """The best wheel of each version, newest version first."""
    refused: Mapping[Version, Refusal]
    """Why the other versions are not there, newest first; of a version's wheels, the one that came furthest counts."""


# A page lists thousands of files that share few versions and tag sets.
_version = cache(Version)
_tags = cache(parse_tag)


def _parse_filename(filename: str) -> tuple[NormalizedName, Version, BuildTag, frozenset[Tag]]:
    """Do as `parse_wheel_filename`, parsing each version and each tag set but once; raises ValueError."""
    name, version, *build, interpreter, abi, platform = filename.removesuffix(".whl").split("-")
    # NOTE: a build tag may hold anything, "1/../.." too, and tags whatever moves a terminal's cursor.
    if len(build) > 1 or not {"/", "\\"}.isdisjoint(filename) or not filename.isprintable():
        raise InvalidWheelFilename(filename)
    if build:
        return parse_wheel_filename(filename)
    return canonicalize_name(name), _version(version), (), _tags(f"{interpreter}-{abi}-{platform}")


def wheels_among(links: Iterable[Link], *, name: NormalizedName, index: str) -> tuple[Wheel, ...]:
    """Pick the wheels of `name` out of a page's links; source distributions and strays are passed over."""
    found = []
    for link in links:
        if not link.filename.endswith(".whl"):
            continue
        try:
            project, version, build, tags = _parse_filename(link.filename)
        except ValueError:
            continue
        if project == name:
            found.append(Wheel(name=name, version=version, build=build, tags=tags, index=index, link=link))
    return tuple(found)


@cache
def _contains(requires_python: str, version: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(version)
    except ValueError:  # not a specifier, or one with numbers that Python cannot hold
        mended = mend_specifier(requires_python)
        return mended is None or _contains(mended.text, version)


def admits(requires_python: str | None, target: Target) -> bool:
    """Say whether a `Requires-Python` admits the target; one past mending admits all, as pip has it."""
    return not requires_python or _contains(requires_python, f"{target.python}.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """Nothing uploaded after a day is taken."""

    day: date | None = None
    """The last day that counts, in UTC; None: there is no such limit."""
    undated: frozenset[str] = frozenset()
    """Aliases of indexes whose files need not tell when they were uploaded."""

    def refusal(self, wheel: Wheel) -> Refusal | None:
        """Say why the wheel is not taken; None when it is."""
        if self.day is None:
            return None
        uploaded = uploaded_at(wheel.link)
        if uploaded is None and wheel.index not in self.undated:
            return Refusal(bar=Bar.DATE, words="without an upload time")
        if uploaded and uploaded.date() > self.day:
            return Refusal(bar=Bar.DATE, words=f"uploaded after {self.day}")
        return None


NO_CUTOFF = Cutoff()


def _refusal(wheel: Wheel, target: Target, *, allow_yanked: bool, cutoff: Cutoff) -> Refusal | None:
    if not admits(wheel.link.requires_python, target):
        return Refusal(bar=Bar.PYTHON, words=f"needs Python {wheel.link.requires_python}")
    if wheel.link.yanked and not allow_yanked:
        return Refusal(bar=Bar.YANKED, words="yanked")
    return cutoff.refusal(wheel)


def rank_tags(tags: Sequence[Tag]) -> dict[Tag, int]:
    """Give each tag its place, 0 the best."""
    return {tag: place for place, tag in enumerate(tags)}


def shelve(
    wheels: Iterable[Wheel],
    *,
    target: Target,
    rank: Mapping[Tag, int],
    allow_yanked: bool = False,
    cutoff: Cutoff = NO_CUTOFF,
) -> Shelf:
    """Choose the best wheel of each version for `target`; `rank` comes from `rank_tags` of its tags."""
    refused: dict[Version, Refusal] = {}
    best: dict[Version, tuple[bool, int, BuildTag, str, Wheel]] = {}
    worst = len(rank)
    places: dict[frozenset[Tag], int] = {}  # the wheels of a project share few sets of tags
    for wheel in wheels:
        if wheel.tags not in places:
            places[wheel.tags] = -min((rank[tag] for tag in wheel.tags if tag in rank), default=worst)
        place = places[wheel.tags]
        if place == -worst:
            refused.setdefault(wheel.version, UNFIT)
            continue
        if refusal := _refusal(wheel, target, allow_yanked=allow_yanked, cutoff=cutoff):
            refused[wheel.version] = max(refusal, refused.get(wheel.version, refusal))
            continue
        # The name decides last, between spellings of one: a page's order must not matter.
        entry = (not wheel.link.yanked, place, wheel.build, wheel.link.filename, wheel)
        if wheel.version not in best or entry[:4] > best[wheel.version][:4]:
            best[wheel.version] = entry
    chosen = [best[version][4] for version in sorted(best, reverse=True)]
    absent = sorted(refused.keys() - best.keys(), reverse=True)
    return Shelf(
        wheels={wheel.version: wheel for wheel in chosen},  # by its own spelling, which `===` compares
        refused={version: refused[version] for version in absent},
    )
