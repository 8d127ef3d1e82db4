"""Where the time of a run goes: the steps that it came to, one after the other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from locks.sizes import megabytes

START = "starting"
"""What Python and the modules take before anything else begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A run came to a step. A long one may have several."""

    step: str
    at_s: float
    """Since the run began."""
    done_bytes: int = 0
    """What was done of the step before, in bytes; 0 where they are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One step, and what it took."""

    step: str
    seconds: float
    done_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON-ready mapping."""
        return {"step": self.step, "seconds": round(self.seconds, 3), "bytes": self.done_bytes}


def timings_of(marks: Sequence[Mark], *, started_s: float) -> tuple[Timing, ...]:
    """Give what each step took up to the next mark, the last of which is the end; `started_s` is what came before."""
    start = Timing(step=START, seconds=started_s, done_bytes=0)
    steps = (
        Timing(step=mark.step, seconds=after.at_s - mark.at_s, done_bytes=after.done_bytes)
        for mark, after in pairwise(marks)
    )
    return (start, *steps)


def timing_lines(timings: Sequence[Timing]) -> Iterator[str]:
    """Put timings in a table for people: seconds, their share, megabytes and their rate."""
    all_s = sum(timing.seconds for timing in timings)
    for timing in (*timings, Timing(step="in all", seconds=all_s, done_bytes=0)):
        share = timing.seconds / all_s if all_s else 0.0
        line = f"{timing.step:<11} {timing.seconds:8.2f} s {share:6.1%}"
        if timing.done_bytes and timing.seconds:
            done, rate = megabytes(timing.done_bytes), megabytes(timing.done_bytes / timing.seconds)
            line += f" {done:>10} MB {rate:>8} MB/s"
        yield line
