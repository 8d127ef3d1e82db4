"""The window and the processes behind it, joined: events come in by a queue, a new state shows or starts something."""

import queue
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .child import Child
from .state import Event, Stage, State, step

_CLOSED_BY_USER = 1


class Run:
    """One window's life: holds the state, starts and stops the process that it asks for."""

    def __init__(self, arguments: Sequence[str], report: Path, *, unattended: bool) -> None:
        self.state = State(unattended=unattended)
        self.report = report
        """Where each run leaves its support report."""
        self._arguments = arguments
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._child: Child | None = None

    def post(self, event: Event) -> None:
        """Have an event handled by the next `drain`; any thread may."""
        self._events.put(event)

    def start(self) -> None:
        """Begin with looking at everything."""
        self._begin()

    def drain(self) -> None:
        """Handle every event that waits."""
        with suppress(queue.Empty):
            while True:
                self._handle(self._events.get_nowait())

    def exit_code(self) -> int:
        """Give what the last run ended with; that of a refusal when the user closed the window before its end."""
        return self.state.ended.code if self.state.ended and self.state.ended.code >= 0 else _CLOSED_BY_USER

    def _handle(self, event: Event) -> None:
        before, self.state = self.state, step(self.state, event)
        if self.state.stage is not before.stage:
            self._begin()
        stopping = self.state.stage is Stage.CANCELLING or (self.state.closing and self.state.stage is Stage.CHECKING)
        if stopping and self._child:
            self._child.cancel()

    def _begin(self) -> None:
        if self.state.stage is Stage.CHECKING:
            self._start("--check")
        elif self.state.stage is Stage.INSTALLING:
            self._start(*(["--yes"] if self.state.has_agreed else []))

    def _start(self, *more: str) -> None:
        self._child = Child([*self._arguments, *more, f"--report={self.report}"], self.post)
