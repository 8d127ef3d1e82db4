"""The window over real processes: a real bundle is applied, and a run is cancelled, by clicks on real widgets."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from locks import Check

from applier.window.child import Child
from applier.window.open import open_window
from applier.window.run import Run
from applier.window.state import Ended, Event, Stage, Told
from tests.bundles import make_bundle

BOUND_S = 120


def wait_until(true: Callable[[], bool], meanwhile: Callable[[], object]) -> None:
    """Do something until something is true."""
    end = time.monotonic() + BOUND_S
    while not true():
        assert time.monotonic() < end
        meanwhile()
        time.sleep(0.02)


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
    assert Told(f"interrupted; nothing was left at {place}") in events
    assert not list((tmp_path / "home").iterdir())


def test_without_tkinter_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the terminal has to do."""
    lines: list[str] = []
    monkeypatch.setitem(sys.modules, "tkinter", None)

    assert open_window([], None, unattended=False, say=lines.append) is None
    assert lines == ["no window: this Python comes without tkinter; going on here"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_it_goes_on_in_the_terminal(tmp_path: Path) -> None:
    """A bundle started with --window over a remote shell installs all the same."""
    pytest.importorskip("tkinter")
    bundle = make_bundle(tmp_path / "bundle.zip")
    command: list[str | Path] = [sys.executable, "-I", bundle, "--window", "--yes", "--into", tmp_path / "env"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})

    assert done.stderr.startswith("no window: ")
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "demo 2026.11 cpu")


@pytest.fixture
def screen() -> None:
    """A screen, or a skip that says why there is none."""
    tkinter = pytest.importorskip("tkinter")
    try:
        tkinter.Tk().destroy()
    except tkinter.TclError as error:
        pytest.skip(str(error))
    return


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("scaling", [1.0, 2.0])
def test_clicks_install_a_bundle(tmp_path: Path, scaling: float) -> None:
    """Install, and the proof is on the window; Close, and it is gone, with exit code 0."""
    from applier.window.view import View

    (tmp_path / "home").mkdir()
    bundle, place = make_bundle(tmp_path / "bundle.zip"), tmp_path / "home" / "env"
    run = Run(flags(bundle, place), tmp_path / "report.json", unattended=False)
    view = View(run, scaling=scaling)
    view.begin()
    wait_until(lambda: run.state.stage is Stage.READY, view.root.update)
    view.first.invoke()
    wait_until(lambda: run.state.stage is Stage.DONE, view.root.update)
    view.root.update()

    assert "Installed and proven." in view.message.get("1.0", "end")
    assert (place / "venvault-receipt.json").is_file()
    assert run.report.is_file()
    view.second.invoke()
    view.root.mainloop()
    assert run.exit_code() == 0
