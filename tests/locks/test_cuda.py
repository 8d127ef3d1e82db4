"""What variants ask of a machine."""

import pytest

from locks.cuda import cuda_of, torch_releases_of
from locks.target import PLATFORMS


@pytest.mark.parametrize(
    ("variant", "cuda"),
    [("cpu", None), ("cu118", (11, 8)), ("cu124", (12, 4)), ("cu130", (13, 0)), ("cu", None), ("xcu124", None)],
)
def test_a_variants_name_tells_its_toolkit(variant: str, cuda: tuple[int, int] | None) -> None:
    """The last digit is the minor; what is no CUDA variant has no toolkit."""
    assert cuda_of(variant) == cuda


def test_releases_of_a_variant_come_oldest_first() -> None:
    """Each platform has its own; cu124 was built for torch 2.4 to 2.6, on aarch64 to 2.5, and never for macOS."""
    assert torch_releases_of("cu124", PLATFORMS["linux-x86_64"]) == ("2.4", "2.5", "2.6")
    assert torch_releases_of("cu124", PLATFORMS["linux-aarch64"]) == ("2.4", "2.5")
    assert torch_releases_of("cu130", PLATFORMS["linux-x86_64"])[-3:] == ("2.13", "2.14", "2.15")
    assert torch_releases_of("cu124", PLATFORMS["macos-arm64"]) == ()
