"""A guard: a process that ends the checks that run when this one is killed, which has no time to. The edge.

It hears of each check when that starts and ends, on its standard input, whose end tells that its master is gone. So the
check is left alone, its standard input and its threads, and ends even in a call that lets no thread of it run.
"""

import subprocess
import sys
from contextlib import suppress

from ..session import own_session

# Of the signals Windows has SIGTERM, which ends a process there as SIGKILL does elsewhere, but has no groups.
_PROGRAM = """\
import os, signal, sys
running = set()
for line in sys.stdin:
    running ^= {int(line)}
for number in running:
    try:
        if os.name == "nt":
            os.kill(number, signal.SIGTERM)
        else:
            os.killpg(number, signal.SIGKILL)
    except OSError:
        pass
"""


class Guard:
    """Watches over checks from its making until `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **own_session(),
        )

    def toggle(self, number: int) -> None:
        """Hear that a process, the leader of its group, has started; told again, that it ended."""
        assert self._process.stdin is not None, "a pipe"
        with suppress(OSError):  # somebody ended the guard, which is no reason to end the checks
            self._process.stdin.write(b"%d\n" % number)
            self._process.stdin.flush()

    def close(self) -> None:
        """End it; no check may run any more."""
        with suppress(OSError):
            self._process.communicate()
