"""What one target can choose from, and which choices are hopeless from the start.

A wheel is hopeless when one of its own requirements cannot be met by any wheel that the manifest's requirements
allow. Those never change during a run, so dropping such wheels early is sound; without it the resolver walks
through years of releases and gives up ("too deep").

One thing is given up for it: a pre-release or a yanked wheel must be admitted by the manifest or by the very package
that needs it, not by some third package that happens to name it as well.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Drop, Target
from locks.index import Presence
from locks.lock import ORDINARY_INDEX

from ..offers.catalogue import Catalogue, Once
from ..offers.elsewhere import platforms_with
from ..offers.wheels import Bar, Refusal, Shelf, Wheel, admits

Extras = frozenset[str]
NO_EXTRAS: Extras = frozenset()
_MAX_DEPTH = 100
"""How far below a wheel its requirements are followed to judge it; Python's stack holds three times that."""


def name_of(requirement: Requirement) -> NormalizedName:
    """Give the normalised project name."""
    return canonicalize_name(requirement.name)


def extras_of(requirement: Requirement) -> Extras:
    """Give the normalised extras asked for."""
    return frozenset(map(canonicalize_name, requirement.extras))


def is_pin(requirement: Requirement) -> bool:
    """Say whether the requirement names one exact version."""
    return any(item.operator in ("==", "===") and not item.version.endswith(".*") for item in requirement.specifier)


class Choices:
    """The wheels of one target, as the resolver sees them."""

    def __init__(
        self,
        catalogue: Catalogue,
        target: Target,
        *,
        roots: Iterable[Requirement],
        pinned_index: Mapping[NormalizedName, str],
        drops: Iterable[Drop] = (),
        preferred: Mapping[NormalizedName, Version] = MappingProxyType({}),
        forbidden: Collection[NormalizedName] = (),
    ) -> None:
        """`roots` hold on the target already; `pinned_index` maps packages to the alias they must come from.

        A `preferred` version is offered first, where it is offered at all; of a `forbidden` package there is none.
        """
        self.target = target
        self.roots: dict[NormalizedName, tuple[Requirement, ...]] = {}
        for root in sorted(roots, key=str):  # the manifest's order must not matter
            self.roots[name_of(root)] = (*self.roots.get(name_of(root), ()), root)
        self.dropped: dict[NormalizedName, dict[str, str]] = {}
        """Project -> version -> why its wheel was never considered."""
        self.lacking: dict[Wheel, Requirement] = {}
        """Wheel -> the requirement below it that only other platforms have wheels for."""
        self.cut_from: dict[Wheel, set[NormalizedName]] = {}
        """Wheel -> the requirements that a drop took from it."""
        self._read: dict[Wheel, list[Requirement]] = {}
        self._catalogue = catalogue
        self._pinned_index = pinned_index
        self.preferred = preferred
        self._forbidden = frozenset(forbidden)
        self._cut = {(drop.package, drop.requires) for drop in drops}
        self._scouted: set[tuple[NormalizedName, Extras]] = set()
        self._touched: set[Wheel] = set()
        self._shelves = Once(self._fill_shelf)
        self._requirements = Once(self._read_requirements)
        self._matches = Once(self._find_matches)
        self._elsewhere = Once(self._find_elsewhere)
        self._verdicts: dict[tuple[Wheel, Extras], str | None] = {}
        self._depth = 0

    def _fill_shelf(self, key: tuple[NormalizedName, bool]) -> Shelf:
        name, allow_yanked = key
        if name in self._forbidden:
            refusal = Refusal(bar=Bar.BLACKLIST, words="blacklisted")
            return Shelf(wheels={}, refused={wheel.version: refusal for wheel in self.on_page(name)})
        index = self._pinned_index.get(name, ORDINARY_INDEX)
        return self._catalogue.shelf(name, index=index, target=self.target, allow_yanked=allow_yanked)

    def on_page(self, name: NormalizedName) -> tuple[Wheel, ...]:
        """Give every wheel of `name` that is offered for any target, where this one must take it from."""
        return self._catalogue.wheels(name, index=self._pinned_index.get(name, ORDINARY_INDEX))

    def whereabouts(self, name: NormalizedName) -> tuple[tuple[Presence, ...], int]:
        """Give what each place that `name` must come from answers about it, and how many files there are no wheels."""
        return self._catalogue.whereabouts(name, index=self._pinned_index.get(name, ORDINARY_INDEX))

    def shelf(self, name: NormalizedName) -> Shelf:
        """Give every wheel of `name` the target could take, yanked ones left out."""
        return self._shelves((name, False))

    def _read_requirements(self, key: tuple[Wheel, Extras]) -> tuple[Requirement, ...]:
        wheel, extras = key
        kept = []
        for item in self._catalogue.active(wheel, target=self.target, extras=extras):
            if (wheel.name, name_of(item)) in self._cut:
                self.cut_from.setdefault(wheel, set()).add(name_of(item))
            else:
                kept.append(item)
        self._read.setdefault(wheel, []).extend(kept)
        return tuple(kept)

    def requirements(self, wheel: Wheel, extras: Extras = NO_EXTRAS) -> tuple[Requirement, ...]:
        """Give what the wheel requires on this target, dropped edges left out.

        Raises:
            IndexUnavailable: its metadata cannot be had.
            InvalidRequirement: a line that holds here cannot be read.
        """
        return self._requirements((wheel, extras))

    def settle(self, name: NormalizedName) -> None:
        """Let whoever watches know which package it is about."""
        self._catalogue.advance(name, 0, 0)

    def _find_matches(self, key: tuple[NormalizedName, str, bool]) -> tuple[Wheel, ...]:
        name, specifier, pinned = key
        for allow_yanked in (False, True) if pinned else (False,):
            shelf = self._shelves((name, allow_yanked))
            if versions := list(SpecifierSet(specifier).filter(shelf.wheels)):
                versions.sort(key=lambda version: version != self.preferred.get(name))
                return tuple(shelf.wheels[version] for version in versions)
        return ()

    def matching(self, name: NormalizedName, requirements: Iterable[Requirement]) -> tuple[Wheel, ...]:
        """Give the wheels of `name` that meet all `requirements` and the manifest's own.

        The preferred one comes first, then the newest.
        A yanked wheel is offered only to an exact pin; a pre-release as PEP 440 has it.
        """
        wanted = (*requirements, *self.roots.get(name, ()))
        specifier = ",".join(sorted({str(item) for requirement in wanted for item in requirement.specifier}))
        return self._matches((name, specifier, any(map(is_pin, wanted))))

    def hopeful(self, wheels: tuple[Wheel, ...], extras: Extras) -> Iterator[Wheel]:
        """Give the wheels that are not hopeless; the further it must go, the more it looks ahead."""
        for position, wheel in enumerate(wheels):
            if position and position & (position - 1) == 0:
                for ahead in self._untouched(wheels[position + 1 : 2 * position + 4]):
                    self._catalogue.foresee(lambda ahead=ahead: self._touch(ahead))  # type: ignore[misc]  # mypy #15459
            if self.verdict(wheel, extras) is None:
                yield wheel

    def _untouched(self, wheels: Collection[Wheel]) -> list[Wheel]:
        fresh = [wheel for wheel in wheels if wheel not in self._touched]
        self._touched.update(fresh)
        return fresh

    def _touch(self, wheel: Wheel) -> None:
        self._catalogue.metadata(wheel)

    def verdict(self, wheel: Wheel, extras: Extras) -> str | None:
        """Say why the wheel can never be part of a solution; None when it may."""
        key = (wheel, extras)
        if key not in self._verdicts:
            if self._depth == _MAX_DEPTH:  # hopeful as far as one can see
                return None
            # NOTE: taken for hopeful while it is being judged; that ends cycles and errs on the safe side.
            self._verdicts[key] = None
            self._depth += 1
            try:
                self._verdicts[key] = reason = self._judge(wheel, extras)
            finally:
                self._depth -= 1
            if reason:
                self.dropped.setdefault(wheel.name, {})[str(wheel.version)] = reason
        return self._verdicts[key]

    def _judge(self, wheel: Wheel, extras: Extras) -> str | None:
        metadata = self._catalogue.metadata(wheel)
        if not admits(metadata.requires_python, self.target):
            return f"needs Python {metadata.requires_python}"
        try:
            requirements = self.requirements(wheel, extras)
        except InvalidRequirement as error:
            return f"has a requirement that cannot be read: {str(error).splitlines()[0]}"
        for requirement in requirements:
            if requirement.url:
                return f"requires {requirement}, an address, which no offline machine can reach"
            matches = self.matching(name_of(requirement), [requirement])
            if not any(self.verdict(match, extras_of(requirement)) is None for match in matches):
                return f"requires {requirement}, which {self._shortage(wheel, requirement, matches)}"
        return None

    def _find_elsewhere(self, key: tuple[NormalizedName, str]) -> tuple[str, ...]:
        name, specifier = key
        would_do = [wheel for wheel in self.on_page(name) if SpecifierSet(specifier).contains(wheel.version)]
        return platforms_with(would_do, self.target)

    def _barred(self, requirement: Requirement) -> str:
        """Tell of the newest release that would do and has a wheel for the machine, which must not be taken."""
        for version, refusal in self.shelf(name_of(requirement)).refused.items():
            if refusal.bar > Bar.TAGS and requirement.specifier.contains(version):
                return f"{version} {refusal}"
        return ""

    def _shortage(self, wheel: Wheel, requirement: Requirement, matches: tuple[Wheel, ...]) -> str:
        name = name_of(requirement)
        if matches:
            newest = matches[0]
            if newest in self.lacking:
                self.lacking[wheel] = self.lacking[newest]
            why = self.verdict(newest, extras_of(requirement))
            return f"leads nowhere: {newest.name} {newest.version} {why}"
        if name in self._forbidden:
            return "is blacklisted"
        if roots := self.roots.get(name, ()):
            return f"goes with no wheel of your {', '.join(map(str, roots))}"
        if barred := self._barred(requirement):
            return f"no wheel for the target meets: {barred}"
        if there := self._elsewhere((name, str(requirement.specifier))):
            self.lacking[wheel] = requirement
            return f"has wheels for {', '.join(there)} only"
        return "no wheel for the target meets"

    def askers(self) -> dict[NormalizedName, set[NormalizedName]]:
        """Give, for each package, those whose wheels were seen to require it; more than any one solution has."""
        found: dict[NormalizedName, set[NormalizedName]] = {}
        for wheel, requirements in list(self._read.items()):  # the look ahead may still be adding to it
            for requirement in list(requirements):
                found.setdefault(name_of(requirement), set()).add(wheel.name)
        return found

    def scout(self, requirement: Requirement) -> None:
        """Fetch in the background what a solution would most likely need from here on."""
        key = (name_of(requirement), extras_of(requirement))
        if key not in self._scouted:
            self._scouted.add(key)
            self._catalogue.foresee(lambda: self._look(requirement))

    def _look(self, requirement: Requirement) -> None:
        for likeliest in self.matching(name_of(requirement), [requirement])[:1]:
            for further in self.requirements(likeliest, extras_of(requirement)):
                self.scout(further)
