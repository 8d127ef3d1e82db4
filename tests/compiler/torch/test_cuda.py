"""What a variant asks of a machine, and whether a resolved torch really is that variant's build."""

import json
from importlib.resources import files

import pytest
from packaging.utils import NormalizedName

from locks import Limits, Problem
from locks.target import PLATFORMS, VARIANTS

from compiler.offers.wheels import Wheel
from compiler.torch.cuda import judge_variant, limits_of
from tests.compiler.fakes import make_target, make_wheel_on

OLD_CODE = ("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0")


def picks(*wheels: tuple[str, str, str]) -> dict[NormalizedName, Wheel]:
    """Chosen wheels, each as index, project and version."""
    made = [make_wheel_on(*wheel) for wheel in wheels]
    return {wheel.name: wheel for wheel in made}


LIMITS = [
    ("cpu asks nothing", "cpu", "linux-x86_64", "2.5.1", Limits()),
    ("macOS has no CUDA", "cu124", "macos-arm64", "2.5.1", Limits()),
    ("cu118", "cu118", "linux-x86_64", "2.1.0", Limits(driver=(450, 80, 2), compute_capabilities=("3.7", *OLD_CODE))),
    ("cu124", "cu124", "linux-x86_64", "2.5.1", Limits(driver=(525, 60, 13), compute_capabilities=OLD_CODE)),
    (
        "cu124 with a label",
        "cu124",
        "linux-x86_64",
        "2.5.1+cu124",
        Limits(driver=(525, 60, 13), compute_capabilities=OLD_CODE),
    ),
    (
        "Windows has its own numbers",
        "cu124",
        "windows-x86_64",
        "2.5.1",
        Limits(driver=(528, 33), compute_capabilities=("5.0", "6.0", "6.1", "7.0", "7.5", "8.0", "8.6", "9.0")),
    ),
    ("aarch64", "cu124", "linux-aarch64", "2.5.1", Limits(driver=(525, 60, 13), compute_capabilities=("9.0",))),
    (
        "2.10 is not 2.1, and has PTX",
        "cu130",
        "linux-x86_64",
        "2.10.0",
        Limits(driver=(580, 65, 6), compute_capabilities=("7.5", "8.0", "8.6", "9.0", "10.0", "12.0"), ptx=("12.0",)),
    ),
    ("one number on Windows", "cu130", "windows-x86_64", "9.9", Limits(driver=(580,))),
    ("a release never heard of", "cu124", "linux-x86_64", "9.9", Limits(driver=(525, 60, 13))),
    ("a pair that does not exist", "cu118", "linux-x86_64", "2.10.0", Limits(driver=(450, 80, 2))),
]


@pytest.mark.parametrize(
    ("variant", "platform", "torch", "limits"), [pytest.param(*case, id=name) for name, *case in LIMITS]
)
def test_limits_follow_variant_platform_and_torch(variant: str, platform: str, torch: str, limits: Limits) -> None:
    """The driver floor comes from variant and system, capabilities from the torch release; unknown ones are empty."""
    assert limits_of(make_target(variant, platform), picks(("ordinary", "torch", torch))) == limits


def test_limits_without_torch_are_the_drivers_alone() -> None:
    """A CUDA set without torch needs the driver, and holds code nobody knows of."""
    assert limits_of(make_target("cu126"), {}) == Limits(driver=(525, 60, 13))


def test_facts_speak_of_known_variants_and_platforms() -> None:
    """Every variant but cpu has a driver floor, and the table has no name that no target could have."""
    facts = json.loads((files("locks") / "cuda.json").read_text("utf-8"))
    tables = [table for release in facts["architectures"].values() for table in release.items()]

    assert set(facts["drivers"]) == set(VARIANTS) - {"cpu"}
    assert {variant for variant, _ in tables} <= set(facts["drivers"])
    assert {platform for _, table in tables for platform in table} <= set(PLATFORMS)


RUNTIME = ("ordinary", "nvidia-cuda-runtime-cu12", "12.4.127")
RIGHT = [
    ("label", [("ordinary", "torch", "2.5.1+cu124")]),
    ("label before the runtime", [("ordinary", "torch", "2.5.1+cu124"), (*RUNTIME[:2], "12.1.105")]),
    ("own index, no label", [("cu124", "torch", "2.5.1")]),
    ("runtime", [("ordinary", "torch", "2.5.1"), RUNTIME]),
    ("no torch", [("ordinary", "numpy", "2.0")]),
]


@pytest.mark.parametrize("wheels", [pytest.param(wheels, id=name) for name, wheels in RIGHT])
def test_right_build_is_known_by_its_evidence(wheels: list[tuple[str, str, str]]) -> None:
    """Label, the variant's own index, or the CUDA runtime in the set: any one is proof enough, the label first."""
    assert judge_variant(make_target("cu124"), picks(*wheels)) is None


def test_unsuffixed_runtime_of_cuda_13_counts() -> None:
    """From CUDA 13 on the runtime's package has no suffix."""
    wheels = picks(("ordinary", "torch", "2.11.0"), ("ordinary", "nvidia-cuda-runtime", "13.0.96"))

    assert judge_variant(make_target("cu130"), wheels) is None


@pytest.mark.parametrize("torch", ["2.5.1", "2.5.1+cpu", "2.5.1+cu124"])
def test_cpu_variant_takes_any_torch(torch: str) -> None:
    """A lock for cpu is not judged by its torch: every build computes on the CPU."""
    assert judge_variant(make_target("cpu"), picks(("ordinary", "torch", torch))) is None


WRONG = [
    ("CPU build", [("ordinary", "torch", "2.5.1")], "a CPU build: no label, no CUDA runtime in the closure"),
    ("CPU label", [("ordinary", "torch", "2.5.1+cpu"), RUNTIME], "a cpu build"),
    ("other label", [("ordinary", "torch", "2.5.1+cu121")], "a cu121 build"),
    ("other label on the own index", [("cu124", "torch", "2.5.1+cu121")], "a cu121 build"),
    ("other runtime", [("ordinary", "torch", "2.7.1"), (*RUNTIME[:2], "12.6.77")], "a cu126 build"),
]


@pytest.mark.parametrize(("wheels", "found"), [pytest.param(*case, id=name) for name, *case in WRONG])
def test_other_build_than_the_variants_is_a_problem(wheels: list[tuple[str, str, str]], found: str) -> None:
    """A torch that would not use the GPU as the variant promises is refused, and what it is instead is told."""
    torch = wheels[0][2]

    assert judge_variant(make_target("cu124"), picks(*wheels)) == Problem(
        code="variant-not-met",
        where=f"cu124-linux-x86_64-py311: torch {torch}",
        expected="a cu124 build",
        found=found,
        hint="pin the torch release of that variant, or take torch from the variant's own index (from-index)",
    )
