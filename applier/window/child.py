"""The process that does the work for the window. The edge.

A process, not a thread: only the main thread of one can be interrupted the way Ctrl-C does, may be replaced by another
Python, and may fail without the window. It is told to end by the end of its standard input, so it ends as well when
the window is killed.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from locks.showing.events import read_event, read_progress
from locks.showing.words import head_of

import applier

from ..session import own_session
from .state import Advanced, Ended, Event, Told

_START = """\
import sys
home = sys.argv.pop(1)
home in sys.path or sys.path.insert(0, home)
from applier.cli import apply_command
from locks.commands import Commands
Commands('window', commands={'apply': apply_command}).main()
"""


_TALK = ["--json", "--until-input-ends"]


def _python() -> str:
    """Give the Python to start; the one with a console that is not shown, for all it starts will use that console."""
    python = Path(sys.executable)
    with_console = python.with_name("python.exe")
    return str(with_console if python.name.lower() == "pythonw.exe" and with_console.exists() else python)


class Child:
    """One run of `apply`, whose words, progress and end are posted as events, from another thread."""

    def __init__(self, arguments: Sequence[str], post: Callable[[Event], None]) -> None:
        home = str(Path(applier.__file__).parents[1])
        self._post = post
        self._process = subprocess.Popen(  # noqa: S603  # this very program
            [_python(), "-I", "-X", "utf8", "-c", _START, home, "apply", *arguments, *_TALK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            **own_session(),
        )
        threading.Thread(target=self._listen, name="child", daemon=True).start()

    def cancel(self) -> None:
        """Have it stop as by Ctrl-C; it says when it has."""
        assert self._process.stdin is not None, "a pipe"
        with suppress(OSError):  # it has ended by itself
            self._process.stdin.close()

    def _listen(self) -> None:
        process, result = self._process, None
        assert process.stdout is not None, "a pipe"
        assert process.stderr is not None, "a pipe"
        errors = threading.Thread(target=self._tell_all, args=(process.stderr,), daemon=True)
        errors.start()
        with process:
            for line in process.stdout:
                result = self._take(line.rstrip("\n")) or result
            errors.join()
        self._post(Ended(process.returncode, result))

    def _take(self, line: str) -> Mapping[str, Any] | None:
        """Post what a line of standard output tells; give the result, if it is that."""
        event = read_event(line) or {"event": "note", "line": line}
        if event["event"] == "result":
            return event
        if "line" in event:
            self._post(Told(event["line"]))
        elif "phase" in event:
            if event["event"] == "started":
                self._post(Told(head_of(read_progress(event))))
            self._post(Advanced(read_progress(event), time.monotonic()))
        return None

    def _tell_all(self, lines: IO[str]) -> None:
        for line in lines:
            self._post(Told(line.rstrip("\n")))
