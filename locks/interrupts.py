"""Ctrl-C and its kin: one way to stop a run, and moments in which none may."""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import TextIO

# The signals that ask a process to end and can be answered; each system has some of them.
_ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _handling(action: "Callable[[int, FrameType | None], None] | signal.Handlers") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield
        return
    # NOTE: what was ignored from the start (nohup) stays so.
    before = {each: signal.getsignal(each) for each in _ENDINGS}
    for each, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(each, action)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def endings_interrupt() -> AbstractContextManager[None]:
    """While this holds, whatever asks the process to end raises KeyboardInterrupt, as Ctrl-C does."""
    return _handling(_interrupt)


def endings_ignored() -> AbstractContextManager[None]:
    """While this holds, nothing but a kill ends the process: for a few system calls that belong together."""
    return _handling(signal.SIG_IGN)


def _interrupt_at_end(stream: TextIO | None) -> None:
    """Wait for the end of a stream, and ask the process to end; one that was closed from the start has no number."""
    with suppress(OSError):
        while stream and os.read(stream.fileno(), 1):
            pass
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # a signal that wakes the thread; not SIGINT, which a shell may have had ignored for what it starts with `&`
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def input_end_interrupts() -> None:
    """From now on the end of standard input asks this process to end: for a run that another program shows.

    One that is closed has ended: its number may by now be that of a file of ours, which is not to be read.
    """
    threading.Thread(target=_interrupt_at_end, args=[sys.stdin], name="input-end", daemon=True).start()
