"""When another Python must do it: real interpreters, real bundles, processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from applier.machine.pythons import Python, ask_python
from tests.bundles import make_bundle, running_target

BOUND_S = 120


def other_pythons() -> Iterator[Python]:
    """Pythons of pyenv that run the applier and are of another minor than this one."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in ("3.11", "3.12", "3.13", "3.14"):
        for path in sorted(versions.glob(f"{minor}.*/bin/python"))[-1:]:
            if minor != running_target().python and (found := ask_python(path, "pyenv")):
                yield found


OTHERS = list(other_pythons())
needs_another = pytest.mark.skipif(not OTHERS, reason="needs another Python from pyenv")


def minor_of(python: Python) -> str:
    """As "3.12"."""
    return python.version.rpartition(".")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle for another Python, and one for this Python."""
    place = tmp_path_factory.mktemp("bundles")
    for name, minor in (("other", minor_of(OTHERS[0]) if OTHERS else "3.14"), ("own", None)):
        target = running_target() if minor is None else replace(running_target(), python=minor)
        make_bundle(place / f"{name}.zip", target=target)
    return place


def start(python: Path | str, bundle: Path, *args: str | Path) -> "subprocess.CompletedProcess[str]":
    """Start a bundle as the end user does, with pyenv's Pythons to be found."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "HOME", "PYENV_ROOT", "PATH") if name in os.environ}
    command = [str(python), "-I", "-S", str(bundle), *map(str, args)]
    return subprocess.run(
        command, env=kept, cwd=bundle.parent, capture_output=True, encoding="utf-8", timeout=BOUND_S, check=False
    )


@needs_another
@pytest.mark.parametrize("named", [False, True], ids=["found", "named"])
def test_a_bundle_finds_the_python_it_needs(named: bool, folder: Path, tmp_path: Path) -> None:
    """Started with this Python, a bundle for another is applied by that one, with the same options and exit code."""
    other = OTHERS[0]
    options = ("--python", other.path) if named else ()
    done = start(sys.executable, folder / "other.zip", "--into", tmp_path / "env", "--yes", *options)
    config = (tmp_path / "env" / "pyvenv.cfg").read_text("utf-8")

    assert done.returncode == 0, done.stderr
    assert f"version = {minor_of(other)}." in config
    assert done.stdout.startswith("demo 2026.11 cpu: ")
    assert ("looking for one" in done.stderr) is not named


@needs_another
def test_failures_of_the_other_python_are_the_commands(folder: Path, tmp_path: Path) -> None:
    """What the other one refuses ends in its exit code, and `--check` touches nothing there either."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    done = start(sys.executable, folder / "other.zip", "--check", "--into", tmp_path / "work")

    assert done.returncode == 1
    assert "stop  place-not-allowed" in done.stdout
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["thesis.txt"]


@needs_another
@pytest.mark.parametrize("python", OTHERS, ids=minor_of)
def test_every_python_of_the_applier_hands_over_to_this_one(python: Python, folder: Path, tmp_path: Path) -> None:
    """A newer or older Python finds the one that this bundle is for."""
    done = start(python.path, folder / "own.zip", "--into", tmp_path / "env", "--python", sys.executable)

    assert done.returncode == 0, done.stderr
    assert f"version = {running_target().python}." in (tmp_path / "env" / "pyvenv.cfg").read_text("utf-8")


def test_a_python_that_does_not_fit_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    """`--python` with something else is exit code 4: what was named, what is needed, what it is."""
    (tmp_path / "python").write_text("not a program")
    done = start(sys.executable, folder / "own.zip", "--into", tmp_path / "env", "--python", tmp_path / "python")

    assert done.returncode == 4
    assert f"error[python-does-not-fit] {tmp_path / 'python'}" in done.stderr
    assert "found:    nothing that starts as a Python does" in done.stderr
    assert not (tmp_path / "env").exists()
