"""What two locks say beside their wheels is compared fact by fact, and put in words."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locks import Check, Drop, LeftOut, Limits, Lock

from compiler.checking.facts import TOPICS, changes_between, facts_of
from tests.compiler.fakes import make_target
from tests.compiler.reading.locked import make_lock, make_wheel

A, B = canonicalize_name("a"), canonicalize_name("b")
CHECK = Check(name="a imports", code="import a", after=(A,))
DROP = Drop(package=A, requires=B, reason="unused")
LOCK = make_lock(
    make_wheel("a", "1"),
    requirements=["a>=1"],
    blacklist={B: "slow"},
    drops=(DROP,),
    left_out=(LeftOut(group="more", reason="too big"),),
    checks=(CHECK,),
    limits=Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0")),
    exclude_newer=date(2026, 11, 1),
)
MIT, BSD = make_wheel("a", "1"), make_wheel("a", "1", licence="BSD-3-Clause")


def with_floor(minor: int) -> dict[str, Any]:
    """The lock's target with another glibc."""
    return {"target": replace(make_target(), floor=(2, minor))}


CHANGES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("stack", {"stack": "other"}, ["stack: name demo -> other"]),
    ("version", {"stack_version": "2"}, ["stack: version 1 -> 2"]),
    ("floor", with_floor(35), ["floor: glibc 2.28 -> 2.35"]),
    ("date moved", {"exclude_newer": date(2026, 12, 1)}, ["exclude-newer: date 2026-11-01 -> 2026-12-01"]),
    ("date gone", {"exclude_newer": None}, ["exclude-newer: date removed (2026-11-01)"]),
    ("driver", {"limits": replace(LOCK.limits, driver=(580, 65, 6))}, ["limit: driver 525.60.13 -> 580.65.06"]),
    (
        "capabilities",
        {"limits": replace(LOCK.limits, compute_capabilities=("9.0", "10.0", "12.0"), ptx=("12.0",))},
        ["limit: compute capabilities without 8.6 and with 10.0, 12.0", "limit: PTX added (12.0)"],
    ),
    (
        "capabilities gained",
        {"limits": replace(LOCK.limits, compute_capabilities=("8.6", "9.0", "10.0"))},
        ["limit: compute capabilities with 10.0"],
    ),
    ("capabilities in another order", {"limits": replace(LOCK.limits, compute_capabilities=("9.0", "8.6"))}, []),
    ("requirement", {"requirements": ("A[x]>=2",)}, ["requirement: a >=1 -> [x]>=2"]),
    ("requirement without a version", {"requirements": ("a",)}, ["requirement: a >=1 -> any version"]),
    (
        "requirement more",
        {"requirements": ("a>=1", "c ; python_version < '4'")},
        ['requirement: c added (; python_version < "4")'],
    ),
    ("requirement in two lines", {"requirements": ("a>=1", "a<3")}, ["requirement: a with <3"]),
    ("blacklist", {"blacklist": {A: "big"}}, ["blacklist: b removed (slow)", "blacklist: a added (big)"]),
    ("drop", {"drops": (replace(DROP, expires=date(2027, 1, 31)),)}, ["drop: a -> b with until 2027-01-31"]),
    ("left out", {"left_out": ()}, ["left out: more removed (too big)"]),
    (
        "check",
        {"checks": (replace(CHECK, critical=False, needs_gpu=True, timeout_s=9, after=()),)},
        [
            (
                "check: a imports without critical, needs no GPU, 120 s, after a "
                "and with not critical, needs a GPU, 9 s, after nothing"
            )
        ],
    ),
    (
        "check gone",
        {"checks": ()},
        ["check: a imports removed (critical, needs no GPU, 120 s, after a, code cc05129a336f)"],
    ),
    (
        "licence",
        {"wheels": (BSD,)},
        ["licences: MIT removed (a)", "licences: BSD-3-Clause added (a)", "licence: a MIT -> BSD-3-Clause"],
    ),
    (
        "licence no longer told",
        {"wheels": (replace(MIT, licence=""),)},
        ["licences: MIT removed (a)", "licence: a MIT -> none told"],
    ),
    ("index", {"wheels": (replace(MIT, index="cu124"),)}, ["index: a ordinary -> cu124"]),
    ("CUDA", {"wheels": (MIT, make_wheel("nvidia-cudnn-cu12", "9.1"))}, ["CUDA: cuDNN added (9.1)"]),
    ("package more", {"wheels": (MIT, make_wheel("b", "1", index="cu124"))}, []),
    ("version of a package", {"wheels": (make_wheel("a", "2"),)}, []),
    ("digest", {"manifest_sha256": "f" * 64}, []),
]


@pytest.mark.parametrize(("fields", "words"), [pytest.param(*case, id=name) for name, *case in CHANGES])
def test_change_in_words(fields: dict[str, Any], words: list[str]) -> None:
    """Each fact that moved has its topic, its subject, and the parts that moved; packages are told elsewhere."""
    changes = changes_between(LOCK, replace(LOCK, **fields))

    assert sorted(map(str, changes)) == sorted(words)


def test_nothing_differs_from_itself() -> None:
    """A lock has no change against itself, and every topic of it has its place in the order."""
    assert changes_between(LOCK, LOCK) == ()
    assert {topic for topic, _ in facts_of(LOCK)} <= set(TOPICS)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime", "CUDA: runtime 1 -> 2"),
        ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13", "CUDA: cuDNN 1 -> 2"),
        ("nvidia-nccl-cu12", "nvidia-nccl-cu13", "CUDA: NCCL 1 -> 2"),
    ],
)
def test_cuda_parts_are_followed_across_their_names(old: str, new: str, change: str) -> None:
    """NVIDIA's packages are named for the CUDA release, or no longer; the part they hold is the same."""
    locks: list[Lock] = [make_lock(make_wheel(old, "1")), make_lock(make_wheel(new, "2"))]

    assert list(map(str, changes_between(*locks))) == [change]
