"""Tidy up after a round of checks: what still runs is ended, and the folder of shared bytecode removed. The edge.

Read as source and run as a script in a process of its own, which outlives a master that is killed. The master says on
standard input which process it has started, says so again when that has ended, and may ask for a folder; the end of the
input tells that the round is over, or that its master is gone. A file system that does not answer keeps nobody waiting.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

FOLDER = "folder"
"""The word that asks for a folder; its path comes back as a line, in hexadecimal, empty where none can be had."""
ROOM_BYTES = 1 << 30
"""What must be free: a disk that is nearly full is left to others, to an environment that is being built say."""
_ATTEMPTS, _PAUSE_S = 100, 0.05
_PATIENCE_S = 5
"""How long a folder may take to be made."""
_LONG_PATIENCE_S = 30
"""How long it may take to be removed, with the thousands of files that may be in it."""


def make_folder() -> str:
    """Make a folder for this user alone; give its path, empty where none can be had."""
    try:
        place = tempfile.gettempdir()
        if place == os.getcwd() or shutil.disk_usage(place).free < ROOM_BYTES:  # noqa: PTH109  # no pathlib: for speed
            return ""
        return tempfile.mkdtemp(prefix="venvault-bytecode-")
    except OSError:
        return ""


def remove_folder(folder: str) -> None:
    """Remove it, until it is gone: who is killed comes to the end of a call first, and may leave one more file."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            break
        time.sleep(_PAUSE_S)


class Keeper(threading.Thread):
    """Has a folder from its start until `dismiss`; nobody waits for it longer than a file system may take to answer."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._folder = ""
        self._made, self._over = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        self._folder = make_folder()
        self._made.set()
        self._over.wait()
        if self._folder:
            remove_folder(self._folder)

    def folder(self) -> str:
        """Give the folder's path; empty where none can be had, or not soon: one that comes later nobody is told of."""
        self._made.wait(_PATIENCE_S)
        return self._folder

    def dismiss(self) -> None:
        """See the folder gone."""
        self._over.set()
        self.join(_LONG_PATIENCE_S)


def end(processes: Iterable[int]) -> None:
    """End them, and all they started where the system has groups."""
    for number in processes:
        with suppress(OSError):
            if sys.platform == "win32":  # SIGTERM ends a process there as SIGKILL does elsewhere
                os.kill(number, signal.SIGTERM)
            else:
                os.killpg(number, signal.SIGKILL)


def main() -> None:
    """Listen until the input ends, then tidy up."""
    os.chdir(os.sep)  # so that `tempfile`, where it finds no folder for such files, falls back to nobody's
    running: set[int] = set()
    keepers: list[Keeper] = []
    for line in sys.stdin:
        if line.strip() != FOLDER:
            running ^= {int(line)}
            continue
        keepers.append(Keeper())
        with suppress(OSError):  # the master is gone
            os.write(1, os.fsencode(keepers[-1].folder()).hex().encode("ascii") + b"\n")
    end(running)
    for keeper in keepers:
        keeper.dismiss()


if __name__ == "__main__":
    main()
