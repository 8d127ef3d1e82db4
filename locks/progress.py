"""How far a long job is: what every stage tells, and what follows from it. `showing` has what shows it.

A stage holds a `Reporter` and calls its hooks; every one does nothing until somebody overrides it. Rate and time left
are computed from readings of a clock alone.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where one phase of a job stands: in bytes, in things, in both, or in neither."""

    phase: str
    """What is being done, as a verb: "fetching"."""
    subject: str = ""
    """To what, or for what: "cu124-linux-x86_64-py311 (2 of 4)"; empty where that is plain."""
    item: str = ""
    """What it was at last: a package, a file, a check; empty before the first."""
    done_bytes: int = 0
    total_bytes: int | None = None
    """None: not known beforehand, or not counted."""
    done: int = 0
    total: int | None = None
    """None as for bytes."""
    unit: str = ""
    """What `done` counts, in the plural: "wheels"; empty when it counts nothing."""

    @property
    def measure(self) -> tuple[int, int | None]:
        """How much is done of how much: in bytes where their total is known, else in things."""
        return (self.done_bytes, self.total_bytes) if self.total_bytes else (self.done, self.total)

    @property
    def fraction(self) -> float | None:
        """What part of it is done, from 0 to 1; None where no total is known."""
        done, total = self.measure
        return min(max(done / total, 0.0), 1.0) if total else None


class Reporter:
    """What a stage tells while it works, one phase at a time; threads may call it at once."""

    def started(self, progress: Progress) -> None:
        """A phase begins."""

    def advanced(self, progress: Progress) -> None:
        """It is further."""

    def finished(self, progress: Progress) -> None:
        """It is complete."""

    def stopped(self, progress: Progress) -> None:
        """It ends before it is complete, for an error or an interruption that is told elsewhere."""

    def entered(self, step: str) -> None:
        """It comes to a step, a verb too, that is over too soon to be watched."""

    def noted(self, line: str) -> None:
        """Something goes on that whoever watches may want to know."""

    def warned(self, line: str) -> None:
        """Something should be known even to who does not watch: what was left out, is old, or could not be done."""


SILENT = Reporter()
"""Tells nobody."""


Advance = Callable[[str, int, int], None]
"""Told of an item, and how many bytes and things more are done of it."""


def uncounted(_item: str, _more_bytes: int, _more: int) -> None:
    """Count nothing: an `Advance` for who tells nobody."""


class Phase:
    """Counts what is done in one phase for its reporter."""

    def __init__(self, reporter: Reporter, progress: Progress) -> None:
        self._reporter = reporter
        self._progress = progress
        self._lock = threading.Lock()
        self._is_over = False

    def advance(self, item: str, more_bytes: int = 0, more: int = 0) -> None:
        """Count bytes and things of `item`; a negative number takes back what proved worthless.

        Of an item without a name the one before stays the last.
        What a thread counts that is late, after the end of the phase, is nobody's.
        """
        with self._lock:
            if self._is_over:
                return
            done_bytes, done = self._progress.done_bytes + more_bytes, self._progress.done + more
            item = item or self._progress.item
            self._progress = replace(self._progress, item=item, done_bytes=done_bytes, done=done)
            self._reporter.advanced(self._progress)

    def end(self) -> Progress:
        """Count no more; give where it ended."""
        with self._lock:
            self._is_over = True
            return self._progress

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        return self._progress


@contextmanager
def phase(
    reporter: Reporter,
    name: str,
    *,
    subject: str = "",
    total_bytes: int | None = None,
    total: int | None = None,
    unit: str = "",
) -> Iterator[Phase]:
    """Tell of one phase from its start to its end; nothing is told of a phase whose totals are known to be nothing."""
    known = [each for each in (total_bytes, total) if each is not None]
    listener = reporter if any(known) or not known else SILENT
    counting = Phase(listener, Progress(phase=name, subject=subject, total_bytes=total_bytes, total=total, unit=unit))
    listener.started(counting.progress)
    try:
        yield counting
    except BaseException:
        listener.stopped(counting.end())
        raise
    listener.finished(counting.end())


class Reading(NamedTuple):
    """What was done, in the phase's own measure, at one reading of a clock."""

    clock_s: float
    done: int


def rate_per_s(readings: Sequence[Reading]) -> float | None:
    """Give the rate between the first and the last reading; None while none can be told."""
    if len(readings) < 2 or readings[-1].clock_s <= readings[0].clock_s:
        return None
    rate = (readings[-1].done - readings[0].done) / (readings[-1].clock_s - readings[0].clock_s)
    return rate if rate > 0 else None


def left_s(readings: Sequence[Reading], total: int | None) -> float | None:
    """Give the seconds left to `total` at the rate of `readings`; None while none can be told."""
    rate = rate_per_s(readings)
    return (total - readings[-1].done) / rate if rate and total else None
