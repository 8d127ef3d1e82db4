"""Targets say all that a machine kind implies, and nothing of the machine they are asked on."""

import itertools
import platform
import sys
import sysconfig
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker, default_environment
from packaging.tags import parse_tag

from locks import Target
from locks.target import DEFAULT_FLOORS, PLATFORMS, PYTHONS, VARIANTS, Floor, parse_floor


def target(platform_name: str, *, python: str = "3.11", floor: Floor | None = None, variant: str = "cu124") -> Target:
    """A target with its platform's usual floor, unless told."""
    kind = PLATFORMS[platform_name]
    usual = DEFAULT_FLOORS[kind.floor_of] if kind.floor_of else None
    return Target(variant=variant, platform=kind, python=python, floor=floor or usual)


ALL = [target(name, python=python) for name, python in itertools.product(PLATFORMS, PYTHONS)]


def holds(marker: Marker, on: Target) -> bool:
    """Say whether `marker` is true on a target."""
    return marker.evaluate(cast(dict[str, str], on.environment()))


def platforms_of(of: Target) -> list[str]:
    """The platform tags of `of`, each once, best first."""
    return list(dict.fromkeys(tag.platform for tag in of.tags()))


def manylinux(machine: str, newest: int, oldest: int) -> list[str]:
    """Names of glibc 2.newest down to 2.oldest."""
    return [f"manylinux_2_{minor}_{machine}" for minor in range(newest, oldest - 1, -1)]


@pytest.mark.parametrize("one", ALL, ids=str)
def test_environment_is_complete(one: Target) -> None:
    """Every marker variable that `packaging` would take from this machine is given, as a string."""
    environment = one.environment()

    assert set(environment) == set(default_environment())
    assert all(isinstance(value, str) for value in environment.values())


@pytest.mark.parametrize(
    ("one", "environment"),
    [
        pytest.param(
            target("linux-x86_64"),
            {
                "implementation_name": "cpython",
                "implementation_version": "3.11.0",
                "os_name": "posix",
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_system": "Linux",
                "platform_version": "",
                "python_full_version": "3.11.0",
                "python_version": "3.11",
                "sys_platform": "linux",
            },
            id="linux",
        ),
        pytest.param(
            target("windows-x86_64", python="3.12"),
            {
                "implementation_name": "cpython",
                "implementation_version": "3.12.0",
                "os_name": "nt",
                "platform_machine": "AMD64",
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_system": "Windows",
                "platform_version": "",
                "python_full_version": "3.12.0",
                "python_version": "3.12",
                "sys_platform": "win32",
            },
            id="windows",
        ),
        pytest.param(
            target("macos-arm64", python="3.13"),
            {
                "implementation_name": "cpython",
                "implementation_version": "3.13.0",
                "os_name": "posix",
                "platform_machine": "arm64",
                "platform_python_implementation": "CPython",
                "platform_release": "23.0.0",
                "platform_system": "Darwin",
                "platform_version": "",
                "python_full_version": "3.13.0",
                "python_version": "3.13",
                "sys_platform": "darwin",
            },
            id="macos",
        ),
    ],
)
def test_environment_is_the_targets_own(one: Target, environment: dict[str, str]) -> None:
    """Each marker variable has the value that Python has there."""
    assert one.environment() == environment


@pytest.mark.parametrize(
    ("floor", "kernel"),
    [((11, 0), "20.0.0"), ((14, 0), "23.0.0"), ((15, 5), "24.0.0"), ((26, 0), "25.0.0"), ((27, 0), "26.0.0")],
)
def test_darwin_kernel_follows_macos(floor: Floor, kernel: str) -> None:
    """Apple's jump from macOS 15 to 26 was none for Darwin."""
    assert target("macos-arm64", floor=floor).environment()["platform_release"] == kernel


@pytest.mark.parametrize(
    "marker",
    [
        pytest.param("python_full_version < '3.11.4'", id="backport wanted"),
        pytest.param("platform_machine == 'x86_64' and sys_platform == 'linux'", id="machine"),
        pytest.param("'linux' in sys_platform", id="contained"),
    ],
)
def test_environment_answers_markers(marker: str) -> None:
    """The patch release is the minor's first, so that a backport is rather taken than missed."""
    assert holds(Marker(marker), target("linux-x86_64"))


@pytest.mark.parametrize("one", ALL, ids=str)
def test_marker_is_true_on_its_own_target_alone(one: Target) -> None:
    """Of all platforms and Pythons the marker holds on exactly one."""
    marker = one.marker()

    assert [other for other in ALL if holds(marker, other)] == [one]


@pytest.mark.parametrize(
    ("one", "platforms"),
    [
        pytest.param(
            target("linux-x86_64"),
            [
                *manylinux("x86_64", 28, 17),
                "manylinux2014_x86_64",
                *manylinux("x86_64", 16, 12),
                "manylinux2010_x86_64",
                *manylinux("x86_64", 11, 5),
                "manylinux1_x86_64",
                "linux_x86_64",
                "any",
            ],
            id="linux-x86_64",
        ),
        pytest.param(
            target("linux-aarch64", floor=(2, 34)),
            [*manylinux("aarch64", 34, 17), "manylinux2014_aarch64", "linux_aarch64", "any"],
            id="linux-aarch64",
        ),
        pytest.param(target("linux-x86_64", floor=(2, 4)), ["linux_x86_64", "any"], id="older than any manylinux"),
        pytest.param(target("windows-x86_64"), ["win_amd64", "any"], id="windows"),
        pytest.param(
            target("macos-arm64"),
            [
                *(f"macosx_{major}_0_{kind}" for major in (14, 13, 12, 11) for kind in ("arm64", "universal2")),
                *(f"macosx_10_{minor}_universal2" for minor in range(16, 3, -1)),
                "any",
            ],
            id="macos",
        ),
    ],
)
def test_platform_tags(one: Target, platforms: list[str]) -> None:
    """The newest platform comes first, each legacy name after the one it stands for, and none beyond the floor."""
    assert platforms_of(one) == platforms


@pytest.mark.parametrize(
    ("one", "first", "last"),
    [
        ("linux-x86_64", "cp311-cp311-manylinux_2_28_x86_64", "py30-none-any"),
        ("linux-aarch64", "cp311-cp311-manylinux_2_28_aarch64", "py30-none-any"),
        ("windows-x86_64", "cp311-cp311-win_amd64", "py30-none-any"),
        ("macos-arm64", "cp311-cp311-macosx_14_0_arm64", "py30-none-any"),
    ],
)
def test_tags_go_from_the_most_to_the_least_special(one: str, first: str, last: str) -> None:
    """A wheel for this very interpreter and platform comes first, one for any Python 3 last."""
    tags = target(one).tags()

    assert (str(tags[0]), str(tags[-1])) == (first, last)
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("python", PYTHONS)
def test_windows_tags_whole(python: str) -> None:
    """The whole list for one platform: the stable ABI back to 3.2, generic tags back to 3.0."""
    minor = int(python.partition(".")[2])

    assert [str(tag) for tag in target("windows-x86_64", python=python).tags()] == [
        f"cp3{minor}-cp3{minor}-win_amd64",
        f"cp3{minor}-abi3-win_amd64",
        f"cp3{minor}-none-win_amd64",
        *(f"cp3{older}-abi3-win_amd64" for older in range(minor - 1, 1, -1)),
        f"py3{minor}-none-win_amd64",
        "py3-none-win_amd64",
        *(f"py3{older}-none-win_amd64" for older in range(minor - 1, -1, -1)),
        f"cp3{minor}-none-any",
        f"py3{minor}-none-any",
        "py3-none-any",
        *(f"py3{older}-none-any" for older in range(minor - 1, -1, -1)),
    ]


@pytest.mark.parametrize(
    ("tag", "taken"),
    [
        pytest.param("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", True, id="older glibc"),
        pytest.param("cp38-abi3-manylinux_2_28_x86_64", True, id="stable ABI of an older Python"),
        pytest.param("py2.py3-none-any", True, id="universal"),
        pytest.param("cp311-cp311-manylinux_2_34_x86_64", False, id="newer glibc"),
        pytest.param("cp312-abi3-manylinux_2_28_x86_64", False, id="stable ABI of a newer Python"),
        pytest.param("cp311-cp311t-manylinux_2_28_x86_64", False, id="free-threaded"),
        pytest.param("cp311-cp311-musllinux_1_2_x86_64", False, id="musl"),
        pytest.param("cp311-cp311-win_amd64", False, id="other system"),
    ],
)
def test_wheels_are_taken_by_their_tags(tag: str, taken: bool) -> None:
    """A wheel is taken exactly when it runs on every machine of the target."""
    assert (not parse_tag(tag).isdisjoint(target("linux-x86_64").tags())) is taken


@pytest.mark.parametrize("one", ALL, ids=str)
def test_nothing_depends_on_the_host(monkeypatch: pytest.MonkeyPatch, one: Target) -> None:
    """On a machine of another kind the answers are the same."""
    here = (one.environment(), one.tags(), str(one.marker()))

    for module, name in (
        (platform, "machine"),
        (platform, "system"),
        (platform, "release"),
        (sysconfig, "get_platform"),
    ):
        monkeypatch.setattr(module, name, lambda: "elsewhere")
    monkeypatch.setattr(platform, "mac_ver", lambda: ("99.9", ("", "", ""), "vax"))
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))

    assert (one.environment(), one.tags(), str(one.marker())) == here


def test_names() -> None:
    """A target's name is fit for file names and is what it prints as."""
    one = target("linux-x86_64")

    assert one.name == str(one) == f"{one}" == "cu124-linux-x86_64-py311"
    assert VARIANTS[:3] == ("cpu", "cu118", "cu121")
    assert all("." not in each.name and "/" not in each.name for each in ALL)


@given(st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_floor_reads_back(floor: Floor) -> None:
    """Two numbers joined by a dot are a floor."""
    assert parse_floor("{}.{}".format(*floor)) == floor


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2", id="one number"),
        pytest.param("2.28.1", id="three numbers"),
        pytest.param("two.28", id="a word"),
        pytest.param("2.-5", id="negative"),
        pytest.param(" 2.28", id="space"),
        pytest.param("2.2_8", id="underscore"),
        pytest.param("2.\u0662", id="digit of another script"),
        pytest.param("2.5000", id="a list of tags without end"),
    ],
)
def test_floor_must_be_two_numbers(text: str) -> None:
    """Anything else is a ValueError: a floor counts the tags, and must be one that exists."""
    with pytest.raises(ValueError):
        parse_floor(text)
