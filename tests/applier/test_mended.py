"""What a fresh pair of eyes once broke: odd places, odd consoles, damaged runners, checks that linger."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from locks import Check

from applier.checks.built_in import PlannedCheck
from applier.checks.process import Processes
from tests.bundles import make_bundle, read_members, running_machine


def run(*command: str | Path, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `options` are those of `subprocess.run`."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_a_console_that_lacks_letters_gets_them_escaped(tmp_path: Path) -> None:
    """A finished apply does not fail because its folder's name is not in the console's code page."""
    bundle = make_bundle(tmp_path / "b.zip")
    environ = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = run(sys.executable, bundle, "--into", "путь", "--yes", cwd=tmp_path, env=environ)

    assert done.returncode == 0, done.stderr
    assert "\\u043f\\u0443\\u0442\\u044c" in done.stdout


def test_nobody_to_ask_is_told_how_to_agree(tmp_path: Path) -> None:
    """Without an answer nothing is replaced, and the flag that gives it is named."""
    bundle = make_bundle(tmp_path / "b.zip")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("", "utf-8")
    done = run(sys.executable, bundle, cwd=tmp_path, stdin=subprocess.DEVNULL)

    assert done.returncode == 1
    assert "error[not-confirmed] .venv" in done.stderr
    assert "give --yes" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a current folder cannot be removed there")
def test_a_current_folder_that_is_gone_is_no_traceback(tmp_path: Path) -> None:
    """An absolute place can be applied to from a folder that was deleted meanwhile."""
    bundle = make_bundle(tmp_path / "b.zip")
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {sys.executable} {bundle} --into {tmp_path / 'env'} --yes"
    done = run("sh", "-c", script, cwd=tmp_path)

    assert "Traceback" not in done.stderr
    assert (done.returncode, (tmp_path / "env" / "pyvenv.cfg").is_file()) == (0, True)


def test_a_damaged_runner_is_damage_and_no_traceback(tmp_path: Path) -> None:
    """One altered letter of the runner ends the bundle with the exit code of damage, before it runs."""
    bundle = make_bundle(tmp_path / "b.zip")
    source = read_members(bundle)["runner/applier/apply.py"]
    data = bytearray(bundle.read_bytes())
    data[data.index(source) + source.index(b"import time")] ^= 0x20
    bundle.write_bytes(data)
    done = run(sys.executable, bundle, cwd=tmp_path)

    assert done.returncode == 3
    assert done.stderr.startswith("error[bundle-damaged] ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX'")
def test_a_check_that_is_stopped_takes_its_children_along(tmp_path: Path) -> None:
    """What a check started does not outlive its time limit."""
    marker = tmp_path / "still here"
    child = f"import time, pathlib; time.sleep(60); pathlib.Path({str(marker)!r}).touch()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    check = Check(name="lingers", code=code, timeout_s=1)
    # The child holds the check's output open: this returns when it is gone, and no sooner.
    with closing(Processes(Path(sys.executable))) as processes:
        result = processes.run(PlannedCheck(check=check, needs=frozenset()))

    assert (result.outcome, result.output) == ("failed", "no end within 1 s")
    assert not marker.exists()


def test_verify_says_which_checks_it_skipped(tmp_path: Path) -> None:
    """A check that needs a GPU is said to be skipped by `verify` too, where there is none."""
    bundle = make_bundle(tmp_path / "b.zip", checks=(Check(name="sees a GPU", code="pass", needs_gpu=True),))
    applied = run(sys.executable, bundle, "--yes", cwd=tmp_path)
    verified = run(sys.executable, bundle, "verify", cwd=tmp_path)

    assert (applied.returncode, verified.returncode) == (0, 0)
    if not running_machine().gpus:
        assert "check skipped: sees a GPU (needs a GPU; " in verified.stderr
