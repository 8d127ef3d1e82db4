"""A listener for tests."""

import threading
from collections.abc import Callable

from locks.progress import Progress, Reporter


class Told(Reporter):
    """Remembers what it is told; `at_line` may do something at a line, as raise."""

    def __init__(self, at_line: Callable[[str], None] = lambda line: None) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.lines: list[str] = []
        """Notes and warnings, as they came."""
        self.phases: list[str] = []
        """Those begun, in their order."""
        self.subjects: list[str] = []
        """Theirs."""
        self.steps: list[str] = []
        """Those come to that are no phases."""
        self.ended: dict[str, Progress] = {}
        """Phase -> where it ended, complete."""
        self.stopped_at: dict[str, Progress] = {}
        """Phase -> where it ended, incomplete."""
        self._at_line = at_line

    def started(self, progress: Progress) -> None:
        self.phases.append(progress.phase)
        self.subjects.append(progress.subject)

    def entered(self, step: str) -> None:
        self.steps.append(step)

    def finished(self, progress: Progress) -> None:
        self.ended[progress.phase] = progress

    def stopped(self, progress: Progress) -> None:
        self.stopped_at[progress.phase] = progress

    def noted(self, line: str) -> None:
        self.notes.append(line)
        self.lines.append(line)
        self._at_line(line)

    def warned(self, line: str) -> None:
        self.warnings.append(line)
        self.lines.append(line)
        self._at_line(line)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Beats(threading.Event):
    """Stands in for an event that is waited for: `count` waits are over at once, each `seconds` later by the clock."""

    def __init__(self, clock: Clock, count: int, seconds: float) -> None:
        super().__init__()
        self._clock, self._left, self._seconds = clock, count, seconds
        self.is_over = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._left:
            self.is_over.set()
            return True
        self._left -= 1
        self._clock.now_s += self._seconds
        return False

    def set(self) -> None:
        self._left = 0
