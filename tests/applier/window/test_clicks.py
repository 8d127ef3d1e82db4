"""The window as its user meets it: real bundles, real processes, screens of two kinds, and clicks on what is there."""

import json
import shutil
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from locks import Check
from locks.lock import Limits

from applier.window.run import Run
from applier.window.screen import open_root
from applier.window.view import View
from tests.applier.machine.test_without_nvml import put_smi
from tests.applier.window.screens import buttons, click, have_screen, wait_until
from tests.bundles import make_bundle, running_target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not tried on Windows")
READY, DONE, FAILED, STOPPED = ": ready", ": done", ": failed", ": stopped"


class Desk:
    """A window over a run, and its user."""

    def __init__(self, bundle: Path, place: Path, scaling: float | None = None) -> None:
        self.run = Run([str(bundle), "--into", str(place)], place.with_name("kept.json"), unattended=False)
        self.view = View(self.run, scaling)
        self.root = self.view.root
        self.view.begin()

    def until(self, true: Callable[[], object]) -> None:
        """Watch until something is true."""
        wait_until(true, self.root.update)

    def until_titled(self, ending: str) -> None:
        """Watch until the window's title ends so."""
        self.until(lambda: self.root.title().endswith(ending))

    def click(self, words: str) -> None:
        """Click on a button."""
        click(self.root, words)

    def says(self) -> list[str]:
        """The message, line by line."""
        return self.view.message.words().splitlines()

    def close(self) -> None:
        """Click on the window's own X, which reaches it as the desktop's request."""
        self.root.tk.call(self.root.protocol("WM_DELETE_WINDOW"))

    def watch_it_go(self) -> int:
        """Watch until the window is closed; give the exit code."""
        with suppress(tk.TclError):  # so it is said that there is no window any more
            wait_until(lambda: not self.root.winfo_exists(), self.root.update)
        return self.run.exit_code()


@pytest.fixture
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    have_screen(96, monkeypatch)


@pytest.fixture(params=[96, 192], ids=["usual", "fine"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    have_screen(request.param, monkeypatch)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the environment goes; nothing else is in the folder above."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "env"


@pytest.fixture
def old(place: Path) -> Path:
    """An environment that is there already."""
    place.mkdir()
    (place / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (place / "mine.txt").write_text("mine")
    return place


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A bundle whose check lasts until there is a file `go`."""
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.05)"
    return make_bundle(tmp_path / "slow.zip", checks=(Check(name="waits", code=wait, timeout_s=120),))


def bundle_with(tmp_path: Path, code: str) -> Path:
    """A bundle with one check."""
    return make_bundle(tmp_path / "bundle.zip", checks=(Check(name="adds up", code=code),))


@pytest.mark.usefixtures("_either")
def test_install_and_close(tmp_path: Path, place: Path) -> None:
    """Install, and the proof is on the window; the log can be opened, closed and copied; Close ends it with 0."""
    desk = Desk(bundle_with(tmp_path, "assert 1 + 1 == 2"), place)
    desk.until_titled(READY)
    assert buttons(desk.root)["Support report …"] == "disabled"
    desk.click("Install")
    desk.until_titled(DONE)

    assert desk.says()[0] == "Installed and proven."
    assert "1 of 1 checks passed" in desk.says()[1]
    assert (place / "venvault-receipt.json").is_file()
    height = desk.root.winfo_height()
    desk.click("Show log")
    desk.until(lambda: desk.root.winfo_height() > height)
    assert desk.view.log.text.winfo_viewable()
    desk.click("Copy log")
    assert "check passed: adds up" in desk.root.clipboard_get().splitlines()
    desk.click("Copied")
    desk.click("Hide log")
    desk.until(lambda: desk.root.winfo_height() == height)
    desk.click("Close")
    assert desk.watch_it_go() == 0


@pytest.mark.usefixtures("_either")
def test_a_check_that_fails_leaves_the_old_environment_and_a_report(tmp_path: Path, old: Path) -> None:
    """What failed and what to do is there to be read; the report is saved where the user says in the dialog."""
    desk = Desk(bundle_with(tmp_path, "raise ArithmeticError('2 is not 3')"), old)
    desk.until_titled(READY)
    assert desk.says() == [f"{old} will be replaced, and kept as env.venvault-previous. Go on?"]
    desk.click("Replace")
    desk.until_titled(FAILED)

    assert desk.says()[:2] == ["Not installed.", f"{old} is as it was"]
    assert "adds up: ArithmeticError: 2 is not 3; needed: the check to pass" in desk.says()
    assert desk.view.message.text.dlineinfo("4.0")  # the one thing to do is not scrolled out of sight
    assert (old / "mine.txt").read_text() == "mine"
    saved = tmp_path / "for the maker.json"
    desk.root.after(200, lambda: save_as(desk.root, saved))
    desk.click("Support report …")
    desk.until(lambda: str(saved) in desk.view.status["text"])
    assert json.loads(saved.read_text())["problems"][0]["code"] == "check-failed"
    desk.click("Close")
    assert desk.watch_it_go() == 5


def save_as(root: tk.Tk, path: Path) -> None:
    """Type a file's name into Tk's own dialog, which tkinter does not know, and click on Save."""
    lower = ".__tk_filedialog.contents.f2"
    root.tk.call(f"{lower}.ent", "delete", 0, "end")
    root.tk.call(f"{lower}.ent", "insert", 0, str(path))
    for event in ("<Enter>", "<ButtonPress-1>", "<ButtonRelease-1>"):
        root.tk.call("event", "generate", f"{lower}.ok", event, "-x", 9, "-y", 9)


@pytest.mark.usefixtures("_either")
def test_cancel_in_the_middle(slow: Path, old: Path) -> None:
    """The old environment stays as it is, nothing is left beside it, and it can be tried again."""
    desk = Desk(slow, old)
    desk.until_titled(READY)
    desk.click("Replace")
    desk.until(lambda: "waits" in desk.view.status["text"])
    assert desk.view.status["text"].startswith("Proving the new environment: waits")
    desk.click("Cancel")
    desk.until_titled(STOPPED)

    assert desk.says() == ["Stopped.", f"{old} is as it was"]
    assert [path.name for path in old.parent.iterdir() if path.suffix != ".json"] == ["env"]
    assert (old / "mine.txt").read_text() == "mine"
    desk.click("Try again")
    desk.until_titled(READY)
    desk.click("Cancel")
    assert desk.watch_it_go() == 1


@pytest.mark.usefixtures("_either")
def test_closed_in_the_middle(slow: Path, old: Path) -> None:
    """The window goes when what was built is removed."""
    desk = Desk(slow, old)
    desk.until_titled(READY)
    desk.click("Replace")
    desk.until(lambda: "waits" in desk.view.status["text"])
    desk.close()

    assert desk.watch_it_go() == 1
    assert [path.name for path in old.parent.iterdir() if path.suffix != ".json"] == ["env"]
    assert (old / "mine.txt").read_text() == "mine"


@pytest.mark.usefixtures("_either")
def test_a_second_start_waits_and_says_so(slow: Path, tmp_path: Path, place: Path) -> None:
    """It goes on when the first is done; what that has put there is not replaced before the user is asked."""
    first = Desk(slow, place)
    first.until_titled(READY)
    first.click("Install")
    first.until(lambda: "waits" in first.view.status["text"])
    second = Desk(make_bundle(tmp_path / "bundle.zip"), place)
    second.until_titled(READY)
    second.click("Install")
    second.until(lambda: second.view.status["text"].startswith("Waiting for another run at this place to finish"))
    assert buttons(second.root)["Cancel"] == "normal"
    (tmp_path / "go").touch()
    first.until_titled(DONE)
    second.until_titled(FAILED)
    assert second.says()[1:] == [
        "Meanwhile something else was installed there.",
        "Try again, and you are asked whether to replace it.",
    ]
    second.click("Try again")
    second.until_titled(READY)
    second.click("Replace")
    second.until_titled(DONE)

    for each in (second, first):  # the upper one first
        each.click("Close")
        assert each.watch_it_go() == 0


@pytest.mark.usefixtures("_either")
def test_a_driver_that_is_too_old(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with the one that is needed, and what to do; there is no Install, and looking again may be asked."""
    put_smi(tmp_path, 'echo "470.82.01, 12288, NVIDIA GeForce RTX 3060, 8.6"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    target, limits = running_target("cu124"), Limits(driver=(525, 60, 13))
    desk = Desk(make_bundle(tmp_path / "bundle.zip", target=target, limits=limits), place)
    desk.until_titled(": not possible here yet")

    assert desk.says()[0] == "It cannot be installed here yet. Nothing was changed."
    assert "NVIDIA GeForce RTX 3060, driver 470.82.01" in desk.view.machine["text"]
    assert desk.view.rows.words().splitlines()[0].startswith("✗  NVIDIA driver: 470.82.01")
    assert "Install" not in buttons(desk.root)
    desk.click("Check again")
    desk.until_titled(": looking at this machine")
    desk.until_titled(": not possible here yet")
    desk.click("Close")
    assert desk.watch_it_go() == 4
    assert not place.exists()


@pytest.mark.usefixtures("_usual")
def test_letters_too_large_for_the_screen_leave_the_buttons_on_it(tmp_path: Path, place: Path) -> None:
    """What gives way are the texts, which can be scrolled."""
    desk = Desk(bundle_with(tmp_path, "pass"), place, scaling=2.6)
    desk.until_titled(READY)
    assert desk.root.winfo_reqheight() > desk.root.winfo_screenheight()
    height = desk.root.winfo_height()
    desk.click("Show log")
    desk.click("Hide log")
    assert desk.root.winfo_height() == height
    desk.click("Show log")
    desk.click("Cancel")
    assert desk.watch_it_go() == 1


@pytest.mark.usefixtures("_usual")
def test_the_desktop_says_how_large_letters_are() -> None:
    """A desktop for a fine screen tells X programs so by `Xft.dpi`; the screen's own dots are not asked then."""
    root = open_root(None)
    plain = root.winfo_fpixels("1i")
    root.destroy()
    xrdb = shutil.which("xrdb") or pytest.skip("no xrdb to tell the wish")
    subprocess.run([xrdb, "-merge"], input=b"Xft.dpi: 192\n", check=True)
    try:
        root = open_root(None)
        wished = root.winfo_fpixels("1i")
        root.destroy()
    finally:
        subprocess.run([xrdb, "-remove"], check=True)

    assert (round(plain), round(wished)) == (96, 192)
