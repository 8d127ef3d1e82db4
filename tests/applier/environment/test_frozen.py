"""An environment that pip leaves alone, and one that nobody may write to."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from applier.environment.frozen import PIP_CONFIGURATION, freeze, make_read_only
from applier.environment.remove import remove_tree
from applier.environment.skeleton import create_environment, python_of
from tests.bundles import running_target
from tests.wheels import make_wheel


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A fresh skeleton."""
    create_environment(tmp_path / "staging", final=tmp_path / ".venv")
    return (tmp_path / "staging").rename(tmp_path / ".venv")


def pip_in(environment: Path, *args: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the pip outside on an environment, with no configuration but what it finds there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    python = python_of(environment, running_target())
    return subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *args], env=kept, capture_output=True, text=True, check=False
    )


def test_pip_neither_installs_nor_uninstalls(environment: Path, tmp_path: Path) -> None:
    """The real pip, pointed at a frozen environment, refuses both with our words, and still lists what is there."""
    wheel = make_wheel("demo", "1.0")
    path = tmp_path / wheel.filename
    path.write_bytes(wheel.data)
    installed = pip_in(environment, "install", "--no-index", path)
    uninstalled = pip_in(environment, "uninstall", "demo")

    for done in (installed, uninstalled):
        assert done.returncode == 2
        assert "refused: venvault froze this environment; apply a bundle to change it" in done.stderr + done.stdout
    assert not list(environment.rglob("demo*"))
    assert pip_in(environment, "list").returncode == 0


def test_without_the_marker_pip_would_have_done_it(environment: Path, tmp_path: Path) -> None:
    """It is the marker that stops pip, and nothing else about the environment."""
    wheel = make_wheel("demo", "1.0")
    path = tmp_path / wheel.filename
    path.write_bytes(wheel.data)
    (environment / PIP_CONFIGURATION).unlink()

    assert pip_in(environment, "install", "--no-index", path).returncode == 0
    freeze(environment)
    assert pip_in(environment, "uninstall", "--yes", "demo").returncode == 2


def test_there_is_no_pip_in_it(environment: Path) -> None:
    """Nothing in the environment can change it."""
    python = python_of(environment, running_target())
    done = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=False)

    assert "No module named pip" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' folders have no such permission")
def test_read_only_means_every_file_and_folder(environment: Path) -> None:
    """Nobody has the permission to write, what could be executed still can, and links are left alone."""
    before = {path: path.lstat().st_mode for path in (environment, *environment.rglob("*"))}
    outside = Path(os.path.realpath(environment / "bin" / "python")).stat().st_mode
    make_read_only(environment)

    for path, mode in before.items():
        expected = mode if stat.S_ISLNK(mode) else mode & ~0o222
        assert path.lstat().st_mode == expected, path
    assert Path(os.path.realpath(environment / "bin" / "python")).stat().st_mode == outside
    subprocess.run([environment / "bin" / "python", "-c", "pass"], check=True)
    remove_tree(environment)
    assert not environment.exists()
