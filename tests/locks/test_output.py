"""Streams that take no more. Output: told on standard error, with a code of its own. Talk: nothing changes by it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import ROOT

FULL = Path("/dev/full")
BOUND_S = 60
PROGRAM = "from compiler.cli import venvault; venvault()"
MANIFEST = str(ROOT / "locks" / "stacks" / "quickstart" / "manifest.toml")
TOLD = """\
error[output-refused] standard output
  expected: all of what the command prints to be taken
  found:    No space left on device
  do:       free space where it goes, or send it elsewhere
"""


def run(*args: str, into: int = subprocess.PIPE, talk: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    """Run `venvault` with its standard output, and standard error, led there."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", PROGRAM, *args],
        cwd=ROOT,
        stdout=into,
        stderr=talk,
        encoding="utf-8",
        timeout=BOUND_S,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")
@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        ["explain"],
        ["explain", "--json"],
        ["compile", "--check", MANIFEST],
        ["compile", "--check", MANIFEST, "--json"],
        ["detect"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_a_full_disk_is_told(args: list[str]) -> None:
    """Whatever prints, in words or JSON, of any length; nothing is tried once more when Python ends."""
    with FULL.open("w") as full:
        done = run(*args, into=full.fileno())

    assert (done.returncode, done.stderr) == (1, TOLD)


@pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")
def test_a_problem_that_no_json_can_tell_is_told_in_words() -> None:
    """Both that standard output is full and what was wrong before, whose exit code it is."""
    with FULL.open("w") as full:
        done = run("compile", "--bad", "--json", into=full.fileno())

    assert done.returncode == 2
    assert done.stderr.startswith(f"{TOLD}error[wrong-usage] -c compile\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are POSIX'")
@pytest.mark.parametrize("args", [["explain"], ["explain", "--json"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_fault(args: list[str]) -> None:
    """As behind `head`: the command ends without a word."""
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        reader.wait(BOUND_S)
        done = run(*args, into=reader.stdin.fileno())

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")
@pytest.mark.parametrize(
    "args",
    [
        ["compile", "--check", MANIFEST],
        ["compile", "nowhere.toml"],
        ["compile", "nowhere.toml", "--json"],
        ["inspect", MANIFEST],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_talk_that_is_not_taken_changes_nothing(args: list[str]) -> None:
    """The exit status is that of the work, and what is printed is printed."""
    heard = run(*args)
    with FULL.open("w") as full:
        unheard = run(*args, talk=full.fileno())

    assert (unheard.returncode, unheard.stdout) == (heard.returncode, heard.stdout)


@pytest.mark.skipif(not FULL.exists(), reason="needs the device that is always full")
def test_where_neither_is_taken_the_exit_code_tells() -> None:
    """As `> log 2>&1` on a full disk."""
    with FULL.open("w") as full:
        assert run("explain", into=full.fileno(), talk=full.fileno()).returncode == 1
        assert run("compile", "--bad", "--json", into=full.fileno(), talk=full.fileno()).returncode == 2
