"""Targets: variant x platform x Python minor, with everything a target implies and nothing of the host.

A target's marker environment and wheel tags are complete, because `packaging` fills missing marker keys from the
running interpreter: a partial one would let the release engineer's machine leak into the lock.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from packaging.markers import Environment, Marker
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

VARIANTS = ("cpu", "cu118", "cu121", "cu124", "cu126", "cu128", "cu129", "cu130", "cu132")
"""Accelerator flavours, oldest first."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Python minors a manifest may name; the applier itself needs 3.11."""

# Source: PEP 600; the legacy names stand for these glibc versions.
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
# Source: PEP 600: x86_64 builds go back to glibc 2.5, the other machines to 2.17.
_OLDEST_GLIBC_MINOR = {"x86_64": 5, "aarch64": 17}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A system and machine, as the marker variables of PEP 508 name them."""

    name: str
    os_name: Literal["posix", "nt"]
    sys_platform: Literal["linux", "win32", "darwin"]
    platform_system: Literal["Linux", "Windows", "Darwin"]
    machine: str
    floor_of: Literal["glibc", "macos"] | None
    """What the floor of a target on this platform counts."""


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform(
            name="linux-x86_64",
            os_name="posix",
            sys_platform="linux",
            platform_system="Linux",
            machine="x86_64",
            floor_of="glibc",
        ),
        Platform(
            name="linux-aarch64",
            os_name="posix",
            sys_platform="linux",
            platform_system="Linux",
            machine="aarch64",
            floor_of="glibc",
        ),
        Platform(
            name="windows-x86_64",
            os_name="nt",
            sys_platform="win32",
            platform_system="Windows",
            machine="AMD64",
            floor_of=None,
        ),
        Platform(
            name="macos-arm64",
            os_name="posix",
            sys_platform="darwin",
            platform_system="Darwin",
            machine="arm64",
            floor_of="macos",
        ),
    )
}
DEFAULT_FLOORS = {"glibc": (2, 28), "macos": (14, 0)}

Floor = tuple[int, int]
# NOTE: a target has a tag for every minor down to the oldest, so a floor without bounds would be a list without end.
_FLOOR = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})")


def parse_floor(text: str) -> Floor:
    """Read a floor such as "2.28"; raises ValueError for anything but two numbers below 100."""
    if not (parts := _FLOOR.fullmatch(text)):
        raise ValueError(f"no floor: {text!r}")
    return int(parts[1]), int(parts[2])


def _manylinux_platforms(machine: str, floor: Floor) -> Iterator[str]:
    major, newest = floor
    for minor in range(newest, _OLDEST_GLIBC_MINOR[machine] - 1, -1):
        yield f"manylinux_{major}_{minor}_{machine}"
        if legacy := _LEGACY_MANYLINUX.get((major, minor)):
            yield f"{legacy}_{machine}"
    yield f"linux_{machine}"


def _darwin_kernel(floor: Floor) -> str:
    """Give `platform_release` for a macOS version; Apple skipped from macOS 15 to 26, Darwin did not."""
    major = floor[0]
    return f"{major + 9 if major < 26 else major - 1}.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One machine kind that a lock is valid for."""

    variant: str
    platform: Platform
    python: str
    """Python minor, as "3.11"."""
    floor: Floor | None
    """Oldest glibc or macOS the wheels may ask for; None on Windows."""

    @property
    def name(self) -> str:
        """The target's name in file names: `cu124-linux-x86_64-py311`."""
        return f"{self.variant}-{self.platform.name}-py{self.python.replace('.', '')}"

    def __str__(self) -> str:
        return self.name

    def environment(self) -> Environment:
        """Give the complete marker environment; the patch release is the minor's first, so that
        `python_full_version` markers err on the side of taking a backport.
        """
        platform = self.platform
        kernel = _darwin_kernel(self.floor) if platform.floor_of == "macos" and self.floor else ""
        return Environment(
            implementation_name="cpython",
            implementation_version=f"{self.python}.0",
            os_name=platform.os_name,
            platform_machine=platform.machine,
            platform_python_implementation="CPython",
            platform_release=kernel,
            platform_system=platform.platform_system,
            platform_version="",
            python_full_version=f"{self.python}.0",
            python_version=self.python,
            sys_platform=platform.sys_platform,
        )

    def marker(self) -> Marker:
        """Give the marker that is true on this target alone (the variant has no marker)."""
        platform = self.platform
        return Marker(
            f'implementation_name == "cpython" and python_version == "{self.python}" and '
            f'sys_platform == "{platform.sys_platform}" and platform_machine == "{platform.machine}"'
        )

    def _platform_tags(self) -> list[str]:
        match self.platform.floor_of, self.floor:
            case "glibc", (_, _) as floor:
                return list(_manylinux_platforms(self.platform.machine, floor))
            case "macos", (_, _) as floor:
                return list(mac_platforms(floor, self.platform.machine))
            case _:
                return ["win_amd64"]

    def tags(self) -> tuple[Tag, ...]:
        """Give every wheel tag the target accepts, best first."""
        major, minor = (int(part) for part in self.python.split("."))
        interpreter = f"cp{major}{minor}"
        platforms = self._platform_tags()
        return (
            *cpython_tags((major, minor), abis=[interpreter], platforms=platforms),
            *compatible_tags((major, minor), interpreter=interpreter, platforms=platforms),
        )
