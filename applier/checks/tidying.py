"""Tidy up after a round of checks: what still runs is ended, and the folder of shared bytecode removed. The edge.

Read as source and run as a script in a process of its own, which outlives a master that is killed. The master says on
standard input which process it has started, says so again when that has ended, and may ask for a folder; the end of the
input tells that the round is over, or that its master is gone.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress

FOLDER = "folder"
"""The word that asks for a folder; its path comes back as a line, in hexadecimal, empty where none can be had."""
ROOM_BYTES = 1 << 30
"""What must be free: a disk that is nearly full is left to others, to an environment that is being built say."""
_ATTEMPTS, _PAUSE_S = 100, 0.05


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
    folder = ""
    for line in sys.stdin:
        if line.strip() != FOLDER:
            running ^= {int(line)}
            continue
        folder = make_folder()
        with suppress(OSError):  # the master is gone
            os.write(1, os.fsencode(folder).hex().encode("ascii") + b"\n")
    end(running)
    if folder:
        remove_folder(folder)


if __name__ == "__main__":
    main()
