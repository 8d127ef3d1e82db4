"""What is behind the window: the process that does the work and what it tells; and where there can be no window."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from locks import Check

from applier.window.child import Child
from applier.window.open import open_window
from applier.window.state import Ended, Event, Told
from tests.applier.window.screens import have_screen, wait_until
from tests.bundles import make_bundle

BOUND_S = 120


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A bundle whose check lasts until it is ended."""
    wait = f"import pathlib, time\npathlib.Path({str(tmp_path / 'reached')!r}).touch()\ntime.sleep({BOUND_S})"
    return make_bundle(tmp_path / "slow.zip", checks=(Check(name="waits", code=wait, timeout_s=BOUND_S),))


def flags(bundle: Path, place: Path) -> list[str]:
    """The arguments of a run."""
    return [str(bundle), "--into", str(place)]


@pytest.mark.skipif(sys.platform == "win32", reason="not tried on Windows")
def test_a_cancelled_process_cleans_up(slow: Path, tmp_path: Path) -> None:
    """The end of its input is Ctrl-C to it: it says what is there, and leaves nothing behind."""
    (tmp_path / "home").mkdir()
    place, events = tmp_path / "home" / "env", list[Event]()
    child = Child([*flags(slow, place), "--yes"], events.append)
    wait_until((tmp_path / "reached").exists, lambda: None)
    child.cancel()
    wait_until(lambda: any(isinstance(event, Ended) for event in events), lambda: None)

    ended = events[-1]
    assert isinstance(ended, Ended)
    assert (ended.code, (ended.result or {})["interrupted"]) == (1, True)
    assert Told(f"interrupted; there was nothing at {place}, and there is nothing now") in events
    assert not list((tmp_path / "home").iterdir())


def test_without_tkinter_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the terminal has to do."""
    lines: list[str] = []
    monkeypatch.setitem(sys.modules, "tkinter", None)

    assert open_window([], None, unattended=False, say=lines.append) is None
    assert lines == ["no window: this Python comes without tkinter; going on here"]


def test_without_room_for_the_report_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run keeps its report among the temporary files, for which a full disk has no folder."""
    pytest.importorskip("tkinter")
    lines: list[str] = []

    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)

    assert open_window([], None, unattended=False, say=lines.append) is None
    assert lines == [f"no window: [Errno {errno.ENOSPC}] No space left on device; going on here"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_it_goes_on_in_the_terminal(tmp_path: Path) -> None:
    """A bundle started with --window over a remote shell installs all the same."""
    pytest.importorskip("tkinter")
    bundle = make_bundle(tmp_path / "bundle.zip")
    command: list[str | Path] = [sys.executable, "-I", bundle, "--window", "--yes", "--into", tmp_path / "env"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})

    assert done.stderr.startswith("no window: ")
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "demo 2026.11 cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="not tried elsewhere")
def test_a_start_without_a_console_is_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows starts a `.pyzw`: nobody reads what is said, so there is a window without being asked for."""
    have_screen(96, monkeypatch)
    bundle, report = make_bundle(tmp_path / "bundle.pyzw"), tmp_path / "report.json"
    words: list[str | Path] = [sys.executable, "-I", bundle, "--yes", "--into", tmp_path / "env", "--report", report]
    with subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words]) as process:
        wait_until(lambda: report.exists() and '"command": "apply",' in report.read_text(), lambda: None)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_until(lambda: not children.read_text(), lambda: None)
        assert process.poll() is None  # it shows the proof until it is closed
        process.terminate()

    assert process.returncode == 0
    assert (tmp_path / "env" / "venvault-receipt.json").is_file()
