"""How a run tells its progress to the process that shows it: JSON lines between the lines for people."""

import json
from collections.abc import Callable
from dataclasses import asdict

from locks.progress import Progress, Reporter


class LineEvents(Reporter):
    """Writes a line of JSON whenever a phase is a thousandth further."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told = ("", -1)

    def _tell(self, progress: Progress) -> None:
        done, total = progress.measure
        now = (progress.phase, done * 1000 // total if total else done)
        if now != self._told:
            self._told = now
            self._write(json.dumps(asdict(progress)))

    def started(self, progress: Progress) -> None:
        self._tell(progress)

    def advanced(self, progress: Progress) -> None:
        self._tell(progress)

    def noted(self, line: str) -> None:
        self._write(line)

    def warned(self, line: str) -> None:
        self._write(line)


def read_line(line: str) -> Progress | str:
    """Give the progress that a line tells; the line itself when it is one for people."""
    try:
        return Progress(**json.loads(line))
    except (ValueError, TypeError):
        return line
