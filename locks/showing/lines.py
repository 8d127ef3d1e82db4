"""Progress in plain lines: one after the other for logs, one written over and over for terminals."""

from collections.abc import Callable, Sequence

from ..progress import Progress, Reading
from .pace import Paced
from .words import WORTH_TELLING_S, cells, encodable, end_of, line_of, whole_of


class LineReporter(Paced):
    """One line at the start and end of each phase, and one every ten seconds, however little happens in between.

    Of a phase that is over at once the end is not told.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._write = write

    def show_start(self, progress: Progress) -> None:
        self.show_note(whole_of(progress))

    def show_state(self, progress: Progress, readings: Sequence[Reading]) -> None:
        self.show_note(line_of(progress, readings))

    def show_end(self, progress: Progress, seconds: float) -> None:
        if seconds >= WORTH_TELLING_S:
            self.show_note(end_of(progress, seconds))

    def show_note(self, line: str) -> None:
        self._write(f"{line}\n")


class TerminalReporter(LineReporter):
    """One line that is written over and over while a phase lasts, with nothing that a terminal may not know.

    `width` gives the terminal's columns, `encoding` is its own. The end of a phase leaves a line, as all that is said
    does.
    """

    pace_s = 0.2
    beat_s = 1.0

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], float],
        width: Callable[[], int],
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(write, clock)
        self._width = width
        self._encoding = encoding
        self._line = ""

    def show_start(self, progress: Progress) -> None:
        self.show_state(progress, ())

    def show_state(self, progress: Progress, readings: Sequence[Reading]) -> None:
        width = self._width() - 1  # the last column wraps on some
        line = line_of(encodable(progress, self._encoding), readings, width)
        blank = " " * (min(cells(self._line), width) - cells(line))
        self._line = line
        self._write(f"\r{line}{blank}")  # one write, and nothing is cleared before: it cannot flicker

    def show_end(self, progress: Progress, seconds: float) -> None:
        self.close()
        super().show_end(progress, seconds)

    def show_stop(self, progress: Progress) -> None:
        self.close()

    def show_note(self, line: str) -> None:
        self._write(f"{self._cleared()}{line}\n{self._line}")

    def _cleared(self) -> str:
        return f"\r{' ' * cells(self._line)}\r" if self._line else ""

    def close(self) -> None:
        if self._line:
            self._write(self._cleared())
            self._line = ""
