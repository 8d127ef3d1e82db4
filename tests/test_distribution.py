"""The wheel we publish holds exactly these files."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).with_name("wheel_files.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    """The files are those of `wheel_files.txt`, one a line: a new one is published knowingly."""
    with zipfile.ZipFile(wheel) as archive:
        assert sorted(archive.namelist()) == LISTED.read_text("utf-8").splitlines()


def test_wheel_is_for_every_machine(wheel: Path) -> None:
    """The distribution is pure Python."""
    assert wheel.name == "venvault-0.1.0-py3-none-any.whl"
