"""Progress in plain lines: one after the other for logs, one written over and over for terminals."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from .progress import Progress, Reading, Reporter, left_s, rate_per_s

_WINDOW_S = 15.0
"""Rates are of the last seconds: what a cache gave at once says nothing about the network."""
_READING_S = 0.2


def duration(seconds: float) -> str:
    """Put seconds in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _head(progress: Progress) -> str:
    return f"{progress.phase} {progress.subject}".rstrip()


def _amounts(progress: Progress) -> Iterator[str]:
    """Say how much is done, of how much where that is known."""
    if progress.total_bytes is not None:
        yield f"{progress.done_bytes / 1e6:,.1f} of {progress.total_bytes / 1e6:,.1f} MB"
    elif progress.done_bytes:
        yield f"{progress.done_bytes / 1e6:,.1f} MB"
    if progress.unit:
        of = f" of {progress.total:,}" if progress.total is not None else ""
        yield f"{progress.done:,}{of} {progress.unit}"


def line_of(progress: Progress, readings: Sequence[Reading]) -> str:
    """Say in one line where a phase stands."""
    parts = [f"{progress.fraction:.0%}".replace("%", " %")] if progress.fraction is not None else []
    parts += _amounts(progress)
    if progress.total_bytes and (rate := rate_per_s(readings)):
        parts.append(f"{rate / 1e6:,.1f} MB/s")
    if (seconds := left_s(readings, progress.measure[1])) is not None:
        parts.append(f"{duration(seconds)} left")
    return f"{_head(progress)}: {', '.join(filter(None, [*parts, progress.item]))}".removesuffix(": ")


def _whole(progress: Progress) -> str:
    """Say in one line what a phase comes to."""
    size = [f"{progress.total_bytes / 1e6:,.1f} MB"] if progress.total_bytes is not None else []
    count = [f"{progress.total:,} {progress.unit}"] if progress.total is not None else []
    return f"{_head(progress)}: {', '.join([*size, *count])}".removesuffix(": ")


def _done(progress: Progress) -> str:
    """Say in one line what was done in a phase."""
    return _whole(
        replace(progress, total_bytes=progress.done_bytes or None, total=progress.done if progress.unit else None)
    )


class LineReporter(Reporter):
    """One line at the start and end of each phase, and one every ten seconds, however little happens in between.

    `clock` reads seconds. `beat` is to be called about once a second: a phase that stands still tells nothing.
    """

    beat_s = 10.0
    """A log that says nothing for longer looks like a job that hangs."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._lock = threading.RLock()
        self._current: Progress | None = None
        self._readings: deque[Reading] = deque()
        self._started_s = self._shown_s = clock()

    def started(self, progress: Progress) -> None:
        with self._lock:
            self._started_s = self._clock()
            self._current = progress
            self._readings = deque([Reading(self._started_s, progress.measure[0])])
            self.show(_whole(progress))

    def advanced(self, progress: Progress) -> None:
        with self._lock:
            self._current = progress
            self.beat()

    def finished(self, progress: Progress) -> None:
        with self._lock:
            self._current = None
            seconds = self._clock() - self._started_s
            self.show(f"{_done(progress)} in {duration(seconds)}")

    def stopped(self, progress: Progress) -> None:
        with self._lock:
            self._current = None
            self.close()

    def noted(self, line: str) -> None:
        with self._lock:
            self.show(line)

    def warned(self, line: str) -> None:
        self.noted(line)

    def beat(self) -> None:
        """Take a reading, and show it if nothing was shown for long."""
        with self._lock:
            now_s = self._clock()
            if self._current is None or now_s - self._readings[-1].clock_s < _READING_S:
                return
            self._readings.append(Reading(now_s, self._current.measure[0]))
            while now_s - self._readings[0].clock_s > _WINDOW_S:
                self._readings.popleft()
            if now_s - self._shown_s >= self.beat_s:
                self._shown_s = now_s
                self.show_progress(line_of(self._current, tuple(self._readings)))

    def show(self, line: str) -> None:
        """Show a line that stays."""
        self._shown_s = self._clock()
        self._write(f"{line}\n")

    def show_progress(self, line: str) -> None:
        """Show where the phase stands."""
        self.show(line)

    def close(self) -> None:
        """Leave the output so that other text may follow."""


class TerminalReporter(LineReporter):
    """One line that is written over and over; `width` gives the terminal's columns."""

    beat_s = _READING_S

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float], width: Callable[[], int]) -> None:
        super().__init__(write, clock)
        self._width = width
        self._unfinished = False

    def show(self, line: str) -> None:
        self.close()
        super().show(line)

    def show_progress(self, line: str) -> None:
        self._unfinished = True
        self._write(f"\r{line[: self._width() - 1]}\x1b[K")

    def close(self) -> None:
        if self._unfinished:
            self._unfinished = False
            self._write("\r\x1b[K")


@contextmanager
def beating(reporter: LineReporter) -> Iterator[LineReporter]:
    """Keep a reporter's heart beating while the block runs, and close it at its end."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(1):
            reporter.beat()

    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        yield reporter
    finally:
        stopped.set()
        heart.join()
        reporter.close()
