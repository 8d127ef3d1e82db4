"""Real terminals of every kind: what is shown on them, and how they are left."""

import os
import re
import select
import signal
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

BOUND_S = 60
_PROGRAM = """\
import sys, time
if {hidden}:
    sys.modules["rich"] = None
import click
from locks.cli import say, showing
from locks.commands import Commands
from locks.progress import phase

@click.command("work")
def work():
    with showing(as_json=False, quiet=False) as reporter, phase(reporter, "fetching", total_bytes=8, total=4) as p:
        for step in range(4):
            p.advance("größer-\\u2713-\\u6f22.whl", 2, 1)
            reporter.noted("note \\u2713")
            time.sleep(0.3)
        while {endless}:
            time.sleep(0.1)
    click.echo("done \\u2713")

Commands(commands={{"work": work}}).main(["work"])
"""


class Terminal:
    """A terminal with a program on it."""

    def __init__(self, *, hidden: bool, endless: bool = False, columns: int = 80, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, columns))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(hidden=hidden, endless=endless)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**kept, "TERM": "xterm-256color", **environ},
            start_new_session=True,
        )
        os.close(theirs)
        self._seen = b""

    def read(self, *, until: bytes | None = None) -> bytes:
        """What is written, to the end or until some words are there."""
        end = time.monotonic() + BOUND_S
        while until is None or until not in self._seen:
            assert time.monotonic() < end
            if not select.select([self._ours], [], [], 0.1)[0]:
                continue
            try:
                read = os.read(self._ours, 1 << 16)
            except OSError:  # how Linux says that nobody has the other side
                read = b""
            if not read:
                os.close(self._ours)
                break
            self._seen += read
        return self._seen

    def status(self) -> int:
        """How the program ended."""
        return self.process.wait(BOUND_S)


@pytest.mark.parametrize("hidden", [False, True], ids=["rich", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252", "ascii"])
def test_no_terminal_crashes_it(hidden: bool, encoding: str) -> None:
    """What an encoding lacks is escaped, and the result is there."""
    terminal = Terminal(hidden=hidden, PYTHONIOENCODING=encoding)
    # click takes ASCII for a misconfiguration, and writes UTF-8 there.
    written = "utf-8" if encoding == "ascii" else encoding
    text = terminal.read().decode(written)

    assert terminal.status() == 0, text
    assert ("done ✓" if written == "utf-8" else "done \\u2713") in text
    assert text.count("note ") == 4


@pytest.mark.parametrize("columns", [10, 1])
@pytest.mark.parametrize("hidden", [False, True], ids=["rich", "plain"])
def test_no_terminal_is_too_narrow(hidden: bool, columns: int) -> None:
    """Down to a single column."""
    terminal = Terminal(hidden=hidden, columns=columns, PYTHONIOENCODING="utf-8")

    assert "done" in terminal.read().decode("utf-8")
    assert terminal.status() == 0


def test_without_rich_no_escape_sequence_is_sent() -> None:
    """Any terminal that knows a carriage return can show it."""
    terminal = Terminal(hidden=True, PYTHONIOENCODING="utf-8")

    assert b"\x1b" not in terminal.read()
    assert terminal.status() == 0


@pytest.mark.parametrize("hidden", [False, True], ids=["rich", "plain"])
def test_a_dumb_terminal_gets_lines(hidden: bool) -> None:
    """As a log does: no line is written over."""
    terminal = Terminal(hidden=hidden, TERM="dumb", PYTHONIOENCODING="utf-8")
    text = terminal.read()

    assert terminal.status() == 0
    assert b"\x1b" not in text
    assert b"\r" not in text.replace(b"\r\n", b"\n")
    assert b"fetching: 0.0 MB" in text


def test_no_color_is_heeded() -> None:
    """The bar has no colour; it still is a bar."""
    terminal = Terminal(hidden=False, NO_COLOR="1", PYTHONIOENCODING="utf-8")
    text = terminal.read().decode("utf-8")

    assert terminal.status() == 0
    assert "━" in text
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m|\x1b\[9[0-9]m", text)


@pytest.mark.parametrize("hidden", [False, True], ids=["rich", "plain"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_being_ended_leaves_the_terminal_as_it_was(number: signal.Signals, hidden: bool) -> None:
    """By Ctrl-C or a service manager: the cursor is there, and the next word stands on a line of its own."""
    terminal = Terminal(hidden=hidden, endless=True, PYTHONIOENCODING="utf-8")
    terminal.read(until=b"100 %")
    terminal.process.send_signal(number)
    text = terminal.read().decode("utf-8")

    assert terminal.status() == 1
    assert text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l")
    assert re.search(r"[\r\n]\s*Aborted!\s*$", text)
