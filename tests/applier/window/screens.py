"""A screen for the tests, virtual where there is none, and a person at it: who sees, and clicks with the mouse.

A click is made of pointer events at a place on the screen, so it meets what lies there: a button that is covered, cut
off, hidden or disabled is not pressed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import tkinter as tk

BOUND_S = 60


@cache
def _virtual_screen(dots_per_inch: int) -> str:
    """Start a screen that nobody sees, 1280 by 1000 points, and give its name.

    It ends with its last client, which is this process, so it is no child of ours to wait for: a Tk that loses its
    screen ends the process it is in.
    """
    read_end, write_end = os.pipe()
    size = f"{1280 * dots_per_inch // 96}x{1000 * dots_per_inch // 96}x24"
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", size, "-dpi", str(dots_per_inch)]
    command += ["-nolisten", "tcp", "-terminate"]
    in_background = ["sh", "-c", '"$@" &', "sh", *command]
    subprocess.run(in_background, pass_fds=[write_end], stderr=subprocess.DEVNULL, check=True)
    os.close(write_end)
    with os.fdopen(read_end) as told:
        return f":{told.readline().strip()}"


def have_screen(dots_per_inch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a screen, or skip saying why there is none; a virtual one, where it can be had, has the dots asked for."""
    tkinter = pytest.importorskip("tkinter")
    if sys.platform == "linux" and shutil.which("Xvfb"):
        monkeypatch.setenv("DISPLAY", _virtual_screen(dots_per_inch))
    try:
        root = tkinter.Tk()
    except tkinter.TclError as error:
        pytest.skip(f"no Xvfb, and no screen: {error}")
    root.tk.call("tk", "scaling", dots_per_inch / 72)  # which another test may have altered for the whole process
    root.destroy()


def wait_until(true: Callable[[], object], meanwhile: Callable[[], object]) -> None:
    """Do something until something is true."""
    end = time.monotonic() + BOUND_S
    while not true():
        assert time.monotonic() < end
        meanwhile()
        time.sleep(0.02)


def below(widget: "tk.Misc") -> Iterator["tk.Misc"]:
    """Every widget in a window, whether it can be seen or not."""
    for child in widget.winfo_children():
        yield child
        yield from below(child)


def buttons(root: "tk.Misc") -> dict[str, str]:
    """The buttons that can be seen: what they say, and their state."""
    return {
        str(widget["text"]): str(widget["state"])
        for widget in below(root)
        if widget.winfo_class() == "TButton" and widget.winfo_viewable()
    }


def click(root: "tk.Misc", words: str) -> None:
    """Move the mouse onto the button that says so, and press it."""
    root.update()
    (button,) = (each for each in below(root) if each.winfo_class() == "TButton" and each["text"] == words)
    x, y = button.winfo_width() // 2, button.winfo_height() // 2
    there = root.winfo_containing(button.winfo_rootx() + x, button.winfo_rooty() + y)
    assert there is button, f"over {words!r} lies {there}"
    for event in ("<Motion>", "<Enter>", "<ButtonPress-1>", "<ButtonRelease-1>", "<Leave>"):
        button.event_generate(event, x=x, y=y)
    root.update()
