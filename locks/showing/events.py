"""Progress for programs: `--json`, an event a line, the result last."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..progress import Progress, Reading, left_s
from .pace import Paced


def event_line(event: str, more: Mapping[str, Any]) -> str:
    """Give an event as a line of JSON, in ASCII, whatever the terminal or the pipe can hold."""
    return json.dumps({"event": event, **more})


class EventReporter(Paced):
    """Writes an event for all it is told, and for how far it is at most four times a second."""

    pace_s = 0.25

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._write = write

    def _tell(self, event: str, progress: Progress, **more: Any) -> None:
        self._write(event_line(event, {**asdict(progress), **more}))

    def show_start(self, progress: Progress) -> None:
        self._tell("started", progress)

    def show_state(self, progress: Progress, readings: Sequence[Reading]) -> None:
        left = left_s(readings, progress.measure[1])
        self._tell("advanced", progress, left_s=None if left is None else round(left, 1))

    def show_end(self, progress: Progress, seconds: float) -> None:
        self._tell("finished", progress, seconds=round(seconds, 1))

    def show_stop(self, progress: Progress) -> None:
        self._tell("stopped", progress)

    def show_note(self, line: str) -> None:
        self._write(event_line("note", {"line": line}))

    def show_warning(self, line: str) -> None:
        self._write(event_line("warning", {"line": line}))


def read_event(line: str) -> Mapping[str, Any] | None:
    """Read a line of events; None when it is none, as what a library prints."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def read_progress(event: Mapping[str, Any]) -> Progress:
    """Read the progress that an event tells which is about a phase."""
    return Progress(**{name: event[name] for name in Progress.__dataclass_fields__})
