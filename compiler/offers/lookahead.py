"""Looking ahead in the background, by threads that nobody has to wait for: Ctrl-C ends the program at once."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread

THREADS = 16


class Lookahead:
    """Runs what it is given, sooner or later, until it is closed."""

    def __init__(self) -> None:
        self._looks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closed = Event()
        self._threads: list[Thread] = []

    def _work(self) -> None:
        while (look := self._looks.get()) is not None:
            if not self._closed.is_set():
                look()

    def add(self, look: Callable[[], None]) -> None:
        """Run `look` in the background; it must not raise."""
        if len(self._threads) < THREADS and not self._closed.is_set():
            # NOTE: daemons, since the interpreter waits for all others when it ends, also for one that hangs.
            thread = Thread(target=self._work, name="lookahead", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._looks.put(look)

    def close(self, *, wait: bool) -> None:
        """Drop what has not begun; wait for the rest to end if asked to."""
        self._closed.set()
        for _ in self._threads:
            self._looks.put(None)
        for thread in self._threads if wait else ():
            thread.join()
