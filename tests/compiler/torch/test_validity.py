"""Combinations that never existed are refused before any index is asked; whatever may exist is let through."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from locks import Problem, Target
from locks.target import PLATFORMS, PYTHONS, VARIANTS

from compiler.manifest.model import Variant
from compiler.manifest.parse import read_manifest
from compiler.torch.releases import cuda_platforms, torch_releases
from compiler.torch.validity import judge_targets
from tests.compiler.fakes import make_target

STACKS = sorted((Path(__file__).parents[3] / "locks" / "stacks").glob("*/manifest.toml"))
REGISTRY = ("https://registry.invalid/simple",)
CUDA = VARIANTS[1:]
RELEASES = [str(release.version) for release in torch_releases()]
OWN = "/whl/"
PLAIN = ""


def make_variant(name: str, *lines: str, index: str = OWN) -> Variant:
    """A variant with these lines; `index` is "" for none, a folder, or a whole address."""
    address = f"https://pytorch.invalid{index}{name}" if index.startswith("/") else index
    return Variant(
        name=name,
        requirements=tuple(map(Requirement, lines)),
        index=address or None,
        from_index=(Requirement("torch"),) if address else (),
        sha256="",
    )


def judge(
    variant: Variant,
    *targets: Target,
    common: Iterable[str] = (),
    ordinary: tuple[str, ...] = REGISTRY,
) -> list[Problem]:
    """The problems of one variant's targets."""
    return judge_targets([(variant, target) for target in targets], map(Requirement, common), ordinary=ordinary)


def judge_one(
    variant: str, platform: str, torch: str, *, python: str = "3.11", index: str = OWN, ordinary: str = REGISTRY[0]
) -> list[Problem]:
    """The problems of one target whose variant has one line about torch."""
    chosen = make_variant(variant, torch, index=index)
    return judge(chosen, make_target(variant, platform, python), ordinary=(ordinary,) if ordinary else ())


LINUX, ARM, WINDOWS, MACOS = "linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"
# Restated from the collected facts, by their sections: 0 (what breaks a picker), 1 (variants), 2 (releases).
BUILDS = [
    ("0", "cu118", LINUX, "2.7.1", True),
    ("0", "cu118", LINUX, "2.8.0", False),
    ("0", "cu121", LINUX, "2.5.1", True),
    ("0", "cu121", LINUX, "2.6.0", False),
    ("0", "cu124", LINUX, "2.6.0", True),
    ("0", "cu124", LINUX, "2.7.0", False),
    ("0", "cu124", WINDOWS, "2.6.0", True),
    ("0", "cu124", WINDOWS, "2.7.1", False),
    ("0", "cu128", LINUX, "2.11.0", True),
    ("0", "cu128", LINUX, "2.12.0", False),
    ("0", "cu128", WINDOWS, "2.12.1", False),
    ("0", "cu129", LINUX, "2.12.0", False),
    ("0", "cu129", LINUX, "2.12.1", True),
    ("0", "cu129", LINUX, "2.13.0", True),
    ("0", "cu129", LINUX, "2.14.0", False),
    ("0", "cu129", WINDOWS, "2.8.0", True),
    ("0", "cu129", WINDOWS, "2.9.0", True),
    ("0", "cu129", WINDOWS, "2.9.1", False),
    ("0", "cu129", WINDOWS, "2.11.0", False),
    ("1", "cu118", LINUX, "2.1.0", True),
    ("1", "cu121", WINDOWS, "2.1.0", True),
    ("1", "cu124", LINUX, "2.3.1", False),
    ("1", "cu124", LINUX, "2.4.0", True),
    ("1", "cu126", LINUX, "2.5.1", False),
    ("1", "cu126", LINUX, "2.6.0", True),
    ("1", "cu126", WINDOWS, "2.14.1", True),
    ("1", "cu128", LINUX, "2.6.0", False),
    ("1", "cu128", WINDOWS, "2.7.0", True),
    ("1", "cu129", LINUX, "2.7.1", False),
    ("1", "cu130", LINUX, "2.8.0", False),
    ("1", "cu130", LINUX, "2.9.0", True),
    ("1", "cu132", LINUX, "2.11.0", False),
    ("1", "cu132", LINUX, "2.12.0", True),
    ("2", "cu118", ARM, "2.5.1", False),
    ("2", "cu121", ARM, "2.4.1", False),
    ("2", "cu124", ARM, "2.3.0", False),
    ("2", "cu124", ARM, "2.4.0", True),
    ("2", "cu124", ARM, "2.5.1", True),
    ("2", "cu124", ARM, "2.6.0", False),
    ("2", "cu126", ARM, "2.6.0", True),
    ("2", "cu126", ARM, "2.7.1", False),
    ("2", "cu128", ARM, "2.7.0", True),
    ("2", "cu128", ARM, "2.8.0", False),
    ("2", "cu129", ARM, "2.8.0", True),
    ("2", "cu130", ARM, "2.9.1", True),
    ("2", "cu130", ARM, "2.14.1", True),
    ("2", "cu132", WINDOWS, "2.13.0", True),
    ("2: macOS", "cu118", MACOS, "2.5.1", False),
    ("2: macOS", "cu132", MACOS, "2.14.0", False),
    ("2: ended long before", "cu124", LINUX, "2.15.0", False),
    ("2: unverified", "cu126", LINUX, "2.15.0", True),
    ("2: unverified", "cu132", ARM, "2.15.0", True),
    ("2: seen in public though not in the matrix", "cu129", ARM, "2.9.0", True),
]


@pytest.mark.parametrize(
    ("variant", "platform", "torch", "exists"),
    [pytest.param(*case, id=f"{case[0]}-{case[2]}-{case[1]} ({section})") for section, *case in BUILDS],
)
def test_builds_that_never_existed_are_refused(variant: str, platform: str, torch: str, *, exists: bool) -> None:
    """A torch release that has no build of the variant on the platform is refused, by pin and by range."""
    python = "3.12" if torch == "2.15.0" else "3.11"
    closed = f"torch>={torch},<={torch}"

    for line in (f"torch=={torch}", f"torch=={torch}+{variant}", closed):
        found = judge_one(variant, platform, line, python=python)
        assert [problem.code for problem in found] == ([] if exists else ["target-impossible"])


MINORS = [
    ("2.1.2", "3.11", LINUX, True),
    ("2.1.2", "3.12", LINUX, False),
    ("2.4.1", "3.12", WINDOWS, True),
    ("2.4.1", "3.13", WINDOWS, False),
    ("2.5.1", "3.13", LINUX, True),
    ("2.5.1", "3.13", WINDOWS, False),
    ("2.5.1", "3.13", ARM, False),
    ("2.5.1", "3.13", MACOS, False),
    ("2.6.0", "3.13", WINDOWS, True),
    ("2.8.0", "3.14", LINUX, False),
    ("2.9.0", "3.14", MACOS, True),
    ("2.15.0", "3.11", LINUX, True),
]


@pytest.mark.parametrize("index", [OWN, PLAIN], ids=["own index", "ordinary index"])
@pytest.mark.parametrize(
    ("torch", "python", "platform", "exists"), [pytest.param(*case, id="-".join(map(str, case[:3]))) for case in MINORS]
)
def test_pythons_without_wheels_are_refused(
    torch: str, python: str, platform: str, index: str, *, exists: bool
) -> None:
    """A Python that a release has no wheels for is refused for the cpu variant too. Source: section 2, Python."""
    found = judge_one("cpu", platform, f"torch=={torch}", python=python, index=index)

    assert [problem.code for problem in found] == ([] if exists else ["target-impossible"])


ORDINARY = [
    ("cu121", LINUX, "2.4.1", True),
    ("cu118", LINUX, "2.4.1", False),
    ("cu124", LINUX, "2.5.1", True),
    ("cu121", LINUX, "2.5.1", False),
    ("cu124", WINDOWS, "2.5.1", False),
    ("cu124", ARM, "2.5.1", False),
    ("cu126", LINUX, "2.7.1", True),
    ("cu128", LINUX, "2.10.0", True),
    ("cu128", ARM, "2.10.0", False),
    ("cu130", LINUX, "2.11.0", True),
    ("cu130", ARM, "2.11.0", True),
    ("cu130", WINDOWS, "2.11.0", False),
    ("cu132", LINUX, "2.15.0", True),
    ("cu130", LINUX, "2.15.0", False),
    ("cpu", WINDOWS, "2.11.0", True),
    ("cpu", LINUX, "2.11.0", True),
]


@pytest.mark.parametrize(
    ("variant", "platform", "torch", "holds"),
    [pytest.param(*case, id="-".join(map(str, case[:3]))) for case in ORDINARY],
)
def test_ordinary_index_holds_one_build_for_each_release(
    variant: str, platform: str, torch: str, *, holds: bool
) -> None:
    """Without an index of its own, a variant gets what the ordinary index has. Source: section 5."""
    found = judge_one(variant, platform, f"torch=={torch}", index=PLAIN)

    assert [problem.code for problem in found] == ([] if holds else ["target-impossible"])


LET_THROUGH = [
    ("any release", "cu118", "torch", OWN, REGISTRY[0]),
    ("a newer one may come", "cu118", "torch>=2.8", OWN, REGISTRY[0]),
    ("newer than the facts", "cu118", "torch==2.16.0", OWN, REGISTRY[0]),
    ("a patch newer than the facts", "cu118", "torch==2.15.1", OWN, REGISTRY[0]),
    ("up to one newer than the facts", "cu118", "torch>=2.8,<2.17", OWN, REGISTRY[0]),
    ("all but the known", "cu118", "torch>2.7.1,!=2.15.0", OWN, REGISTRY[0]),
    ("older than the facts", "cu118", "torch==2.0.1", OWN, REGISTRY[0]),
    ("a nightly", "cu118", "torch==2.9.0.dev20250814", OWN, REGISTRY[0]),
    ("nothing at all", "cu118", "torch>2.9,<2.8", OWN, REGISTRY[0]),
    ("one of a range", "cu124", "torch>=2.6,<2.9", OWN, REGISTRY[0]),
    ("no torch", "cu118", "numpy", OWN, REGISTRY[0]),
    ("torch elsewhere", "cu118", "torch==2.9.0; sys_platform == 'win32'", OWN, REGISTRY[0]),
    ("someone's own build", "cu126", "torch==2.4.1+cu126.ours", OWN, REGISTRY[0]),
    ("someone's own index", "cu126", "torch==2.4.1", "https://builds.invalid/jp6/cu126", REGISTRY[0]),
    ("someone's own folder", "cu126", "torch==2.4.1", PLAIN, ""),
    ("PyTorch's index beside the registry", "cu118", "torch==2.5.1", PLAIN, "https://pytorch.invalid/whl/cu118"),
    ("a label that the ordinary index may have", "cu118", "torch==2.5.1+cu118", PLAIN, REGISTRY[0]),
    ("the cpu variant takes any build", "cpu", "torch==2.5.1+cu124", PLAIN, REGISTRY[0]),
]


@pytest.mark.parametrize(
    ("variant", "line", "index", "ordinary"), [pytest.param(*case, id=name) for name, *case in LET_THROUGH]
)
def test_what_the_facts_do_not_prove_is_let_through(variant: str, line: str, index: str, ordinary: str) -> None:
    """Newer releases, other people's builds and lines that let in a possible release are not refused."""
    assert judge_one(variant, LINUX, line, index=index, ordinary=ordinary) == []


MATRIX = "RELEASE.md and build scripts of pytorch/pytorch and pytorch/builder say so (2026-11-23)"
CU124 = "cu124 for torch 2.4.0 to 2.6.0 on linux-x86_64, windows-x86_64; 2.4.0 to 2.5.1 on linux-aarch64"
OWN_INDEX = "the variant's own index (index, from-index)"


def impossible(where: str, expected: str, found: str, hint: str, *because: str) -> Problem:
    """The problem of a target that cannot exist."""
    return Problem(code="target-impossible", where=where, expected=expected, found=found, hint=hint, because=because)


def test_variant_that_ended_is_told_with_what_exists() -> None:
    """The message says where the variant exists, the line that asks for more, and the edits that would do."""
    found = judge(make_variant("cu124", "torch==2.7.1"), *(make_target("cu124", name) for name in (LINUX, WINDOWS)))

    assert found == [
        impossible(
            "cu124-linux-x86_64-py311, cu124-windows-x86_64-py311",
            CU124,
            "torch==2.7.1 in [variants.cu124]",
            "take torch 2.6.0, or take variant cu118, cu126 or cu128",
            MATRIX,
        )
    ]


def test_platform_without_the_build_can_be_left_out() -> None:
    """Where other platforms have the build, the edit that keeps those is told; Pythons are joined."""
    targets = [make_target("cu124", platform, python) for platform in (ARM, LINUX) for python in ("3.11", "3.12")]

    assert judge(make_variant("cu124", "torch==2.6"), *targets) == [
        impossible(
            "cu124-linux-aarch64-py311, cu124-linux-aarch64-py312",
            CU124,
            "torch==2.6 in [variants.cu124]",
            'take torch 2.5.1, or take variant cu126, or write platforms = ["linux-x86_64"] in [variants.cu124]',
            MATRIX,
        )
    ]


@pytest.mark.parametrize("lines", [(), ("torch",), ("torch==2.6.0",)], ids=["no torch", "any torch", "a torch"])
def test_macos_has_no_cuda_whatever_the_torch(lines: tuple[str, ...]) -> None:
    """A CUDA variant on macOS is refused even without a line about torch."""
    targets = (make_target("cu126", LINUX), make_target("cu126", MACOS))

    assert judge(make_variant("cu126", *lines), *targets) == [
        impossible(
            "cu126-macos-arm64-py311",
            "a platform with CUDA: linux-x86_64, linux-aarch64 or windows-x86_64",
            "macos-arm64",
            'take variant cpu, or write platforms = ["linux-x86_64"] in [variants.cu126]',
            MATRIX,
        )
    ]


def test_python_without_wheels_can_be_left_out() -> None:
    """The Pythons that exist are told, where there is one more, and the list that would keep the others."""
    targets = [make_target("cu124", name, python) for name in (LINUX, WINDOWS) for python in ("3.11", "3.13", "3.14")]
    source = "tags of the wheels on the ordinary index say so (2026-11-23)"
    expected = "Python 3.9 to 3.12, and 3.13 on linux-x86_64, for torch 2.5.1"
    rest = 'write python = ["3.11"] in [variants.cu124]'

    assert judge(make_variant("cu124", "torch==2.5.1"), *targets) == [
        impossible(
            "cu124-linux-x86_64-py314, cu124-windows-x86_64-py314",
            expected,
            "torch==2.5.1 in [variants.cu124], Python 3.14",
            rest,
            source,
        ),
        impossible(
            "cu124-windows-x86_64-py313",
            expected,
            "torch==2.5.1 in [variants.cu124], Python 3.13",
            f"take torch 2.6.0, or {rest}",
            source,
        ),
    ]


def test_other_build_on_the_ordinary_index_is_named() -> None:
    """The build that the ordinary index has is told, and the ways to the variant's own."""
    source = "requirements of the wheels on the ordinary index say so (2026-11-23)"

    assert judge(make_variant("cu121", "torch==2.5.1", index=PLAIN), make_target("cu121")) == [
        impossible(
            "cu121-linux-x86_64-py311",
            "a cu121 build of torch",
            "torch==2.5.1 in [variants.cu121], a cu124 build on the ordinary index",
            f"take torch 2.4.1, or take variant cu124, or take it from {OWN_INDEX}, "
            "or pin torch==2.5.1+cu121 if your ordinary index has that",
            source,
        )
    ]


NO_EDIT = [
    ("a Python that no release of the variant has", "cu124", LINUX, "2.7.1", OWN, "take Python 3.11, 3.12 or 3.13"),
    ("the same, from the ordinary index", "cu121", LINUX, "2.5.1", PLAIN, "take Python 3.11, 3.12 or 3.13"),
    ("a platform that no release of the variant has", "cu118", ARM, "2.3.1", OWN, ""),
]


@pytest.mark.parametrize(
    ("variant", "platform", "torch", "index", "hint"), [pytest.param(*case, id=name) for name, *case in NO_EDIT]
)
def test_other_pythons_are_named_where_no_torch_would_do(
    variant: str, platform: str, torch: str, index: str, hint: str
) -> None:
    """Where neither another release nor another variant would do, the Pythons are told that one would do with."""
    (problem,) = judge_one(variant, platform, f"torch=={torch}", python="3.14", index=index)

    assert problem.hint == hint


LABELS = [
    (
        "of a variant that has the release",
        "cu121",
        "2.5.1+cu124",
        "move the line to [variants.cu124], or name the label +cu121",
    ),
    ("of a variant that has not", "cu128", "2.5.1+cu124", "move the line to [variants.cu124], or take torch 2.7.0"),
    ("of the cpu", "cu124", "2.5.1+cpu", "move the line to [variants.cpu], or name the label +cu124"),
    ("of no variant", "cu124", "2.5.1+rocm6.2", "name the label +cu124"),
    (
        "of a release newer than the facts",
        "cu124",
        "2.16.0+cu132",
        "move the line to [variants.cu132], or name the label +cu124",
    ),
]


@pytest.mark.parametrize(("variant", "torch", "hint"), [pytest.param(*case, id=name) for name, *case in LABELS])
def test_label_of_another_variant_is_refused(variant: str, torch: str, hint: str) -> None:
    """A label says which build is wanted; another than the variant's cannot be met, whatever the index."""
    assert judge_one(variant, LINUX, f"torch=={torch}") == [
        impossible(
            f"{variant}-linux-x86_64-py311",
            f"a {variant} build of torch",
            f"torch=={torch} in [variants.{variant}]",
            hint,
        )
    ]


def test_lines_of_stack_and_variant_hold_together() -> None:
    """The common line and the variant's are one wish; a marker that does not hold is none of it."""
    variant = make_variant("cu124", "torch>=2.7", "torch<2; sys_platform == 'win32'")

    (problem,) = judge(variant, make_target("cu124"), common=["Torch<2.9", "numpy"])

    assert problem.found == "torch>=2.7 in [variants.cu124] and Torch<2.9 in [stack]"
    assert problem.hint == "take torch 2.6.0, or take variant cu118, cu126, cu128 or cu129"


MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.12", "3.14"]
platforms = ["linux-x86_64", "windows-x86_64", "macos-arm64"]
requirements = ["torch==2.6.0"]
[variants.cu124]
index = "https://pytorch.invalid/whl/cu124"
from-index = ["torch"]
"""


def judge_manifest(text: str) -> list[Problem]:
    """The problems of a whole manifest."""
    manifest = read_manifest(text)
    return judge_targets(manifest.targets(), manifest.requirements, ordinary=REGISTRY)


def test_lists_that_are_hinted_at_would_do() -> None:
    """Writing the lists of a variant as the hints have them leaves no target that cannot exist."""
    lists = {found for item in judge_manifest(MANIFEST) for found in re.findall(r"write (.*) in \[", item.hint)}

    assert sorted(lists) == ['platforms = ["linux-x86_64", "windows-x86_64"]', 'python = ["3.12"]']
    assert judge_manifest(MANIFEST + "\n".join(lists)) == []


def test_own_index_counts_where_torch_is_taken_from_it() -> None:
    """With a marker in from-index, the other platforms are judged by the ordinary index."""
    text = MANIFEST.replace('["torch"]', "[\"torch; sys_platform == 'linux'\"]")

    (problem,) = judge_manifest(text + 'platforms = ["linux-x86_64", "windows-x86_64"]\npython = ["3.12"]')

    assert problem.where == "cu124-windows-x86_64-py312"
    assert problem.found.startswith("torch==2.6.0 in [stack], a CPU build on the ordinary index")


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.parent.name)
def test_shipped_stacks_are_let_through(path: Path) -> None:
    """No target of a stack that we ship is refused."""
    assert judge_manifest(path.read_text("utf-8")) == []


def existing() -> set[tuple[str, str, str, str]]:
    """Every release, variant, platform and Python that the facts know to exist."""
    return {
        (str(release.version), variant, platform, python)
        for release in torch_releases()
        for variant, platforms in release.built.items()
        for platform in platforms
        for python in release.pythons[platform]
        if python in PYTHONS
    }


def test_whatever_exists_is_let_through() -> None:
    """No combination that the facts list is refused: not bare, not labelled, nor plain where the registry has it."""
    ordinary = {str(release.version): release for release in torch_releases()}

    assert [
        combination
        for combination in sorted(existing())
        for release, variant, platform, python in [combination]
        if judge_one(variant, platform, f"torch=={release}", python=python)
        or judge_one(variant, platform, f"torch=={release}+{variant}", python=python, index=PLAIN)
        or (
            ordinary[release].ordinary_variant(platform) == variant
            and judge_one(variant, platform, f"torch=={release}", python=python, index=PLAIN)
        )
    ] == []


@given(
    st.sampled_from(sorted(existing())),
    st.sampled_from(RELEASES),
    st.sampled_from(RELEASES),
    st.sampled_from([">=", ">", "!="]),
)
def test_a_range_around_what_exists_is_let_through(
    combination: tuple[str, str, str, str], first: str, last: str, operator: str
) -> None:
    """A line that lets in one release that exists is never refused, whatever else it lets in."""
    release, variant, platform, python = combination
    line = Requirement(f"torch{operator}{first},<={last}")

    if release in line.specifier:
        assert judge_one(variant, platform, str(line), python=python) == []


def test_releases_that_are_hinted_at_would_do() -> None:
    """Taking a release or a variant that a hint names ends in no problem."""
    fruitless = []
    for release in RELEASES:
        for variant, platform, python, index in (
            (variant, platform, python, index)
            for variant in CUDA
            for platform in cuda_platforms()
            for python in ("3.11", "3.13")
            for index in (OWN, PLAIN)
        ):
            for problem in judge_one(variant, platform, f"torch=={release}", python=python, index=index):
                taken = re.search(r"take torch ([0-9.]+)(?: or ([0-9.]+))?( from)?", problem.hint)
                for other in filter(None, taken.groups()[:2] if taken else ()):
                    source = OWN if taken and taken[3] else index
                    fruitless += judge_one(variant, platform, f"torch=={other}", python=python, index=source)
                taken = re.search(r"take variant ([a-z0-9, ]+)", problem.hint)
                for other in re.findall(r"c[a-z0-9]+", taken[1]) if taken else ():
                    fruitless += judge_one(other, platform, f"torch=={release}", python=python, index=index)

    assert fruitless == []


def test_platforms_of_the_facts_are_ours() -> None:
    """CUDA exists on every platform of ours but macOS."""
    assert set(PLATFORMS) - set(cuda_platforms()) == {MACOS}
