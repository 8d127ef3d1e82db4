"""What a silent driver may be due to: WSL2, a container, a Jetson, a kernel module without its library. The edge."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where this system runs."""

    wsl: bool = False
    """Linux inside Windows: the driver is Windows'."""
    container: bool = False
    jetson: bool = False
    kernel_driver: str = ""
    """Version of the NVIDIA kernel module that is loaded; empty when none is. In a container, the host's."""


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _kernel_driver(root: Path) -> str:
    """Read the kernel module's version.

    Source: the order that uv reads them in. The second file begins "NVRM version: NVIDIA UNIX ...  550.54.14  ...",
    columns two spaces apart.
    """
    if version := _text(root / "sys/module/nvidia/version").strip():
        return version
    columns = _text(root / "proc/driver/nvidia/version").partition("\n")[0].split("  ")
    return columns[1].strip() if len(columns) > 1 else ""


def _look_around(root: Path, release: str) -> Surroundings:
    board = _text(root / "proc/device-tree/compatible")
    return Surroundings(
        wsl="microsoft" in release.lower(),
        container=any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")),
        jetson=(root / "etc/nv_tegra_release").exists() or "nvidia,tegra" in board,
        kernel_driver=_kernel_driver(root),
    )


def look_around(root: Path = Path("/"), *, release: str | None = None) -> Surroundings:
    """Look at the marks that each of them leaves on a Linux system below `root`; other systems have none."""
    on_linux = sys.platform == "linux"
    return _look_around(root, platform.release() if release is None else release) if on_linux else Surroundings()
