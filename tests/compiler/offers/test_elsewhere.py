"""Where else a project's wheels would do: other platforms, newer systems, other Pythons."""

import pytest
from packaging.utils import canonicalize_name

from locks import Target

from compiler.offers.elsewhere import describe_floor, platforms_with, pythons_with
from compiler.offers.wheels import Wheel, wheels_among
from tests.compiler.fakes import make_link, make_target

LINUX = make_target()
MAC = make_target(platform="macos-arm64")
WINDOWS = make_target(platform="windows-x86_64")


def wheels_of(*tags: str) -> tuple[Wheel, ...]:
    """One wheel of one release for each tag."""
    return wheels_among([make_link(f"demo-1-{tag}.whl") for tag in tags], name=canonicalize_name("demo"), index="any")


PLATFORMS = [
    ("another system", LINUX, "cp311-cp311-win_amd64", ("windows-x86_64",)),
    ("several", WINDOWS, "cp311-abi3-manylinux_2_17_x86_64.macosx_11_0_arm64", ("linux-x86_64", "macos-arm64")),
    ("newer glibc", LINUX, "cp311-cp311-manylinux_2_34_x86_64", ("linux-x86_64 from glibc 2.34 on",)),
    ("newer macOS", MAC, "cp311-cp311-macosx_15_0_arm64", ("macos-arm64 from macOS 15.0 on",)),
    ("another Python", LINUX, "cp312-cp312-win_amd64", ()),
    ("a machine we do not know", LINUX, "cp311-cp311-manylinux_2_17_ppc64le", ()),
]


@pytest.mark.parametrize(("target", "tag", "names"), [pytest.param(*case, id=name) for name, *case in PLATFORMS])
def test_platforms_that_have_a_wheel_are_named(target: Target, tag: str, names: tuple[str, ...]) -> None:
    """Other platforms with their usual floor, and the target's own from the floor on that the wheel asks for."""
    assert platforms_with(wheels_of(tag), target) == names


def test_pythons_that_have_a_wheel_are_named() -> None:
    """On the target's platform, with its floor; what is for other platforms does not count."""
    tags = ("cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-win_amd64", "cp314-cp314-manylinux_2_34_x86_64")

    assert pythons_with(wheels_of(*tags), LINUX) == ("3.12",)


def test_floor_is_named_as_people_do() -> None:
    """With the system that is counted."""
    assert [describe_floor(target) for target in (LINUX, MAC, WINDOWS)] == ["glibc 2.28", "macOS 14.0", "no floor"]
