"""The bundle's small texts."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import Drop, Lock

from bundler.texts import main_text, requirements_text
from tests.bundles import make_lock, running_target, target_on
from tests.wheels import make_wheel

DEMO, EXTRA = make_wheel("demo", "1.0"), make_wheel("extra", "2.0+cu124")


def lock_for(platform: str = "linux-x86_64", python: str = "3.11") -> Lock:
    """A lock of two wheels."""
    return make_lock([EXTRA, DEMO], target=target_on(platform, variant="cu124", python=python))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_entry_point_is_python(python: str) -> None:
    """`__main__.py` compiles, and names the Python it is for."""
    text = main_text(lock_for(python=python))
    compile(text, "__main__.py", "exec")

    assert f'expected: Python {python}"' in text


def test_the_entry_point_asks_nothing_that_an_old_python_lacks() -> None:
    """What comes before the version is judged uses only words that Python 2 knows too."""
    before, _, after = main_text(lock_for()).partition("archive = ")

    assert not [word for word in ("f'", 'f"', "print", "pathlib", ":=", "->") if word in before]
    assert "from pathlib import Path" in after


def old_pythons() -> list[Path]:
    """Interpreters older than any we can run on, one of each minor that pyenv has."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return sorted(path for path in versions.glob("*/bin/python") if path.parts[-3].startswith(OLD_MINORS))


OLD_MINORS = ("2.7.", "3.6.", "3.7.", "3.8.", "3.9.", "3.10.")


@pytest.mark.skipif(not old_pythons(), reason="needs an old Python from pyenv")
@pytest.mark.parametrize(
    ("platform", "command"),
    [pytest.param("linux-x86_64", "python3.12", id="posix"), pytest.param("windows-x86_64", "py -3.12", id="windows")],
)
def test_a_python_too_old_for_the_runner_is_told_which_to_take(platform: str, command: str, tmp_path: Path) -> None:
    """Started with a Python older than 3.11, even 2.7, the bundle ends in exit code 4 and says how to start it."""
    (tmp_path / "__main__.py").write_text(main_text(make_lock([DEMO], target=target_on(platform, python="3.12"))))
    for python in old_pythons():
        done = subprocess.run([python, tmp_path / "__main__.py"], capture_output=True, text=True, check=False)

        assert done.returncode == 4
        assert done.stderr.splitlines() == [
            "error[python-does-not-fit] this bundle",
            "  expected: Python 3.12",
            "  found:    Python {}".format(".".join(python.parts[-3].split(".")[:2])),
            f"  do:       {command} __main__.py",
        ]


def damaged(folder: Path) -> Path:
    """A bundle whose runner has a byte that its checksum does not know."""
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__main__.py", main_text(make_lock([DEMO], target=running_target())))
        archive.writestr("runner/applier/__init__.py", "marked = 1\n")
    path.write_bytes(path.read_bytes().replace(b"marked = 1", b"marked = 2"))
    return path


def test_a_damaged_runner_is_told_before_it_runs(tmp_path: Path) -> None:
    """The import system checks no checksums."""
    path = damaged(tmp_path)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        f"error[bundle-damaged] {path}",
        "  expected: a whole bundle",
        "  found:    Bad CRC-32 for file 'runner/applier/__init__.py'",
        "  do:       copy it again, or ask its maker for a new one",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a shell, and the device that is always full")
@pytest.mark.parametrize("talk", ["2>&-", "2>/dev/full"])
def test_nobody_to_be_told_changes_no_exit_code(talk: str, tmp_path: Path) -> None:
    """Standard error may be closed, or not take what is said: there is no traceback, on either stream, and it is 3."""
    command = ["sh", "-c", f'"$@" {talk}', "sh", sys.executable, "-X", "dev", str(damaged(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def started(folder: Path, entry: str) -> "subprocess.CompletedProcess[str]":
    """What comes of an unzipped bundle, for the running Python, whose runner has nothing but this `entry.py`."""
    (folder / "__main__.py").write_text(main_text(make_lock([DEMO], target=running_target())))
    (folder / "runner" / "applier").mkdir(parents=True)
    (folder / "runner" / "applier" / "__init__.py").write_text("")
    (folder / "runner" / "applier" / "entry.py").write_text(entry)
    bare = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run([bare, "-I", "-S", folder / "__main__.py"], capture_output=True, text=True, check=False)


def test_the_right_python_goes_on_to_the_runner(tmp_path: Path) -> None:
    """Started with the right minor, the runner in the bundle is what is imported."""
    done = started(tmp_path, "def run_bundle(path):\n    print(path)\n")

    assert (done.returncode, done.stdout.strip()) == (0, os.fspath(tmp_path))


def test_ctrl_c_while_the_runner_is_loaded_is_no_traceback(tmp_path: Path) -> None:
    """Nothing was begun by then: it ends as any command that is interrupted does."""
    done = started(tmp_path, "raise KeyboardInterrupt\n")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "\nAborted!\n")


def test_requirements_have_every_pin_with_its_hash() -> None:
    """Older pip gets the same versions, labels included, and the same hashes, and is told how."""
    *head, demo, extra = requirements_text(lock_for()).splitlines()

    assert [demo, extra] == [
        f"demo==1.0 --hash=sha256:{DEMO.sha256}",
        f"extra==2.0+cu124 --hash=sha256:{EXTRA.sha256}",
    ]
    assert {line[0] for line in head} == {"#"}


def test_requirements_tell_what_pip_would_miss() -> None:
    """Where an edge was dropped on purpose, pip must not look for it."""
    drop = Drop(package=DEMO.name, requires=canonicalize_name("torchao"), reason="not needed")

    assert "asks for what was dropped on purpose: torchao (demo)" in requirements_text(
        replace(lock_for(), drops=(drop,))
    )
