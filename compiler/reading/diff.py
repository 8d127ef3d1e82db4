"""What differs between two locks, or two sets of locks. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Lock, LockedWheel

from ..checking.facts import TOPICS, Change, changes_between

Kind = Literal["up", "down", "rebuilt", "added", "removed"]
_KINDS: tuple[Kind, ...] = ("up", "down", "rebuilt", "added", "removed")

_TORCH_FAMILY = {"torch", "torchvision", "torchaudio", "triton", "triton-windows", "pytorch-triton"}

_MAY_BE_UNTOLD: Mapping[str, tuple[tuple[str, ...], Callable[[Lock], bool]]] = {
    "requirements": (("requirement",), lambda lock: bool(lock.requirements)),
    "licences": (("licences", "licence"), lambda lock: any(wheel.licence for wheel in lock.wheels)),
}
"""What a lock may say nothing of, as the first that we wrote -> the topics, and whether a lock does tell."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What happened to one package."""

    name: NormalizedName
    kind: Kind
    old: Version | None
    """None: it is new."""
    new: Version | None
    """None: it is gone."""

    @property
    def is_cuda(self) -> bool:
        """Say whether it is one of the libraries that make the variant."""
        return self.name.startswith(("nvidia-", "cuda-")) or self.name in _TORCH_FAMILY


@dataclass(frozen=True, slots=True)
class Sizes:
    """Before and after, in bytes; 0 where there is nothing."""

    old_bytes: int
    new_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between two locks."""

    old: Lock
    new: Lock
    moves: Mapping[Move, Sizes]
    changes: tuple[Change, ...]
    untold: tuple[str, ...]
    """What cannot be compared, because one of the two says nothing of it."""

    @property
    def sizes(self) -> Sizes:
        """Give the size of all wheels together."""
        return Sizes(self.old.size_bytes, self.new.size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two sets of locks."""

    pairs: Mapping[str, Difference]
    """What the two locks of a pair are called -> what differs."""
    added: tuple[Lock, ...]
    """Locks for targets that are new."""
    removed: tuple[Lock, ...]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing differs."""
        same = all(not pair.moves and not pair.changes for pair in self.pairs.values())
        return same and not self.added and not self.removed

    def moves(self) -> dict[Move, dict[str, Sizes]]:
        """Give each move once, with the pairs that made it; by kind, then by name."""
        found: dict[Move, dict[str, Sizes]] = {}
        for label, pair in self.pairs.items():
            for move, sizes in pair.moves.items():
                found.setdefault(move, {})[label] = sizes
        order = sorted(found, key=lambda move: (_KINDS.index(move.kind), move.name, str(move.old), str(move.new)))
        return {move: found[move] for move in order}

    def changes(self) -> dict[Change, list[str]]:
        """Give each change once, with the pairs that saw it; by topic."""
        found = _collect((label, pair.changes) for label, pair in self.pairs.items())
        return {change: found[change] for change in sorted(found, key=lambda change: TOPICS.index(change.topic))}

    def untold(self) -> dict[str, list[str]]:
        """Give what could not be compared, with the pairs concerned."""
        return _collect((label, pair.untold) for label, pair in self.pairs.items())


def _collect(said: Iterable[tuple[str, Iterable[_T]]]) -> dict[_T, list[str]]:
    found: dict[_T, list[str]] = {}
    for label, items in said:
        for item in items:
            found.setdefault(item, []).append(label)
    return found


def _kind(old: LockedWheel | None, new: LockedWheel | None) -> Kind | None:
    if old is None or new is None:
        return "added" if old is None else "removed"
    if old.version != new.version:
        return "up" if old.version < new.version else "down"
    same = (old.filename, old.sha256) == (new.filename, new.sha256)
    return None if same else "rebuilt"


def _moves(old: Lock, new: Lock) -> Iterator[tuple[Move, Sizes]]:
    before, after = ({wheel.name: wheel for wheel in lock.wheels} for lock in (old, new))
    for name in sorted({*before, *after}):
        gone, come = before.get(name), after.get(name)
        if kind := _kind(gone, come):
            versions = (gone.version if gone else None, come.version if come else None)
            sizes = Sizes(gone.size_bytes if gone else 0, come.size_bytes if come else 0)
            yield Move(name=name, kind=kind, old=versions[0], new=versions[1]), sizes


def compare_locks(old: Lock, new: Lock) -> Difference:
    """Compare two locks, of one target or of two."""
    untold = tuple(what for what, (_, tells) in _MAY_BE_UNTOLD.items() if not (tells(old) and tells(new)))
    passed_over = {topic for what in untold for topic in _MAY_BE_UNTOLD[what][0]}
    changes = tuple(change for change in changes_between(old, new) if change.topic not in passed_over)
    return Difference(old=old, new=new, moves=dict(_moves(old, new)), changes=changes, untold=untold)


def compare_sets(old: Iterable[Lock], new: Iterable[Lock]) -> Comparison:
    """Compare locks target by target; two single locks are compared whatever their targets."""
    before, after = ({lock.target.name: lock for lock in locks} for locks in (old, new))
    if len(before) == len(after) == 1 and before.keys() != after.keys():
        (left,), (right,) = before.values(), after.values()
        pairs = {f"{left.target} -> {right.target}": compare_locks(left, right)}
        return Comparison(pairs=pairs, added=(), removed=())
    return Comparison(
        pairs={name: compare_locks(lock, after[name]) for name, lock in before.items() if name in after},
        added=tuple(lock for name, lock in after.items() if name not in before),
        removed=tuple(lock for name, lock in before.items() if name not in after),
    )
