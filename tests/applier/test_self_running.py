"""`python bundle.zip` with nothing but Python: no venvault, no site-packages, no environment variables, no network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bundles import make_bundle
from tests.events import result_of

BARE_PYTHON = getattr(sys, "_base_executable", sys.executable)
BOUND_S = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name has spaces and letters beyond ASCII, with the bundle in it."""
    place = tmp_path_factory.mktemp("self") / "Größe mit Leerzeichen 環境"
    place.mkdir()
    bundle = make_bundle(place.parent / "bundle-cpu.zip")
    bundle.rename(place / bundle.name)
    return place


def run(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    """Start the bundle the way the page for end users says, with an empty environment."""
    needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return subprocess.run(
        [BARE_PYTHON, "-I", "-S", "bundle-cpu.zip", *args],
        cwd=folder,
        env=needed,
        capture_output=True,
        encoding="utf-8",
        timeout=BOUND_S,
        check=False,
    )


def test_check_touches_nothing(folder: Path) -> None:
    """`--check` says ok and leaves the folder as it was: no file, no bytecode."""
    before = sorted(folder.rglob("*"))
    done = run(folder, "--check")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("looking at ")
    assert done.stdout.endswith("ok: it fits; nothing was touched\n")
    assert sorted(folder.rglob("*")) == before


def test_wrong_usage_is_a_result_under_json(folder: Path) -> None:
    """The bundle's own command line answers a program as others do, of a flag and of a path that is not there."""
    flag, path = (run(folder, *args, "--json") for args in (["--jason"], ["inspect", "nowhere.zip"]))

    assert (flag.returncode, flag.stderr) == (path.returncode, path.stderr) == (2, "")
    assert result_of(flag.stdout)["problems"][0]["where"] == "python bundle-cpu.zip apply"
    assert result_of(path.stdout)["problems"][0]["found"].endswith("'nowhere.zip' does not exist.")


def test_the_bundle_applies_and_verifies_itself(folder: Path) -> None:
    """The environment is built, its programs run where they are, and the bundle finds it unaltered."""
    applied = run(folder)
    place = folder / ".venv"
    program = place / "Scripts" / "demo.exe" if os.name == "nt" else place / "bin" / "demo"

    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.endswith(f", receipt {place / 'venvault-receipt.json'}\n")
    assert sorted(path.name for path in folder.iterdir()) == [".venv", "bundle-cpu.zip"]
    told = subprocess.run([program], capture_output=True, encoding="utf-8", check=True, timeout=BOUND_S)
    assert told.stdout == f"demo {place}\n"

    verified = run(folder, "verify")

    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.startswith("unaltered: demo 2026.11 cpu: ")

    again = run(folder, "--yes")

    assert again.returncode == 0, again.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no script by its first line")
def test_programs_that_a_wheel_ships_start_in_such_a_folder(folder: Path) -> None:
    """A script from a wheel's own scripts folder starts too, though its interpreter's path has spaces."""
    assert run(folder, "--yes", "--into", "own tools").returncode == 0
    place = folder / "own tools"
    told = subprocess.run(
        ["sh", "-c", '"$0"', place / "bin" / "demo-tool"], capture_output=True, encoding="utf-8", check=False
    )

    assert (told.stdout, told.stderr) == (f"demo {place}\n", "")


def test_wrong_usage_is_told_like_anywhere(folder: Path) -> None:
    """An option that does not exist ends in exit code 2, without a traceback."""
    done = run(folder, "--nonsense")

    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert "Traceback" not in done.stderr
