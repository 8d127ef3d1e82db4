"""How a run tells its progress to the process that shows it: JSON lines between the lines for people."""

import json
from collections.abc import Callable
from dataclasses import asdict

from locks.progress import Progress, Reporter

from .state import Advanced, Doing, Event, Told


class LineEvents(Reporter):
    """Writes a line of JSON whenever a phase is a thousandth further, or something else goes on."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told: tuple[object, ...] = ()

    def _tell(self, now: tuple[object, ...], event: dict[str, object]) -> None:
        if now != self._told:
            self._told = now
            self._write(json.dumps(event))

    def started(self, progress: Progress) -> None:
        self.advanced(progress)

    def advanced(self, progress: Progress) -> None:
        self._tell((progress.phase, progress.done_bytes * 1000 // progress.total_bytes), asdict(progress))

    def doing(self, what: str, done: int = 0, total: int = 0) -> None:
        event: dict[str, object] = {"what": what, "done": done, "total": total}
        self._tell(tuple(event.values()), event)


def read_event(line: str, clock_s: float) -> Event:
    """Give the event that a line tells at that reading of the clock; Told when it is one for people."""
    try:
        told = json.loads(line)
        return Advanced(Progress(**told), clock_s) if "phase" in told else Doing(**told, clock_s=clock_s)
    except (ValueError, TypeError):
        return Told(line)
