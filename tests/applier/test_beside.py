"""`python apply.pyz` beside a bundle that cannot start itself: in volumes, or too large for Python 3.11 and 3.12."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from applier.bundle.contents import FORMAT
from applier.bundle.layout import BESIDE
from bundler.runner import write_beside
from tests.bundles import edit_contents, make_bundle, running_target
from tests.wheels import make_wheel

PYTHONS = ("3.11", "3.12", "3.13")
BOUND_S = 60


def bare_python(minor: str) -> str:
    """The interpreter of that minor without anything installed, on the path or pyenv's; skips where there is none."""
    if minor == "{}.{}".format(*sys.version_info):
        return getattr(sys, "_base_executable", sys.executable)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in [f"python{minor}", *map(str, sorted(kept.glob(f"{minor}.*/bin/python")))]:
        words = [found, "-c", "import sys; sys.stdout.write(sys.executable)"]
        try:
            return subprocess.run(words, capture_output=True, check=True, encoding="utf-8").stdout
        except (OSError, subprocess.CalledProcessError):  # not there, or a shim for nothing
            continue
    pytest.skip(f"no Python {minor} here")


def start(folder: Path, *args: str, python: str = sys.executable) -> "subprocess.CompletedProcess[str]":
    """Start apply.pyz with an empty environment; the bundle lies beside it, the current folder is another."""
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return subprocess.run(
        [python, "-I", "-S", str(folder / BESIDE), *args],
        cwd=elsewhere,
        env=needed,
        capture_output=True,
        encoding="utf-8",
        timeout=BOUND_S,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a bundle in volumes, and the runner beside it."""
    place = tmp_path / "with spaces"
    place.mkdir()
    make_bundle(place / "bundle-cpu.zip", volume_bytes=300_000)
    return place


def test_it_is_written_beside_a_bundle_in_volumes(folder: Path) -> None:
    """Volumes, their list and the runner: what must be copied to the machine."""
    names = [path.name for path in sorted(folder.iterdir()) if path.name != "store"]

    assert names[0] == "apply.pyz"
    assert names[1:] == [*(f"bundle-cpu.zip.00{n}" for n in range(1, len(names) - 1)), "bundle-cpu.zip.volumes.json"]
    assert len(names) > 4


def test_it_is_not_written_beside_a_bundle_that_starts_itself(tmp_path: Path) -> None:
    """One file that runs is all that a small bundle is."""
    make_bundle(tmp_path / "bundle-cpu.zip", volume_bytes=1 << 30)

    assert not (tmp_path / BESIDE).exists()


def test_it_applies_the_bundle_beside_it(folder: Path) -> None:
    """Without arguments the one bundle in its folder becomes `.venv` in the current folder; verify works too."""
    applied = start(folder)

    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.startswith("demo 2026.11 cpu: ")
    assert ", 2 packages, " in applied.stdout
    verified = start(folder, "verify")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.startswith("unaltered: ")


@pytest.mark.parametrize("name", ["bundle-cpu.zip", "bundle-cpu.zip.002"])
def test_the_bundle_may_be_named(name: str, folder: Path) -> None:
    """Before or after the flags, by any of its names; another bundle beside it does not matter then."""
    make_bundle(folder / "other.zip", make_wheel("other", "1"))
    first = start(folder, str(folder / name), "--check")
    second = start(folder, "--check", str(folder / name))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    for done in (first, second):
        assert done.stdout.startswith("ok    bundle-whole  bundle-cpu.zip: ")


def test_several_bundles_are_told(folder: Path) -> None:
    """It does not guess."""
    make_bundle(folder / "other.zip", make_wheel("other", "1"))
    done = start(folder, "--check")

    assert done.returncode == 1
    assert "error[bundle-not-chosen] " in done.stderr
    assert "bundle-cpu.zip, other.zip" in done.stderr


@pytest.mark.parametrize("minor", PYTHONS)
def test_it_starts_on_every_python(minor: str, tmp_path: Path) -> None:
    """The same file applies a bundle of whichever Python it is started with."""
    python = bare_python(minor)
    place = tmp_path / "place"
    place.mkdir()
    make_bundle(place / "bundle-cpu.zip", target=replace(running_target(), python=minor), volume_bytes=300_000)
    checked, applied = start(place, "--check", python=python), start(place, python=python)

    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("ok    bundle-whole  ")
    assert applied.returncode == 0, applied.stderr


def test_another_python_than_the_bundles_hands_over(folder: Path) -> None:
    """The runner starts, and goes on with the Python that the bundle wants, for the bundle beside it."""
    minor = next(each for each in PYTHONS if each != "{}.{}".format(*sys.version_info))
    done = start(folder, "--check", "--python", sys.executable, python=bare_python(minor))

    assert done.returncode == 0, done.stderr
    assert "\nok    python-fits  Python: CPython {}.{}\n".format(*sys.version_info) in done.stdout


@pytest.mark.parametrize("minor", ["3.8", "2.7"])
def test_an_old_python_is_told_what_it_is(minor: str, folder: Path) -> None:
    """Even Python 2 can read the file far enough to say what it lacks."""
    done = subprocess.run(
        [bare_python(minor), str(folder / BESIDE)], capture_output=True, encoding="utf-8", check=False, cwd=folder
    )

    assert done.returncode == 4
    assert "expected: Python 3.11 or newer" in done.stderr


def test_a_bundle_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    """An old runner does not guess at a bundle that came later, and says where the right one is."""
    bundle = make_bundle(tmp_path / "bundle-cpu.zip")
    edit_contents(bundle, format=FORMAT + 1)
    write_beside(tmp_path)
    done = start(tmp_path, "--check")

    assert done.returncode == 3
    assert "stop  bundle-contents-invalid  bundle.json: format: " in done.stdout
    assert "runner that came with it" in done.stdout


def test_it_is_always_the_same_and_replaces_a_stale_one(tmp_path: Path) -> None:
    """For whatever bundle it is written, on whatever day: the same bytes, over those of an older release."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / BESIDE).write_bytes(b"of an older release")
    make_bundle(tmp_path / "a" / "one.zip", volume_bytes=400_000)
    make_bundle(tmp_path / "b" / "other.zip", make_wheel("other", "1"), volume_bytes=300_000)

    assert (tmp_path / "a" / BESIDE).read_bytes() == (tmp_path / "b" / BESIDE).read_bytes()


def test_a_damaged_runner_says_so(folder: Path) -> None:
    """A flipped bit in the runner's own modules is no traceback."""
    path = folder / BESIDE
    data = bytearray(path.read_bytes())
    data[data.index(b"def apply_command")] ^= 1
    path.write_bytes(data)
    done = start(folder, "--check")

    assert done.returncode == 3
    assert "error[bundle-damaged] " in done.stderr
    assert "expected: a whole apply.pyz" in done.stderr
