"""Pins of a draft that their packages' own requirements keep apart, told from metadata alone.

Two by two, so that all are found at once; what takes a longer chain to contradict is for the resolver to tell.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName

from locks import IndexUnavailable, Problem
from locks.lock import ORDINARY_INDEX

from ..manifest.model import Manifest
from ..manifest.requirement import line_of
from ..offers.catalogue import Catalogue
from ..offers.wheels import Wheel
from ..solving.choices import Choices, extras_of, name_of
from .draft import CONTRADICTION, Draft, Wanted, active, lines_of, places_of

_EXAMPLES = 3


class _Pins:
    """What one target is to have, and the wheels there are for it."""

    def __init__(
        self,
        choices: Choices,
        wanted: tuple[Wanted, ...],
        *,
        own_index: Mapping[NormalizedName, str],
        dead: set[str],
    ) -> None:
        """`own_index` maps packages to the alias they come from; those found `dead` are shared by all targets."""
        self._choices = choices
        self._own_index = own_index
        self._dead = dead
        self.unseen: set[NormalizedName] = set()
        """Packages whose index cannot be had; nothing is said of them."""
        self.wanted: dict[NormalizedName, tuple[Wanted, ...]] = {}
        for item in wanted:
            self.wanted[item.name] = (*self.wanted.get(item.name, ()), item)

    def alias_of(self, name: NormalizedName) -> str:
        """Give the alias of the index a package comes from."""
        return self._own_index.get(name, ORDINARY_INDEX)

    def _matching(self, name: NormalizedName, *requirements: Requirement) -> tuple[Wheel, ...]:
        alias = self.alias_of(name)
        if alias not in self._dead:  # asking for another page of it would take its time again
            try:
                return self._choices.matching(name, requirements)
            except IndexUnavailable:
                self._dead.add(alias)
        self.unseen.add(name)
        return ()

    def _is_unmet(self, requirement: Requirement) -> bool:
        name = name_of(requirement)
        return name in self.wanted and bool(self._matching(name)) and not self._matching(name, requirement)

    def _against(self, wheel: Wheel) -> tuple[Requirement, ...]:
        """Give the wheel's requirements that no wheel of another pin meets; what cannot be read clashes with none."""
        extras = frozenset(extra for item in self.wanted[wheel.name] for extra in extras_of(item.requirement))
        try:
            return tuple(item for item in self._choices.requirements(wheel, extras) if self._is_unmet(item))
        except InvalidRequirement:
            return ()

    def look(self, name: NormalizedName) -> None:
        """Ask for what the verdict on a package will most likely need."""
        for wheel in self._choices.matching(name, [])[:1]:
            self._choices.requirements(wheel)

    def clash(self, name: NormalizedName) -> Problem | None:
        """Say with which other pins no wheel of this one goes.

        Raises:
            IndexUnavailable: a wheel's metadata cannot be had.
        """
        found: dict[NormalizedName, str] = {}
        wheels = self._matching(name)
        for wheel in wheels:
            against = self._against(wheel)
            if not against:
                return None
            for item in against:
                found.setdefault(name_of(item), f"{name} {wheel.version} requires {line_of(item)!r}")
        others = [item for other in found for item in self.wanted[other]]
        if not others:
            return None
        return Problem(
            code=CONTRADICTION,
            where=places_of([*self.wanted[name], *others]),
            expected=f"a wheel of {lines_of(self.wanted[name])} that goes with {lines_of(others)}",
            found=f"none of {len(wheels)}: {'; '.join(list(found.values())[:_EXAMPLES])}",
            hint="loosen one of them",
        )


def _pins_of(draft: Draft, manifest: Manifest, catalogue: Catalogue) -> Iterator[_Pins]:
    drafted, dead = {variant.name: variant for variant in draft.variants}, set[str]()
    for variant, target in manifest.targets():
        wanted = active((*draft.requirements, *drafted[variant.name].requirements), target)
        own_index = dict.fromkeys(variant.taken_from_index(target), variant.name)
        roots = [item.requirement for item in wanted]
        choices = Choices(catalogue, target, roots=roots, pinned_index=own_index)
        yield _Pins(choices, wanted, own_index=own_index, dead=dead)


def clashes(draft: Draft, manifest: Manifest, catalogue: Catalogue) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """Give what clashes, each pair once, and the packages nothing can be said of; `manifest` is the draft's.

    Raises:
        IndexUnavailable: a wheel's metadata cannot be had.
    """
    problems: dict[str, Problem] = {}
    unseen: set[NormalizedName] = set()
    runs = list(_pins_of(draft, manifest, catalogue))
    looks = {(pins.alias_of(name), name): partial(pins.look, name) for pins in runs for name in pins.wanted}
    # Each page once, and the variants' own indexes first: one that cannot be had takes its time to say so.
    for _, look in sorted(looks.items(), key=lambda item: item[0][0] == ORDINARY_INDEX):
        catalogue.foresee(look)
    for pins in runs:
        for name in pins.wanted:
            if problem := pins.clash(name):
                problems.setdefault(problem.where, problem)
        unseen |= pins.unseen
    return tuple(problems.values()), tuple(sorted(unseen))
