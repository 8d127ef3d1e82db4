"""No CUDA library of another major than the variant's is bundled."""

import io

import pytest

from locks import Lock
from locks.target import VARIANTS

from applier.wheels.plan import plan_wheels
from bundler.cuda import MAJORS, cuda_problems, library_major
from tests.bundles import make_lock, target_on
from tests.wheels import Wheel, make_wheel


@pytest.mark.parametrize(
    ("filename", "major"),
    [
        ("libcudart.so.12", 12),
        ("libcudart.so.11.0", 11),
        ("libcudart.so.13", 13),
        ("libcudart.41118559.so.12", 12),
        ("libcudart-9335f6a2.so.11.8.89", 11),
        ("libnvrtc.so.12", 12),
        ("libnvrtc.so.11.2", 11),
        ("libnvrtc-builtins.so.12.4", 12),
        ("libcublas.so.13", 13),
        ("libcublasLt.so.11", 11),
        ("libnvJitLink.so.12", 12),
        ("cudart64_12.dll", 12),
        ("cudart64_110.dll", 11),
        ("cudart64_13.dll", 13),
        ("nvrtc64_120_0.dll", 12),
        ("nvrtc64_112_0.dll", 11),
        ("cublas64_11.dll", 11),
        ("cublasLt64_13.dll", 13),
        ("nvJitLink_130_0.dll", 13),
        ("libcudnn.so.9", None),
        ("libcufft.so.11", None),
        ("libcudart_static.a", None),
        ("libcudart.so", None),
        ("libtorch_cuda.so", None),
        ("libbitsandbytes_cuda118.so", None),
        ("libcaffe2_nvrtc.so", None),
        ("cudnn64_9.dll", None),
        ("cufft64_11.dll", None),
    ],
)
def test_a_library_tells_its_major_by_its_name(filename: str, major: int | None) -> None:
    """The libraries that count as CUDA does, renamed by tools or not; no others."""
    assert library_major(filename) == major


def test_every_variant_with_cuda_has_a_major() -> None:
    """The rule follows the list of variants."""
    assert set(MAJORS) == set(VARIANTS) - {"cpu"}
    assert (MAJORS["cu118"], MAJORS["cu129"], MAJORS["cu130"]) == (11, 12, 13)


def problems_of(*wheels: Wheel, variant: str, platform: str = "linux-x86_64") -> list[tuple[str, str]]:
    """Where each problem is, and what was found."""
    data = {wheel.filename: wheel.data for wheel in wheels}
    lock: Lock = make_lock(wheels, target=target_on(platform, variant))
    plan = plan_wheels(lock.in_install_order(), lock.target, lambda wheel: io.BytesIO(data[wheel.filename]))
    return [(problem.where, problem.found) for problem in cuda_problems(lock, plan)]


def of_cuda(major: int) -> tuple[Wheel, Wheel]:
    """A package of that CUDA major by its name, and one by a library in it."""
    return (
        make_wheel(f"nvidia-nccl-cu{major}", "2.20", files={"nvidia/nccl.py": ""}),
        make_wheel("other", "1", files={f"other.libs/libcudart-9335f6a2.so.{major}": "x"}),
    )


@pytest.mark.parametrize(("variant", "major"), [("cu130", 12), ("cu124", 13), ("cu118", 12), ("cu126", 11)])
def test_another_major_is_told_by_name_and_by_library(variant: str, major: int) -> None:
    """Both a distribution called so and a library inside an innocent one are found, in both directions."""
    assert problems_of(*of_cuda(major), variant=variant) == [
        (f"nvidia_nccl_cu{major}-2.20-py3-none-any.whl", f"one of CUDA {major}"),
        (
            f"other-1-py3-none-any.whl: 'lib/python3.11/site-packages/other.libs/libcudart-9335f6a2.so.{major}'",
            f"one of CUDA {major}",
        ),
    ]


@pytest.mark.parametrize("variant", ["cu121", "cu128", "cpu"])
def test_the_own_major_is_fine_and_cpu_minds_none(variant: str) -> None:
    """Libraries of the variant's major are what it is made of; without CUDA there is nothing to mix."""
    assert problems_of(*of_cuda(12), variant=variant) == []


def test_windows_libraries_are_found_too() -> None:
    """Torch for Windows carries its libraries itself."""
    wheel = make_wheel("torch", "2.5.1", files={"torch/lib/cudart64_12.dll": "x", "torch/lib/cufft64_11.dll": "x"})

    assert problems_of(wheel, variant="cu124", platform="windows-x86_64") == []
    assert problems_of(wheel, variant="cu130", platform="windows-x86_64") == [
        ("torch-2.5.1-py3-none-any.whl: 'Lib/site-packages/torch/lib/cudart64_12.dll'", "one of CUDA 12")
    ]
