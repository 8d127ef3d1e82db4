"""Each variant gets the torch that is its build, and a person is told what the index does not have."""

import pytest

from compiler.starting.draft import DraftVariant
from compiler.starting.propose import DEFAULT_VARIANT, default_variants, propose, with_own_index
from compiler.torch.companions import FAMILY
from compiler.torch.cuda import TORCH
from tests.compiler.starting.drafts import lines_of, wanted

LINUX = ("linux-x86_64",)
LINUX_AND_WINDOWS = ("linux-x86_64", "windows-x86_64")
ALL = ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64")


@pytest.mark.parametrize(
    ("variant", "lines"),
    [
        ("cu121", ["torch==2.4.1", "torchvision==0.19.1", "torchaudio==2.4.1"]),
        ("cu124", ["torch==2.6.0", "torchvision==0.21.0", "torchaudio==2.6.0"]),
        ("cu126", ["torch==2.7.1", "torchvision==0.22.1", "torchaudio==2.7.1"]),
        ("cu128", ["torch==2.10.0", "torchvision==0.25.0", "torchaudio==2.10.0"]),
        ("cu130", ["torch==2.14.1", "torchvision==0.29.2", "torchaudio==2.11.0"]),
        ("cu132", ["torch==2.15.0", "torchvision==0.29.2", "torchaudio==2.11.0"]),
    ],
)
def test_a_variant_from_nothing_gets_its_newest_torch_and_the_pair(variant: str, lines: list[str]) -> None:
    """On Linux the ordinary index has each of these variants as some releases of torch; the newest is proposed."""
    proposed = propose(variant, (), platforms=LINUX, names=FAMILY)

    assert (lines_of(proposed.requirements), proposed.index, proposed.platforms) == (lines, "", ())
    torch = lines[0].removeprefix("torch==")
    assert proposed.remarks == (f"On the ordinary index torch {torch} is the {variant} build for linux-x86_64.",)
    assert proposed.example == ()


def test_a_variant_that_the_ordinary_index_lacks_says_what_to_write() -> None:
    """The newest release that was built for it is proposed, and an index must be named."""
    proposed = propose("cu118", (), platforms=ALL, names=FAMILY)

    assert lines_of(proposed.requirements) == ["torch==2.7.1", "torchvision==0.22.1", "torchaudio==2.7.1"]
    assert proposed.platforms == LINUX_AND_WINDOWS
    assert proposed.remarks == (
        "The ordinary index has no cu118 build for linux-x86_64, windows-x86_64. Name one that has:",
    )
    assert proposed.example == (
        'index = "https://download.pytorch.org/whl/cu118"  # or your mirror of it',
        'from-index = ["torch", "torchvision", "torchaudio"]',
    )


def test_platforms_that_get_another_build_are_left_out_and_told() -> None:
    """Windows has CPU builds on the ordinary index, and macOS has no CUDA at all."""
    proposed = propose("cu124", wanted("torch"), platforms=("linux-x86_64", "windows-x86_64", "macos-arm64"))

    assert proposed.platforms == ("linux-x86_64",)
    assert proposed.remarks[1:] == (
        "For windows-x86_64 it is another. To ship there, add that to `platforms` and name an index:",
    )
    assert proposed.example == (
        'index = "https://download.pytorch.org/whl/cu124"  # or your mirror of it',
        "from-index = [\"torch ; sys_platform == 'win32'\"]",
    )


def test_aarch64_is_served_where_its_builds_have_cuda() -> None:
    """From 2.11 on, both Linux machines get the same variant."""
    assert propose("cu130", wanted("torch"), platforms=("linux-aarch64", "linux-x86_64")).platforms == ()
    assert propose("cu128", wanted("torch"), platforms=("linux-aarch64", "linux-x86_64")).platforms == LINUX


def test_cpu_is_what_the_ordinary_index_has_beside_linux() -> None:
    """On Linux x86_64 every release there has CUDA inside."""
    proposed = propose("cpu", wanted("torch>=2.4"), platforms=LINUX_AND_WINDOWS)

    assert (lines_of(proposed.requirements), proposed.platforms) == (["torch==2.15.0"], ("windows-x86_64",))
    assert propose("cpu", (), platforms=LINUX) == DraftVariant(name="cpu")


@pytest.mark.parametrize(
    ("line", "pythons", "left"),
    [
        ("torch==2.4.1", ("3.11", "3.12", "3.13"), ("3.11", "3.12")),
        ("torch==2.4.1", ("3.12",), ()),
        ("torch==2.4.1", ("3.14",), ()),
        ("torch", ("3.11", "3.14"), ()),
    ],
)
def test_pythons_without_wheels_are_left_out(line: str, pythons: tuple[str, ...], left: tuple[str, ...]) -> None:
    """A variant says its Pythons where torch has no wheels for all of the stack's; `compile` tells when it has none."""
    (variant,) = default_variants(wanted(line), {}, LINUX)

    assert propose(variant, wanted(line), platforms=LINUX, pythons=pythons).pythons == left


def test_what_was_asked_for_is_narrowed_and_kept_beside_the_line() -> None:
    """A range becomes the newest release that is the variant; extras stay, and the range stands in the comment."""
    proposed = propose("cu124", wanted("torch[opt-einsum]>=2.4,<2.6", "torchaudio"), platforms=LINUX)

    assert lines_of(proposed.requirements) == ["torch[opt-einsum]==2.5.1", "torchaudio==2.5.1"]
    assert [item.comment for item in proposed.requirements] == ["asked for: torch[opt-einsum]>=2.4,<2.6", ""]
    assert proposed.requirements[0].where == "f: line 1"


def test_a_pinned_partner_decides_which_torch() -> None:
    """Torchvision alone is enough to know its torch."""
    proposed = propose("cu124", wanted("torchvision==0.20.1"), platforms=LINUX, names=(TORCH,))

    assert lines_of(proposed.requirements) == ["torch==2.5.1", "torchvision==0.20.1"]


def test_lines_that_cannot_pair_are_kept_for_the_verdict() -> None:
    """What contradicts itself is not mended in silence."""
    proposed = propose("cu124", wanted("torch==2.5.1", "torchvision==0.19.1"), platforms=LINUX)

    assert lines_of(proposed.requirements) == ["torch==2.5.1", "torchvision==0.19.1"]


def test_lines_with_markers_stay_as_they_are() -> None:
    """Only lines that hold everywhere become pins."""
    lines = wanted("torch>=2.4", "torch<2.6 ; sys_platform == 'win32'")

    assert lines_of(propose("cu126", lines, platforms=LINUX).requirements) == [
        'torch<2.6; sys_platform == "win32"',
        "torch==2.7.1",
    ]


def test_an_index_that_was_named_is_taken_with_the_lines_as_they_are() -> None:
    """Labels and versions stay; that the ordinary index would do is told."""
    proposed = propose(
        "cu124", wanted("torch==2.5.1+cu124"), platforms=("linux-x86_64", "macos-arm64"), index="https://host.invalid"
    )

    assert (lines_of(proposed.requirements), proposed.index) == (["torch==2.5.1+cu124"], "https://host.invalid")
    assert proposed.platforms == LINUX
    (remark,) = proposed.remarks
    assert remark.startswith("On the ordinary index torch 2.5.1 is the same build for linux-x86_64; for these alone, ")


def test_a_variant_that_only_its_index_has_gets_no_such_advice() -> None:
    """2.5.1 on the ordinary index is cu124, not cu121."""
    variant = DraftVariant(name="cu121", requirements=wanted("torch==2.5.1+cu121"), index="https://host.invalid")

    assert with_own_index(variant, LINUX) == variant


@pytest.mark.parametrize(
    ("lines", "indexes", "platforms", "variants"),
    [
        (["torch==2.5.1"], {}, LINUX, ("cu124",)),
        (["torch==2.5.1"], {}, LINUX_AND_WINDOWS, ("cpu", "cu124")),
        (["torch==2.5.1+cu121", "torchvision==0.20.1+cu121"], {}, LINUX, ("cu121",)),
        (["torch"], {"cu126": "https://host.invalid/cu126"}, LINUX, ("cu126",)),
        (["torch>=2.0"], {}, LINUX, ("cu132",)),
        (["torchvision==0.22.1"], {}, LINUX, ("cu126",)),
        (["torch==2.0.1"], {}, LINUX, ("cpu",)),
        (["torch==99"], {}, LINUX, ("cpu",)),
        ([], {}, LINUX, ("cpu",)),
    ],
)
def test_variants_that_nobody_named_follow_from_torch(
    lines: list[str], indexes: dict[str, str], platforms: tuple[str, ...], variants: tuple[str, ...]
) -> None:
    """A label or an index names the variant; else it is what the release is on the ordinary index."""
    assert default_variants(wanted(*lines), indexes, platforms) == variants


def test_the_default_variant_is_on_the_ordinary_index() -> None:
    """What is proposed to who says nothing can be had."""
    assert propose(DEFAULT_VARIANT, (), platforms=LINUX, names=FAMILY).example == ()
