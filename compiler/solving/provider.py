"""resolvelib's questions, answered from one target's choices."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version
from resolvelib import AbstractProvider
from resolvelib.structs import Matches, RequirementInformation

from ..offers.wheels import Wheel
from .choices import NO_EXTRAS, Choices, Extras, extras_of, is_pin, name_of

Key: TypeAlias = tuple[NormalizedName, Extras]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One wheel, with the extras it was asked for with."""

    wheel: Wheel
    extras: Extras = NO_EXTRAS


Information: TypeAlias = RequirementInformation[Requirement, Candidate]
_UPPER_BOUNDS = ("<", "<=", "~=", "==", "===")


class Provider(AbstractProvider[Requirement, Candidate, Key]):
    """Decides order and matches; a project with extras is its own key that requires the bare project's version."""

    def __init__(self, choices: Choices, first: Collection[NormalizedName] = ()) -> None:
        """The packages in `first` are settled before all others."""
        self._choices = choices
        self._first = frozenset(first)
        self._admitted: dict[int, tuple[Requirement, dict[Version, bool]]] = {}
        """By a requirement's identity, as to hash one costs as much as to ask it; held, lest another take its place."""

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> Key:
        """Give project and extras."""
        match requirement_or_candidate:
            case Candidate(wheel=wheel, extras=extras):
                return wheel.name, extras
            case requirement:
                return name_of(requirement), extras_of(requirement)

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[Key],
        resolutions: Mapping[Key, Candidate],
        candidates: Mapping[Key, Iterator[Candidate]],
        information: Mapping[Key, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> Iterable[Key]:
        """Settle first what last clashed, so that the clash is not met again deeper down."""
        identifiers = list(identifiers)
        clashed = {name_of(cause.requirement) for cause in backtrack_causes}
        clashed |= {cause.parent.wheel.name for cause in backtrack_causes if cause.parent}
        return [key for key in identifiers if key[0] in clashed] or identifiers

    def get_preference(
        self,
        identifier: Key,
        resolutions: Mapping[Key, Candidate],
        candidates: Mapping[Key, Iterator[Candidate]],
        information: Mapping[Key, Iterator[Information]],
        backtrack_causes: Sequence[Information],
    ) -> tuple[bool, bool, bool, bool, str, list[str]]:
        """Prefer what must come first, then pins, upper bounds, the manifest's own, and last the alphabet.

        The order of the manifest's lines is no part of it: the same lines give the same picks.
        """
        name, extras = identifier
        wanted = [info.requirement for info in information[identifier]]
        bounded = any(item.operator in _UPPER_BOUNDS for need in wanted for item in need.specifier)
        own = name in self._choices.roots
        return name not in self._first, not any(map(is_pin, wanted)), not bounded, not own, name, sorted(extras)

    def find_matches(
        self,
        identifier: Key,
        requirements: Mapping[Key, Iterator[Requirement]],
        incompatibilities: Mapping[Key, Iterator[Candidate]],
    ) -> Matches[Candidate]:
        """Give the hopeful wheels, newest first; metadata is asked for only as far as the resolver looks."""
        name, extras = identifier
        wanted = list(requirements[identifier])
        if extras:
            wanted += requirements.get((name, NO_EXTRAS), [])
        ruled_out = {candidate.wheel for candidate in incompatibilities[identifier]}
        wheels = tuple(wheel for wheel in self._choices.matching(name, wanted) if wheel not in ruled_out)
        return lambda: (Candidate(wheel, extras) for wheel in self._choices.hopeful(wheels, extras))

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        """Say whether the candidate's version is allowed; pre-releases were judged when it was offered."""
        _, admitted = self._admitted.setdefault(id(requirement), (requirement, {}))
        version = candidate.wheel.version
        if version not in admitted:
            admitted[version] = requirement.specifier.contains(version, prereleases=True)
        return admitted[version]

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        """Give the wheel's own requirements on this target."""
        needed = list(self._choices.requirements(candidate.wheel, candidate.extras))
        if candidate.extras:
            needed.append(Requirement(f"{candidate.wheel.name}==={candidate.wheel.version}"))
        for requirement in needed:
            self._choices.scout(requirement)
        return needed
