"""How far a long job is: what every stage tells, and what follows from it. `progress_lines` shows it.

A stage holds a `Reporter` and calls its hooks; every one does nothing until somebody overrides it. Rate and time left
are computed from (clock reading, bytes) pairs alone.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where one phase of a job stands."""

    phase: str
    """What is being done, as a verb: "fetching"."""
    item: str = ""
    """What the last bytes belonged to, as a file name; empty before the first."""
    done_bytes: int = 0
    total_bytes: int


class Reporter:
    """What a stage tells while it works; threads may call it at once."""

    def started(self, progress: Progress) -> None:
        """A phase begins."""

    def advanced(self, progress: Progress) -> None:
        """Some bytes more are done."""

    def finished(self, progress: Progress) -> None:
        """A phase is complete."""

    def noted(self, line: str) -> None:
        """Something happens that has no size."""

    def doing(self, what: str, done: int = 0, total: int = 0) -> None:
        """Something goes on that is counted in steps, not in bytes; a `total` of 0: nobody can tell its end."""


SILENT = Reporter()
"""Tells nobody."""


class Phase:
    """Counts the bytes of one phase for its reporter."""

    def __init__(self, reporter: Reporter, progress: Progress) -> None:
        self._reporter = reporter
        self._progress = progress
        self._lock = threading.Lock()

    def advance(self, item: str, more_bytes: int) -> None:
        """Count some bytes of `item`; a negative number takes back what proved worthless."""
        with self._lock:
            done_bytes = self._progress.done_bytes + more_bytes
            self._progress = replace(self._progress, item=item, done_bytes=done_bytes)
            self._reporter.advanced(self._progress)

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        return self._progress


@contextmanager
def phase(reporter: Reporter, name: str, *, total_bytes: int) -> Iterator[Phase]:
    """Tell of one phase from its start to its end; no end is told of a phase that fails, or that has nothing to do."""
    counting = Phase(reporter, Progress(phase=name, total_bytes=total_bytes))
    if total_bytes:
        reporter.started(counting.progress)
    yield counting
    if total_bytes:
        reporter.finished(counting.progress)


class Reading(NamedTuple):
    """The bytes done at one reading of a clock."""

    clock_s: float
    done_bytes: int


def rate_bytes_per_s(readings: Sequence[Reading]) -> float | None:
    """Give the rate between the first and the last reading; None while none can be told."""
    if len(readings) < 2 or readings[-1].clock_s <= readings[0].clock_s:
        return None
    rate = (readings[-1].done_bytes - readings[0].done_bytes) / (readings[-1].clock_s - readings[0].clock_s)
    return rate if rate > 0 else None


def left_s(readings: Sequence[Reading], total_bytes: int) -> float | None:
    """Give the seconds left at the rate of `readings`; None while none can be told."""
    rate = rate_bytes_per_s(readings)
    return (total_bytes - readings[-1].done_bytes) / rate if rate else None
