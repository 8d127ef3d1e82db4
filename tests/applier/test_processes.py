"""Whole processes: two runs at one place, and runs that are asked to end or killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from locks import Check

from tests.bundles import make_bundle
from tests.events import events_of, warnings_of
from tests.faults import snapshot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX'")

BOUND_S = 60


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A bundle whose check lasts until a file is there."""
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.05)"
    return make_bundle(tmp_path / "slow.zip", checks=(Check(name="waits", code=wait, timeout_s=BOUND_S),))


@contextmanager
def running(*args: str | Path, stdin: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A bundle that runs itself; it is ended in any case."""
    process = subprocess.Popen(
        [sys.executable, *args],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=BOUND_S)


def wait_for(path: Path) -> None:
    """Wait until a path is there."""
    end = time.monotonic() + BOUND_S
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def said(process: "subprocess.Popen[str]") -> str:
    """The next line that a process says, but for what an apply always begins with."""
    assert process.stderr is not None
    return next(line.rstrip() for line in process.stderr if not line.startswith("looking at "))


@pytest.mark.parametrize("command", ["apply", "verify", "rollback"])
def test_a_second_run_waits_for_the_first(command: str, slow: Path, place: Path, tmp_path: Path) -> None:
    """Whatever it is, it sees the environment that the first run ends with, and never one in between."""
    with running(slow, "--into", place, "--yes") as first:
        wait_for(place.with_name(".venv.venvault-new") / "bin" / "demo")
        second_args: dict[str, list[str | Path]] = {
            "apply": ["--into", place, "--yes"],
            "verify": ["verify", place],
            "rollback": ["rollback", place],
        }
        with running(slow, *second_args[command]) as second:
            assert said(second) == "waiting for another run at this place to finish"
            (tmp_path / "go").touch()
            assert first.wait(BOUND_S) == 0
            output, errors = second.communicate(timeout=BOUND_S)

    if command == "rollback":  # to the user's own, which has no receipt
        assert "error[no-receipt]" in errors
    else:
        assert second.returncode == 0
        assert output.startswith("already in place: " if command == "apply" else "unaltered: ")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_run_that_is_asked_to_end_cleans_up_and_says_so(name: str, slow: Path, place: Path, tmp_path: Path) -> None:
    """Ctrl-C, a service manager or a closed terminal: the old environment stays, alone, and the last line says it."""
    before = snapshot(place.parent)
    with running(slow, "--into", place, "--yes") as process:
        wait_for(place.with_name(".venv.venvault-new") / "bin" / "demo")
        os.kill(process.pid, getattr(signal, name))
        (tmp_path / "go").touch()
        _, errors = process.communicate(timeout=BOUND_S)

    assert process.returncode == 1
    assert "Traceback" not in errors
    assert "stopping: removing what was built" in errors
    assert f"interrupted; {place} is as it was" in errors
    assert snapshot(place.parent) == before


def test_the_events_of_a_run_that_is_ended_have_an_end(slow: Path, place: Path, tmp_path: Path) -> None:
    """The end of its input is Ctrl-C to it; the phase is stopped, what is there is said, and the result comes last."""
    with running(slow, "--into", place, "--yes", "--json", "--until-input-ends", stdin=subprocess.PIPE) as process:
        wait_for(place.with_name(".venv.venvault-new") / "bin" / "demo")
        assert process.stdin is not None
        process.stdin.close()
        (tmp_path / "go").touch()
        assert process.stdout is not None
        output = process.stdout.read()
        process.wait(BOUND_S)
        process.stdin = None  # is closed

    events = events_of(output)
    started = [event["phase"] for event in events if event["event"] == "started"]
    ended = [event["phase"] for event in events if event["event"] in ("finished", "stopped")]
    assert process.returncode == 1
    assert sorted(started) == sorted(ended)
    assert warnings_of(output)[-1] == f"interrupted; {place} is as it was"
    assert events[-1]["interrupted"] is True


def test_an_input_that_was_never_open_has_ended(slow: Path, place: Path) -> None:
    """Nobody is left who could close it: the run ends as by Ctrl-C, and reads no file of its own for the input."""
    before = snapshot(place.parent)
    shell: list[str | Path] = ["sh", "-c", 'exec "$@" <&-', "sh"]
    line = [*shell, sys.executable, slow, "--into", place, "--yes", "--until-input-ends"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=BOUND_S, check=False)

    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.splitlines()[-1] == "Aborted!"
    assert "Traceback" not in ended.stderr
    assert snapshot(place.parent) == before


def test_a_program_that_keeps_the_input_open_is_not_asked(slow: Path, place: Path) -> None:
    """Without --yes it learns that a yes is needed; nothing waits for an answer that cannot come."""
    with running(slow, "--into", place, "--until-input-ends", stdin=subprocess.PIPE) as process:
        assert process.wait(BOUND_S) == 1
        _, errors = process.communicate(timeout=BOUND_S)

    assert "error[not-confirmed]" in errors
    assert "Go on?" not in errors


def test_a_question_that_nobody_can_see_is_not_asked(slow: Path, place: Path) -> None:
    """At a terminal, with standard error elsewhere: it would wait for an answer without having been heard."""
    terminal, its_other_end = os.openpty()  # type: ignore[attr-defined,unused-ignore]  # not on Windows
    try:
        with running(slow, "--into", place, stdin=its_other_end) as process:
            assert process.wait(BOUND_S) == 1
            _, errors = process.communicate(timeout=BOUND_S)
    finally:
        os.close(terminal)
        os.close(its_other_end)

    assert "error[not-confirmed]" in errors
    assert "Go on?" not in errors


# Keeps its process busy in one call that lets no other thread of it run, beside a child that holds the same lock.
BUSY = """
import fcntl, pathlib, subprocess, sys
folder = pathlib.Path({folder!r})
if (folder / "slow").exists():
    held = open(folder / "held", "w")
    fcntl.flock(held, fcntl.LOCK_EX)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[held.fileno()])
    (folder / "started").touch()
    sum(range(10**12))
"""


@pytest.mark.parametrize("command", ["apply", "verify"])
def test_a_kill_ends_the_checks_too(command: str, place: Path, tmp_path: Path) -> None:
    """Nothing of a run outlives it: neither a check, however busy it is, nor what the check started."""
    fcntl = pytest.importorskip("fcntl")
    check = Check(name="busy", code=BUSY.format(folder=str(tmp_path)), timeout_s=600)
    bundle = make_bundle(tmp_path / "b.zip", checks=(check,))
    args: list[str | Path] = ["--into", place, "--yes"]
    if command == "verify":
        with running(bundle, *args) as first:
            assert first.wait(BOUND_S) == 0
        args = ["verify", place]
    (tmp_path / "slow").touch()
    with running(bundle, *args) as process:
        wait_for(tmp_path / "started")
        process.kill()
        process.wait(BOUND_S)

    end = time.monotonic() + BOUND_S
    with (tmp_path / "held").open("w") as held:
        while True:
            with suppress(BlockingIOError):  # the check or its child is there
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            assert time.monotonic() < end
            time.sleep(0.02)


SHARES = """
import pathlib, sys, time
import demo
folder = pathlib.Path({folder!r})
if (folder / "slow").exists():
    assert pathlib.Path(demo.__spec__.cached).is_relative_to(folder / "temporary"), demo.__spec__.cached
    (folder / "started").touch()
    time.sleep(600)
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["apply", "verify"])
def test_the_bytecode_that_checks_share_goes_with_the_run(
    command: str, name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the run ends, a kill included: nothing of it is left, neither in the temporary folder nor beside it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    checks = tuple(Check(name=f"shares {number}", code=SHARES.format(folder=str(tmp_path))) for number in range(9))
    bundle = make_bundle(tmp_path / "b.zip", checks=checks)
    args: list[str | Path] = ["--into", place, "--yes"]
    if command == "verify":
        with running(bundle, *args) as first:
            assert first.wait(BOUND_S) == 0
        assert not list(temporary.iterdir())
        args = ["verify", place]
    (tmp_path / "slow").touch()
    with running(bundle, *args) as process:
        wait_for(tmp_path / "started")
        assert list(temporary.rglob("*.pyc"))
        os.kill(process.pid, getattr(signal, name))
        process.wait(BOUND_S)
        end = time.monotonic() + BOUND_S
        while list(temporary.iterdir()):  # what is killed does not wait for its guard
            assert name == "SIGKILL"
            assert time.monotonic() < end
            time.sleep(0.02)


def test_after_a_kill_the_next_run_says_what_it_found(slow: Path, place: Path, tmp_path: Path) -> None:
    """Killed while it was proven, the old environment works on; the next run tells, tidies up and comes to its end."""
    before = snapshot(place)
    with running(slow, "--into", place, "--yes") as process:
        wait_for(place.with_name(".venv.venvault-new") / "bin" / "demo")
        process.kill()
        process.wait(BOUND_S)

    assert snapshot(place) == before
    (tmp_path / "go").touch()
    with running(slow, "--into", place, "--yes") as again:
        assert said(again) == "removing .venv.venvault-new"
        assert said(again) == "an earlier apply of slow.zip was cut off: removed .venv.venvault-new"
        again.communicate(timeout=BOUND_S)
    assert again.returncode == 0
    assert sorted(path.name for path in place.parent.iterdir()) == [".venv", ".venv.venvault-previous"]
