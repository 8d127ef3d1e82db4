"""A guard: a process that tidies up after a round of checks, also when this one is killed and has no time to. The edge.

It hears of each check when that starts and ends, on its standard input, whose end tells that its master is gone. So the
check is left alone, its standard input and its threads, and ends even in a call that lets no thread of it run. The
folder of the bytecode that checks share is made and removed by the guard alone.
"""

import inspect
import os
import subprocess
import sys
from contextlib import suppress
from functools import cached_property

from ..session import own_session
from . import tidying

_PATIENCE_S = 60
"""How long its end is waited for: longer than it waits itself for a file system that does not answer."""


class Guard:
    """Watches over checks from its making until `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-B", "-I", "-S", "-c", inspect.getsource(tidying)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **own_session(),
        )

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None, "a pipe"
        with suppress(OSError):  # somebody ended the guard, which is no reason to end the checks
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def toggle(self, number: int) -> None:
        """Hear that a process, the leader of its group, has started; told again, that it ended."""
        self._tell(b"%d" % number)

    @cached_property
    def folder(self) -> str | None:
        """A folder for this user alone, there until `close`, or until we are killed; None where none can be had."""
        self._tell(tidying.FOLDER.encode("ascii"))
        assert self._process.stdout is not None, "a pipe"
        return os.fsdecode(bytes.fromhex(self._process.stdout.readline().decode("ascii"))) or None

    def close(self) -> None:
        """End it, and see its folder gone; no check may run any more."""
        with suppress(OSError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=_PATIENCE_S)
