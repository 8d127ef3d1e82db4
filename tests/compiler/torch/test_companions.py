"""torchvision and torchaudio that do not go with a pinned torch are refused, with the right ones named."""

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Problem

from compiler.torch.companions import judge_pairs
from compiler.torch.cuda import facts
from tests.compiler.fakes import make_target

SOURCE = "requirements of the releases on the ordinary index say so (2026-11-23)"


def judge(*lines: str) -> list[Problem]:
    """The problems among these lines."""
    held = list(map(Requirement, lines))
    by_name = {
        name: [line for line in held if line.name == name]
        for name in map(canonicalize_name, {line.name for line in held})
    }
    return list(judge_pairs(make_target("cpu"), by_name))


PAIRS = [
    ("the pair", "2.5.1", "0.20.1", "2.5.1", []),
    ("labelled", "2.5.1+cu124", "0.20.1+cu124", "2.5.1+cu124", []),
    ("the patch before", "2.5.1", "0.20.0", "2.5.1", ["torchvision"]),
    ("the line before", "2.6.0", "0.20.1", "2.5.1", ["torchvision", "torchaudio"]),
    ("short", "2.6", "0.21", "2.6", []),
    ("last torchaudio with its torch", "2.11.0", "0.26.0", "2.11.0", []),
    ("last torchaudio with a later torch", "2.13.0", "0.28.0", "2.11.0", []),
    ("last torchaudio with an older torch", "2.10.0", "0.25.0", "2.11.0", ["torchaudio"]),
    ("torchaudio of an older torch", "2.11.0", "0.26.0", "2.10.0", ["torchaudio"]),
    ("torchvision that only asks for 2.14, its first", "2.14.0", "0.29.2", "2.11.0", []),
    ("torchvision that only asks for 2.14, not resolved", "2.14.1", "0.29.1", "2.11.0", []),
    ("torchvision that only asks for 2.14, a later torch", "2.15.0", "0.29.1", "2.11.0", []),
    ("torchvision that only asks for 2.14, an older torch", "2.13.0", "0.29.2", "2.11.0", ["torchvision"]),
    ("torchvision of exactly 2.14.0", "2.14.1", "0.29.0", "2.11.0", ["torchvision"]),
    ("unknown companions", "2.5.1", "0.30.0", "2.5.2", []),
    ("a torch newer than the facts", "2.16.0", "0.20.1", "2.5.1", []),
]


@pytest.mark.parametrize(("torch", "vision", "audio", "wrong"), [pytest.param(*case, id=name) for name, *case in PAIRS])
def test_pins_that_do_not_go_together_are_refused(torch: str, vision: str, audio: str, wrong: list[str]) -> None:
    """Every companion is judged; one that goes with several torches is let through with all of them."""
    found = judge(f"torch=={torch}", f"torchvision=={vision}", f"torchaudio=={audio}")

    assert [problem.found.partition(" ")[0] for problem in found] == wrong


@pytest.mark.parametrize(
    "lines",
    [
        ["torch>=2.5", "torchvision==0.20.1"],
        ["torch==2.5.*", "torchvision==0.22.1"],
        ["torch==2.5.1", "torchvision>=0.22"],
        ["torch==2.5.1", "torch==2.6.0", "torchvision==0.20.1"],
        ["torchvision==0.20.1", "torchaudio==2.6.0"],
    ],
    ids=" ".join,
)
def test_only_pins_are_judged(lines: list[str]) -> None:
    """Ranges are the resolver's to judge, and two pins of one package too."""
    assert judge(*lines) == []


def test_right_pair_is_named() -> None:
    """The message names the companion that goes with the torch, and the torch that goes with the companion."""
    assert judge("torch==2.10.0", "torchvision==0.20.1", "torchaudio==2.11.0") == [
        Problem(
            code="torch-pair-mismatch",
            where="cpu-linux-x86_64-py311",
            expected="torchvision 0.25.0 beside torch 2.10.0",
            found="torchvision 0.20.1",
            because=(SOURCE,),
            hint="pin torchvision==0.25.0, or take torch 2.5.1",
        ),
        Problem(
            code="torch-pair-mismatch",
            where="cpu-linux-x86_64-py311",
            expected="torchaudio 2.10.0 beside torch 2.10.0",
            found="torchaudio 2.11.0",
            because=(SOURCE,),
            hint="pin torchaudio==2.10.0, or take torch 2.11.0 or newer",
        ),
    ]


@pytest.mark.parametrize("row", facts()["pairing"], ids=lambda row: row["torch"])
def test_pairs_of_the_facts_are_let_through(row: dict[str, str]) -> None:
    """What was resolved together goes together."""
    assert judge(*(f"{name}=={version}" for name, version in row.items())) == []


@pytest.mark.parametrize("companion", ["torchvision", "torchaudio"])
def test_companion_with_several_torches_says_from_which(companion: str) -> None:
    """A release that stands in several rows has its oldest torch in the facts, no other release has."""
    versions = [row[companion] for row in facts()["pairing"]]
    several = {version for version in versions if versions.count(version) > 1}

    assert several <= facts()["pairing_from"][companion].keys()
