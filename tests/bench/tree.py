"""The resident memory of a command and all its processes together, looked at while they run. Linux alone tells it."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

_PAUSE_S = 0.02
_PROC = Path("/proc")


def _status(place: Path) -> dict[str, str]:
    with contextlib.suppress(OSError):  # it ended meanwhile
        lines = (place / "status").read_text("utf-8", "replace").splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return {}


def tree_bytes(root: int, proc: Path = _PROC) -> int:
    """Give the resident bytes, now, of a process and all that descend from it; 0 when it is gone.

    What processes share, such as libraries, is counted once for each.
    """
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for place in proc.glob("[0-9]*"):
        status = _status(place)
        if "PPid" in status:
            parents[int(place.name)] = int(status["PPid"])
            sizes[int(place.name)] = int(status.get("VmRSS", "0 kB").split()[0]) * 1024
    tree = {root}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(sizes.get(pid, 0) for pid in tree)


class Watch:
    """Keeps the largest sum that was seen."""

    def __init__(self) -> None:
        self.peak_bytes = 0

    def look(self, root: int) -> None:
        """Look once."""
        self.peak_bytes = max(self.peak_bytes, tree_bytes(root))


@contextlib.contextmanager
def watching(root: int) -> Iterator[Watch]:
    """Look at a process and its descendants many times a second, for the length of a `with` block."""
    watch, done = Watch(), threading.Event()

    def keep_looking() -> None:
        while not done.wait(_PAUSE_S):
            watch.look(root)

    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()
