"""What a silent driver may be due to, by the marks on the system."""

import sys
from pathlib import Path

import pytest

from applier.machine.surroundings import Surroundings, look_around

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the marks are those of Linux")

PROC = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (builder)\n"


@pytest.mark.parametrize(
    ("files", "release", "expected"),
    [
        pytest.param({}, "6.8.0-generic", Surroundings(), id="plain Linux"),
        pytest.param({}, "5.15.153.1-microsoft-standard-WSL2", Surroundings(wsl=True), id="WSL2"),
        pytest.param({".dockerenv": ""}, "6.8.0", Surroundings(container=True), id="Docker"),
        pytest.param({"run/.containerenv": ""}, "6.8.0", Surroundings(container=True), id="Podman"),
        pytest.param({"etc/nv_tegra_release": "# R35"}, "5.10.104-tegra", Surroundings(jetson=True), id="JetPack 5"),
        pytest.param(
            {"proc/device-tree/compatible": "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0"},
            "5.15.148-tegra",
            Surroundings(jetson=True),
            id="JetPack 6",
        ),
        pytest.param(
            {"sys/module/nvidia/version": "570.26\n", "proc/driver/nvidia/version": PROC},
            "6.8.0",
            Surroundings(kernel_driver="570.26"),
            id="kernel module",
        ),
        pytest.param({"proc/driver/nvidia/version": PROC}, "6.8", Surroundings(kernel_driver="550.54.15"), id="proc"),
        pytest.param({"proc/driver/nvidia/version": OPEN}, "6.8", Surroundings(kernel_driver="580.65.06"), id="open"),
        pytest.param({"proc/driver/nvidia/version": "strange"}, "6.8", Surroundings(), id="unreadable"),
    ],
)
def test_each_leaves_its_mark(files: dict[str, str], release: str, expected: Surroundings, tmp_path: Path) -> None:
    """WSL by its kernel, containers and Jetsons by a file, the kernel module by either of its own two."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert look_around(tmp_path, release=release) == expected


def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS are not asked."""
    monkeypatch.setattr(sys, "platform", "darwin")

    assert look_around() == Surroundings()
