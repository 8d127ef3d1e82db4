"""How a run tells its progress to the process that shows it: JSON lines between the lines for people."""

import json
from collections.abc import Callable
from dataclasses import asdict

from locks.progress import Progress, Reporter

from .state import Advanced, Event, Told


class LineEvents(Reporter):
    """Writes a line of JSON whenever a phase is a thousandth further, and what is for people as it is."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told: tuple[str, int, str] | None = None

    def started(self, progress: Progress) -> None:
        self.advanced(progress)

    def advanced(self, progress: Progress) -> None:
        done, total = progress.measure
        # Things are few, and each is told; so is what is done with one while their number stays.
        now = (progress.phase, done * 1000 // total if total else done, "" if progress.total_bytes else progress.item)
        if now != self._told:
            self._told = now
            self._write(json.dumps(asdict(progress)))

    def noted(self, line: str) -> None:
        self._write(line)

    def warned(self, line: str) -> None:
        self._write(line)


def read_event(line: str, clock_s: float) -> Event:
    """Give the event that a line tells at that reading of the clock; Told when it is one for people."""
    try:
        return Advanced(Progress(**json.loads(line)), clock_s)
    except (ValueError, TypeError):
        return Told(line)
