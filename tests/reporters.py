"""A listener for tests."""

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
        self.ended: dict[str, Progress] = {}
        """Phase -> where it ended, complete."""
        self.stopped_at: dict[str, Progress] = {}
        """Phase -> where it ended, incomplete."""
        self._at_line = at_line

    def started(self, progress: Progress) -> None:
        self.phases.append(progress.phase)

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
