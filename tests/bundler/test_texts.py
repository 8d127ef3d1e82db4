"""The bundle's small texts."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import Drop, ExitCode, Limits, Lock, LockedFile

from applier.inspecting.sizes import in_words
from applier.wheels.place import PlannedFile
from applier.wheels.plan import Plan
from bundler.texts import main_text, requirements_text, start_here_text
from tests.bundles import make_lock, running_target, target_on
from tests.wheels import make_wheel

DEMO, EXTRA = make_wheel("demo", "1.0"), make_wheel("extra", "2.0+cu124")
PLAN = Plan(
    files={
        path: PlannedFile(path=path, owner=DEMO.filename, record=None, size_bytes=2 * 10**9)
        for path in ("demo.py", "share/deep/file")
    }
)


def lock_for(platform: str = "linux-x86_64", python: str = "3.11") -> Lock:
    """A lock of two wheels."""
    return make_lock([EXTRA, DEMO], target=target_on(platform, variant="cu124", python=python))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_entry_point_is_python(python: str) -> None:
    """`__main__.py` compiles, and names the Python it is for."""
    text = main_text(lock_for(python=python))
    compile(text, "__main__.py", "exec")

    assert f"Python {python}\\n" in text


def test_the_entry_point_asks_nothing_that_an_old_python_lacks() -> None:
    """What comes before the version is judged uses only words that Python 2 knows too."""
    before, _, after = main_text(lock_for()).partition("sys.exit(4)")

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


def test_the_right_python_goes_on_to_the_runner(tmp_path: Path) -> None:
    """Started with the right minor, the runner in the bundle is what is imported."""
    (tmp_path / "__main__.py").write_text(main_text(make_lock([DEMO], target=running_target())))
    (tmp_path / "runner" / "applier").mkdir(parents=True)
    (tmp_path / "runner" / "applier" / "__init__.py").write_text("")
    (tmp_path / "runner" / "applier" / "cli.py").write_text("def run_bundle(path):\n    print(path)\n")
    bare = getattr(sys, "_base_executable", sys.executable)
    done = subprocess.run([bare, "-I", "-S", tmp_path / "__main__.py"], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == os.fspath(tmp_path)


@pytest.mark.parametrize(
    ("platform", "launcher"),
    [pytest.param("linux-x86_64", "python3.11", id="posix"), pytest.param("windows-x86_64", "py -3.11", id="windows")],
)
def test_the_first_page_has_three_lines_to_run(platform: str, launcher: str) -> None:
    """START-HERE names the stack and target, and gives commands that can be copied."""
    lines = start_here_text(lock_for(platform), PLAN).splitlines()

    assert lines[0] == f"demo 2026.11 for cu124 ({platform}, Python 3.11)"
    commands = [line.strip() for line in lines if line.startswith(f"    {launcher}")]
    assert [line.split("  ")[0] for line in commands] == [
        f"{launcher} bundle-cu124.zip --check",
        f"{launcher} bundle-cu124.zip",
        f"{launcher} bundle-cu124.zip verify",
    ]


def test_the_first_page_tells_sizes_needs_and_every_exit_code() -> None:
    """A stranger learns how big it is, what the machine must have, and what each kind of failure means."""
    limits = Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0"), ptx=("9.0",))
    text = start_here_text(replace(lock_for(), limits=limits), PLAN)

    packed = in_words(DEMO.size_bytes + EXTRA.size_bytes)
    assert f"2 packages, {packed} packed. Installed: 2 files, 4.00 GB; as much again" in text
    assert "    system         Linux x86_64, glibc 2.28 or newer\n    Python         CPython 3.11\n" in text
    assert "    NVIDIA driver  525.60.13 or newer\n" in text
    assert "    GPU            compute capability 8.6, 9.0, or newer than 9.0\n" in text
    assert {f"    {code.value}  " in text for code in ExitCode if code} == {True}


def test_the_first_page_speaks_to_its_system() -> None:
    """For Windows: its line ends, its folders, and how long the folder's path may be; elsewhere none of it."""
    windows, linux = (start_here_text(lock_for(f"{name}-x86_64"), PLAN) for name in ("windows", "linux"))

    assert windows.replace("\r\n", "").isprintable()
    assert r".venv\Scripts\python.exe" in windows
    assert f"at most {259 - len('.venvault-previous') - 1 - len('share/deep/file')} characters" in windows
    assert linux.replace("\n", "").isprintable()
    assert ".venv/bin/python" in linux
    assert "characters" not in linux


def test_the_first_page_tells_where_extra_files_are() -> None:
    """Whoever gets a model finds it; without any there is no word about it."""
    file = LockedFile(path="models/a.bin", size_bytes=3 * 10**9, sha256="0" * 64)

    assert "(1, 3.00 GB) lie in its share/demo folder" in start_here_text(replace(lock_for(), files=(file,)), PLAN)
    assert "share/" not in start_here_text(lock_for(), PLAN)


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
def test_the_first_page_keeps_within_a_window(platform: str) -> None:
    """No line is longer than 120 characters."""
    limits = Limits(driver=(525, 60, 13), compute_capabilities=("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"))
    text = start_here_text(replace(lock_for(platform), limits=limits), PLAN)

    assert max(map(len, text.splitlines())) <= 120


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
