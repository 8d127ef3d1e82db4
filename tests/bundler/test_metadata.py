"""What wheels say of themselves against what the lock says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from locks import Drop, Lock, LockedWheel

from bundler.metadata import judge_metadata
from tests.bundles import make_lock, target_on
from tests.wheels import Wheel, make_wheel

HELPER = make_wheel("helper", "1.5")
CUT = Drop(package=canonicalize_name("torch"), requires=canonicalize_name("helper"), reason="not needed")


def torch(*requires: str, extras: Sequence[str] = ()) -> Wheel:
    """A wheel with these requirement lines."""
    return make_wheel("torch", "2.5.1", requires=requires, provides_extra=extras)


def lock_of(wheels: Iterable[Wheel], *requires: str, drops: tuple[Drop, ...] = (), roots: tuple[str, ...] = ()) -> Lock:
    """A lock for Linux in which torch requires these lines."""
    lock = make_lock(wheels, target=target_on("linux-x86_64"), drops=drops, requirements=roots)
    told = (replace(wheel, requires=requires) if wheel.name == "torch" else wheel for wheel in lock.wheels)
    return replace(lock, wheels=tuple(told))


def judged(lock: Lock, *wheels: Wheel) -> list[tuple[str, str]]:
    """The problems of a lock with the wheels that are really there: code and place."""
    by_name = {wheel.name: wheel.metadata for wheel in wheels}

    def read(wheel: LockedWheel) -> bytes:
        return by_name[wheel.name]

    return [(problem.code, problem.where) for problem in judge_metadata(lock, read)]


@pytest.mark.parametrize(
    ("wheel", "requires", "roots"),
    [
        pytest.param(torch("helper>=1"), ("helper>=1",), (), id="the same"),
        pytest.param(torch("helper >= 1"), ("helper>=1",), (), id="spelt otherwise"),
        pytest.param(torch("helper>=1", "other ; sys_platform == 'win32'"), ("helper>=1",), (), id="for elsewhere"),
        pytest.param(torch("helper>=1 ; extra == 'x'", extras=["x"]), (), (), id="an extra nobody asks for"),
        pytest.param(
            torch("helper>=1 ; extra == 'x'", extras=["x"]),
            ('helper>=1; extra == "x"',),
            ("torch[x]",),
            id="an extra that is asked for",
        ),
    ],
)
def test_a_lock_that_says_what_the_wheel_says_is_in_order(
    wheel: Wheel, requires: tuple[str, ...], roots: tuple[str, ...]
) -> None:
    """Lines are compared as they hold on the target, with the extras that the lock asks for."""
    assert judged(lock_of([wheel, HELPER], *requires, roots=roots), wheel, HELPER) == []


def test_a_wheel_that_lost_its_requirements_is_told() -> None:
    """The index told of a requirement, the wheel does not: whoever was resolved was not this file."""
    wheel = torch()

    assert judged(lock_of([wheel, HELPER], "helper>=1"), wheel, HELPER) == [("metadata-differs", wheel.filename)]


def test_a_requirement_that_the_lock_does_not_know_is_told_with_what_it_lacks() -> None:
    """The wheel wants what the index did not tell: both that, and that the finished set lacks it, all at once."""
    wheel = torch("helper>=1", "absent", "helper<1.2")

    assert judged(lock_of([wheel, HELPER]), wheel, HELPER) == [
        ("metadata-differs", wheel.filename),
        ("requirement-not-met", "absent"),
        ("requirement-not-met", "helper"),
    ]


def test_a_line_of_the_manifest_that_nothing_meets_is_told() -> None:
    """The set answers the manifest's own lines too."""
    assert judged(lock_of([HELPER], roots=("helper>=2", "numpy")), HELPER) == [
        ("requirement-not-met", "helper"),
        ("requirement-not-met", "numpy"),
    ]


def test_what_the_manifest_cut_is_not_missed() -> None:
    """A drop is respected: neither the line nor the package behind it is asked for."""
    wheel = torch("helper>=1")

    assert judged(lock_of([wheel], drops=(CUT,)), wheel) == []


@pytest.mark.parametrize(
    "wheel",
    [
        pytest.param(replace(torch(), metadata=HELPER.metadata), id="another project's"),
        pytest.param(replace(torch(), metadata=b"\xff"), id="no METADATA"),
        pytest.param(torch("=?"), id="a line nobody can read"),
    ],
)
def test_metadata_that_cannot_be_read_is_told(wheel: Wheel) -> None:
    """One wheel whose METADATA is no good is named, and the others are judged all the same."""
    lock = lock_of([wheel, HELPER], roots=("helper>=2",))

    assert judged(lock, wheel, HELPER) == [("metadata-unreadable", wheel.filename), ("requirement-not-met", "helper")]
