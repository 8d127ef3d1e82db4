"""Standard output that takes no more: told on standard error, with a code of its own, and never a traceback."""

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


def run(*args: str, into: int) -> "subprocess.CompletedProcess[str]":
    """Run `venvault` with its standard output led there."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", PROGRAM, *args],
        cwd=ROOT,
        stdout=into,
        stderr=subprocess.PIPE,
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
