"""The process that does the work for the window. The edge.

A process, not a thread: only the main thread of one can be interrupted the way Ctrl-C does, may be replaced by another
Python, and may fail without the window. It is told to end by the end of its standard input, so it ends as well when
the window is killed.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import applier

from .state import Ended, Event
from .wire import read_event

_START = """\
import sys
home = sys.argv.pop(1)
home in sys.path or sys.path.insert(0, home)
from applier.cli import apply_command
from locks.cli import Commands
Commands('window', commands={'apply': apply_command}).main()
"""


if sys.platform == "win32":
    _NO_CONSOLE_SHOWN = subprocess.CREATE_NO_WINDOW
else:
    _NO_CONSOLE_SHOWN = 0


def _python() -> str:
    """Give the Python to start; the one with a console that is not shown, for all it starts will use that console."""
    python = Path(sys.executable)
    with_console = python.with_name("python.exe")
    return str(with_console if python.name.lower() == "pythonw.exe" and with_console.exists() else python)


def _result(text: str) -> Mapping[str, Any] | None:
    try:
        result = json.loads(text)
    except ValueError:
        return None
    return result if isinstance(result, dict) and "ok" in result else None


class Child:
    """One run of `apply`, whose words, progress and end are posted as events, from another thread."""

    def __init__(self, arguments: Sequence[str], post: Callable[[Event], None]) -> None:
        home = str(Path(applier.__file__).parents[1])
        self._post = post
        self._process = subprocess.Popen(  # noqa: S603  # this very program
            [_python(), "-I", "-X", "utf8", "-c", _START, home, "apply", *arguments, "--events", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,  # Ctrl-C in the terminal is the window's to answer
            creationflags=_NO_CONSOLE_SHOWN,
        )
        threading.Thread(target=self._listen, name="child", daemon=True).start()

    def cancel(self) -> None:
        """Have it stop as by Ctrl-C; it says when it has."""
        assert self._process.stdin is not None, "a pipe"
        with suppress(OSError):  # it has ended by itself
            self._process.stdin.close()

    def _listen(self) -> None:
        process, printed = self._process, list[str]()
        assert process.stdout is not None, "a pipe"
        assert process.stderr is not None, "a pipe"
        output = threading.Thread(target=_read_all, args=(process.stdout, printed), daemon=True)
        output.start()
        with process:
            for line in process.stderr:
                self._post(read_event(line.rstrip("\n"), time.monotonic()))
            output.join()
        self._post(Ended(process.returncode, _result("".join(printed))))


def _read_all(stream: IO[str], into: list[str]) -> None:
    into.append(stream.read())
