"""The bundle's small texts."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from locks import Lock

from bundler.texts import main_text, requirements_text, start_here_text
from tests.bundles import make_lock, running_target, target_on
from tests.wheels import make_wheel

DEMO, EXTRA = make_wheel("demo", "1.0"), make_wheel("extra", "2.0+cu124")


def lock_for(platform: str = "linux-x86_64", python: str = "3.11") -> Lock:
    """A lock of two wheels."""
    return make_lock([EXTRA, DEMO], target=target_on(platform, variant="cu124", python=python))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_entry_point_is_python(python: str) -> None:
    """`__main__.py` compiles for every Python it may be started with."""
    text = main_text(lock_for(python=python))
    compile(text, "__main__.py", "exec")

    assert f"({python.replace('.', ', ')})" in text


def test_the_entry_point_asks_nothing_that_an_old_python_lacks() -> None:
    """What comes before the version is judged uses only words that Python 2 knows too."""
    before, _, after = main_text(lock_for()).partition("sys.exit(4)")

    assert not [word for word in ("f'", 'f"', "print", "pathlib", ":=", "->") if word in before]
    assert "from pathlib import Path" in after


@pytest.mark.parametrize(
    ("platform", "command"),
    [pytest.param("linux-x86_64", "python3.99", id="posix"), pytest.param("windows-x86_64", "py -3.99", id="windows")],
)
def test_another_python_is_refused(platform: str, command: str, tmp_path: Path) -> None:
    """Started with another minor the bundle ends in exit code 4 and says which Python to start it with."""
    lock = make_lock([DEMO], target=replace(target_on(platform), python="3.99"))
    (tmp_path / "__main__.py").write_text(main_text(lock))
    done = subprocess.run([sys.executable, tmp_path / "__main__.py"], capture_output=True, text=True, check=False)

    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        "error[python-does-not-fit] this bundle",
        "  expected: Python 3.99",
        "  found:    Python {}.{}".format(*sys.version_info),
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
    lines = start_here_text(lock_for(platform)).splitlines()

    assert lines[0] == f"demo 2026.11 for cu124 ({platform}, Python 3.11)"
    assert [line.split("  ")[0] for line in (line.strip() for line in lines) if line.startswith(launcher)] == [
        f"{launcher} bundle-cu124.zip --check",
        f"{launcher} bundle-cu124.zip",
        f"{launcher} bundle-cu124.zip verify",
    ]


def test_requirements_have_every_pin_with_its_hash() -> None:
    """Older pip gets the same versions, labels included, and the same hashes."""
    assert requirements_text(lock_for()) == (
        f"demo==1.0 --hash=sha256:{DEMO.sha256}\nextra==2.0+cu124 --hash=sha256:{EXTRA.sha256}\n"
    )
