"""Two locks, or two sets of them, are compared package by package and target by target."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks import Lock, LockedWheel

from compiler.reading.diff import Difference, Sizes, compare_locks, compare_sets
from tests.compiler.fakes import make_target
from tests.compiler.reading.locked import make_lock, make_wheel

KINDS: list[tuple[str, list[LockedWheel], list[LockedWheel], list[str]]] = [
    ("up", [make_wheel("a", "1.9")], [make_wheel("a", "1.10")], ["a up 1.9 1.10"]),
    ("down", [make_wheel("a", "2")], [make_wheel("a", "2rc1")], ["a down 2 2rc1"]),
    ("local label", [make_wheel("a", "2+cu121")], [make_wheel("a", "2+cu124")], ["a up 2+cu121 2+cu124"]),
    ("other bytes", [make_wheel("a", "1")], [make_wheel("a", "1", build="1")], ["a rebuilt 1 1"]),
    ("added", [], [make_wheel("a", "1")], ["a added None 1"]),
    ("removed", [make_wheel("a", "1")], [], ["a removed 1 None"]),
    ("the same", [make_wheel("a", "1")], [make_wheel("a", "1")], []),
    ("the same from another index", [make_wheel("a", "1")], [make_wheel("a", "1", index="cu124")], []),
]


def words(difference: Difference) -> list[str]:
    """Each move as name, kind, old and new version."""
    return [f"{move.name} {move.kind} {move.old} {move.new}" for move in difference.moves]


@pytest.mark.parametrize(("old", "new", "moves"), [pytest.param(*case, id=name) for name, *case in KINDS])
def test_kinds_of_moves(old: list[LockedWheel], new: list[LockedWheel], moves: list[str]) -> None:
    """A package goes up or down by its version; at the same version another file or digest is a rebuild."""
    assert words(compare_locks(make_lock(*old), make_lock(*new))) == moves


@pytest.mark.parametrize(
    ("name", "is_cuda"),
    [
        ("nvidia-cublas-cu12", True),
        ("nvidia-cublas", True),
        ("cuda-bindings", True),
        ("torch", True),
        ("torchvision", True),
        ("triton", True),
        ("triton-windows", True),
        ("torchmetrics", False),
        ("numpy", False),
    ],
)
def test_cuda_libraries_are_known_by_their_names(name: str, is_cuda: bool) -> None:
    """NVIDIA's libraries, torch's own and Triton make the variant."""
    (move,) = compare_locks(make_lock(), make_lock(make_wheel(name, "1"))).moves

    assert move.is_cuda is is_cuda


def test_sizes_before_and_after() -> None:
    """Each move has its bytes, and so has the whole; what is not there has none."""
    old = make_lock(make_wheel("a", "1", size_bytes=10), make_wheel("b", "1", size_bytes=5))
    new = make_lock(make_wheel("a", "2", size_bytes=30))

    difference = compare_locks(old, new)

    assert list(difference.moves.values()) == [Sizes(10, 30), Sizes(5, 0)]
    assert difference.sizes == Sizes(15, 30)


def test_what_one_lock_does_not_tell_is_not_compared() -> None:
    """A lock without any requirement or licence was written before those were recorded; that is no change."""
    old = make_lock(make_wheel("a", "1", licence=""))
    new = make_lock(make_wheel("a", "1"), requirements=["a"], stack_version="2")

    difference = compare_locks(old, new)

    assert list(map(str, difference.changes)) == ["stack: version 1 -> 2"]
    assert difference.untold == ("requirements", "licences")


def on(variant: str, *wheels: LockedWheel, python: str = "3.11") -> Lock:
    """A lock of these wheels for a Linux of that variant."""
    return make_lock(*wheels, target=make_target(variant, python=python))


def test_locks_are_paired_by_target() -> None:
    """A target on one side only is new, or gone."""
    a = make_wheel("a", "1")

    comparison = compare_sets([on("cpu", a), on("cu121", a)], [on("cu124", a), on("cpu", a)])

    assert list(comparison.pairs) == ["cpu-linux-x86_64-py311"]
    assert [lock.target.variant for lock in comparison.added] == ["cu124"]
    assert [lock.target.variant for lock in comparison.removed] == ["cu121"]
    assert not comparison.is_empty


def test_two_single_locks_are_a_pair() -> None:
    """One lock against one other is what somebody wants to know, whatever their targets."""
    comparison = compare_sets([on("cpu", make_wheel("a", "1"))], [on("cpu", make_wheel("a", "2"), python="3.12")])

    assert list(comparison.pairs) == ["cpu-linux-x86_64-py311 -> cpu-linux-x86_64-py312"]
    assert len(comparison.moves()) == 1


def test_what_is_the_same_on_several_targets_is_one_move() -> None:
    """Moves and changes are collected over the targets, each with its own sizes; kinds in order, then names."""
    old = [on("cpu", make_wheel("z", "1"), make_wheel("b", "1")), on("cu124", make_wheel("z", "1", size_bytes=5))]
    new = [
        on("cpu", make_wheel("z", "2"), make_wheel("a", "1")),
        on("cu124", make_wheel("z", "2", size_bytes=7), make_wheel("a", "1")),
    ]

    comparison = compare_sets(old, new)

    assert [(move.name, move.kind, list(sizes)) for move, sizes in comparison.moves().items()] == [
        ("z", "up", ["cpu-linux-x86_64-py311", "cu124-linux-x86_64-py311"]),
        ("a", "added", ["cpu-linux-x86_64-py311", "cu124-linux-x86_64-py311"]),
        ("b", "removed", ["cpu-linux-x86_64-py311"]),
    ]


WHEELS = st.builds(
    make_wheel,
    st.sampled_from("abcd"),
    st.sampled_from(["1", "1.1", "2", "2rc1"]),
    build=st.sampled_from("01"),
    licence=st.sampled_from(["", "MIT"]),
    size_bytes=st.integers(0, 10**9),
)
LOCKS = st.lists(WHEELS, unique_by=lambda wheel: wheel.name).map(lambda wheels: make_lock(*wheels))
OPPOSITE = {"up": "down", "down": "up", "added": "removed", "removed": "added", "rebuilt": "rebuilt"}


def reversed_moves(difference: Difference) -> Iterable[tuple[str, str]]:
    """Each move's name and opposite kind."""
    return {(move.name, OPPOSITE[move.kind]) for move in difference.moves}


@given(LOCKS, LOCKS)
def test_there_and_back(old: Lock, new: Lock) -> None:
    """The way back is the opposite of the way there, and sizes add up."""
    there, back = compare_locks(old, new), compare_locks(new, old)

    assert reversed_moves(there) == {(move.name, move.kind) for move in back.moves}
    assert {change.kind for change in there.changes} == {
        OPPOSITE.get(change.kind, change.kind) for change in back.changes
    }
    moved = sum(sizes.new_bytes - sizes.old_bytes for sizes in there.moves.values())
    unmoved = {wheel.name for wheel in new.wheels} - {move.name for move in there.moves}
    kept = sum(
        after.size_bytes - before.size_bytes
        for before in old.wheels
        for after in new.wheels
        if before.name == after.name and after.name in unmoved
    )
    assert new.size_bytes - old.size_bytes == moved + kept


@given(LOCKS)
def test_nothing_differs_from_itself(lock: Lock) -> None:
    """A lock compared with itself is empty."""
    assert compare_sets([lock], [lock]).is_empty
