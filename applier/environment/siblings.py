"""The places beside an environment, and what puts them in order after a run, however it ended. Pure but for `found`.

Where a run stopped is told by which of them are there, and by nothing else, because a rename is all or nothing and a
second account of it could be wrong. Whole are FINAL, OLD and PREVIOUS at any time; only NEW may be half of something.
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from locks import Target

from .scheme import longest_path, path_length


class Place(StrEnum):
    """A place, by what is added to the environment's name."""

    FINAL = ""
    """The environment; for an instant of a swap it is missing, and OLD is there."""
    NEW = ".venvault-new"
    """Unfinished or unwanted: removed by whoever finds it."""
    OLD = ".venvault-old"
    """Set aside while another one takes its place."""
    PREVIOUS = ".venvault-previous"
    """What `rollback` returns to."""


LONGEST_ADDITION = max(map(len, Place))
"""Characters by which the folder is longer while the environment is elsewhere than in its place."""


@dataclass(frozen=True, slots=True)
class Move:
    """Rename what is at one place to another, which is free."""

    source: Place
    target: Place


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove what is at a place, be it half removed already."""

    place: Place


Action = Move | Remove


def settle(found: Set[Place], *, keep: bool) -> tuple[Action, ...]:
    """Decide what puts the places in order, with one whole environment at FINAL wherever there was one.

    A swap that did not come to its end is undone, one that did is finished: with `keep` what was set aside becomes
    PREVIOUS, else it goes. Cut off anywhere and decided anew, it comes to the same end.
    """
    if Place.OLD in found and Place.FINAL not in found:
        undo = (Move(Place.OLD, Place.FINAL),)
        return (*undo, Remove(Place.NEW)) if Place.NEW in found else undo
    if Place.OLD not in found:
        return (Remove(Place.NEW),) if Place.NEW in found else ()
    free = (Remove(Place.NEW),) if Place.NEW in found else ()
    if not keep:
        return (*free, Move(Place.OLD, Place.NEW), Remove(Place.NEW))
    if Place.PREVIOUS not in found:
        return (*free, Move(Place.OLD, Place.PREVIOUS))
    return (*free, Move(Place.PREVIOUS, Place.NEW), Move(Place.OLD, Place.PREVIOUS), Remove(Place.NEW))


def give_up(places: tuple[Place, ...], found: Set[Place]) -> tuple[Action, ...]:
    """Decide what removes whole environments: by way of NEW, so that none is ever half of what its name says."""
    return tuple(action for place in places if place in found for action in (Move(place, Place.NEW), Remove(Place.NEW)))


def room_for_folder(path: str, target: Target) -> int:
    """Give how long the environment's folder may be, its last separator left out, for `path` below it to be reached.

    So that it is reached wherever the environment is, also while it is built and when it is kept for `rollback`.
    """
    return longest_path(target) - path_length(path, target) - 1 - LONGEST_ADDITION


@dataclass(frozen=True, slots=True)
class Siblings:
    """The paths of all places for one environment."""

    final: Path

    def at(self, place: Place) -> Path:
        """Give the path of a place."""
        return self.final.parent / (self.final.name + place)  # of a root, too, which has no name

    @property
    def mutex(self) -> Path:
        """What serialises two runs."""
        return self.final.with_name(f"{self.final.name}.venvault-lock")

    @property
    def journal(self) -> Path:
        """What tells the next run what this one is about."""
        return self.final.with_name(f"{self.final.name}.venvault-journal")

    @property
    def serials(self) -> Path:
        """What tells the highest serials that were applied, so that they outlive the environment."""
        return self.final.with_name(f"{self.final.name}.venvault-serials.json")

    def kept(self) -> bool:
        """Say whether there is an environment that `rollback` returns to."""
        return Place.PREVIOUS in self.found()

    def found(self) -> frozenset[Place]:
        """Look which places are taken, be it by a dangling link."""
        return frozenset(place for place in Place if self.at(place).exists() or self.at(place).is_symlink())
