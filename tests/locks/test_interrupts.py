"""Whatever asks a process to end is one thing, and at some moments nothing."""

import os
import signal
import sys
import threading

import pytest

from locks.interrupts import endings_ignored, endings_interrupt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to itself")

ENDINGS = [getattr(signal, name, signal.SIGTERM) for name in ("SIGINT", "SIGTERM", "SIGHUP")]


@pytest.mark.parametrize("number", ENDINGS, ids=lambda number: signal.Signals(number).name)
def test_being_asked_to_end_is_an_interrupt(number: int) -> None:
    """A service manager, a closed terminal and Ctrl-C all clean up the same way; afterwards all is as before."""
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), endings_interrupt():
        os.kill(os.getpid(), number)

    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", ENDINGS, ids=lambda number: signal.Signals(number).name)
def test_some_moments_are_not_interrupted(number: int) -> None:
    """Between two renames that belong together nothing comes but a kill."""
    with endings_interrupt():
        with endings_ignored():
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_what_was_ignored_from_the_start_stays_ignored() -> None:
    """A run under nohup does not end with its terminal."""
    before = signal.signal(ENDINGS[-1], signal.SIG_IGN)
    try:
        with endings_interrupt():
            os.kill(os.getpid(), ENDINGS[-1])
    finally:
        signal.signal(ENDINGS[-1], before)


def test_other_threads_set_no_signals() -> None:
    """Used from a thread, it changes nothing, for signals reach the main thread alone."""
    done = []

    def use() -> None:
        with endings_interrupt(), endings_ignored():
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()

    assert done == [signal.getsignal(signal.SIGTERM)]
