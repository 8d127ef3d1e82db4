"""Progress as a bar, where rich is installed. Bundles leave this module at home."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..progress import Progress, Reading
from .pace import Paced
from .words import WORTH_TELLING_S, cells, encodable, end_of, head_of, state_of

_BAR_SHARE = 4
"""The bar takes that part of the width."""


class BarReporter(Paced):
    """A bar while a phase lasts; all else is printed above it. The terminal is touched in no other time."""

    pace_s = 0.1
    beat_s = 1.0

    def __init__(self, clock: Callable[[], float], console: Console | None = None) -> None:
        super().__init__(clock)
        self._console = console or Console(stderr=True)
        self._live: Live | None = None

    def _drawn(self, progress: Progress, readings: Sequence[Reading]) -> Table:
        progress = encodable(progress, self._console.encoding)
        head, bar_width = head_of(progress), self._console.width // _BAR_SHARE
        done = progress.fraction
        bar = ProgressBar(total=1.0, completed=done or 0.0, pulse=done is None, width=bar_width)
        room = self._console.width - cells(head) - bar_width - 3
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(Text(head), bar, Text(state_of(progress, readings, max(room, 0)), no_wrap=True))
        return row

    def show_start(self, progress: Progress) -> None:
        self.close()
        self._live = Live(
            self._drawn(progress, ()),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def show_state(self, progress: Progress, readings: Sequence[Reading]) -> None:
        if self._live:
            self._live.update(self._drawn(progress, readings))

    def show_end(self, progress: Progress, seconds: float) -> None:
        self.close()
        if seconds >= WORTH_TELLING_S:
            self.show_note(end_of(progress, seconds))

    def show_stop(self, progress: Progress) -> None:
        self.close()

    def show_note(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)

    def close(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None
