"""When something is shown: at once what begins, ends or is said, now and then how far it is."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ..problem import OutputRefused, printable_lines
from ..progress import Progress, Reading, Reporter

_WINDOW_S = 15.0
"""Rates are of the last seconds: what a cache gave at once says nothing about the network."""
_READING_S = 0.2
_HEART_S = 1.0


class Paced(Reporter):
    """A reporter that shows in its own time; what it shows, and how, is for its kinds to say.

    `clock` reads seconds. `beat` is to be called about once a second: a phase that stands still tells nothing.
    """

    pace_s = 10.0
    """How long what is new may have to wait."""
    beat_s = 10.0
    """How long nothing new may be shown: what says nothing for longer looks like a job that hangs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._current: Progress | None = None
        self._readings: deque[Reading] = deque()
        self._is_news = False
        self._began_s = self._shown_s = clock()

    def started(self, progress: Progress) -> None:
        with self._lock:
            self._began_s = self._clock()
            self._current, self._is_news = progress, False
            self._readings = deque([Reading(self._began_s, progress.measure[0])])
            self._mark()
            self.show_start(progress)

    def advanced(self, progress: Progress) -> None:
        with self._lock:
            self._current, self._is_news = progress, True
            self.beat()

    def finished(self, progress: Progress) -> None:
        with self._lock:
            self._current = None
            self._mark()
            self.show_end(progress, self._clock() - self._began_s)

    def stopped(self, progress: Progress) -> None:
        with self._lock:
            self._current = None
            self._mark()
            self.show_stop(progress)

    def noted(self, line: str) -> None:
        with self._lock:
            self._mark()
            self.show_note(printable_lines(line))

    def warned(self, line: str) -> None:
        with self._lock:
            self._mark()
            self.show_warning(printable_lines(line))

    def beat(self) -> None:
        """Take a reading, and show it if it is time."""
        with self._lock:
            now_s = self._clock()
            if self._current is None:
                return
            now = Reading(now_s, self._current.measure[0])
            if now_s - self._readings[-1].clock_s >= _READING_S:
                self._readings.append(now)
            while now_s - self._readings[0].clock_s > _WINDOW_S:
                self._readings.popleft()
            if now_s - self._shown_s >= (self.pace_s if self._is_news else self.beat_s):
                self._mark()
                self._is_news = False
                self.show_state(self._current, (*self._readings, now))

    def _mark(self) -> None:
        self._shown_s = self._clock()

    def show_start(self, progress: Progress) -> None:
        """Show that a phase begins."""

    def show_state(self, progress: Progress, readings: Sequence[Reading]) -> None:
        """Show where it stands; `readings` are of the last seconds, in its measure."""

    def show_end(self, progress: Progress, seconds: float) -> None:
        """Show that it is complete."""

    def show_stop(self, progress: Progress) -> None:
        """Show that it is over, though not complete."""

    def show_note(self, line: str) -> None:
        """Show a line."""

    def show_warning(self, line: str) -> None:
        """Show a line that should not be overlooked."""
        self.show_note(line)

    def close(self) -> None:
        """Leave the output so that other text may follow."""


@contextmanager
def beating(reporter: Paced, stopping: threading.Event | None = None) -> Iterator[Paced]:
    """Keep a reporter's heart beating while the block runs, and close it at its end."""
    stopping = stopping or threading.Event()

    def beat() -> None:
        while not stopping.wait(_HEART_S):
            # Nobody reads it any more, which the next word of the job itself will find out.
            with suppress(OSError, OutputRefused):
                reporter.beat()

    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        yield reporter
    finally:
        stopping.set()
        heart.join()
        reporter.close()
