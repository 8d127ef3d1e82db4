"""What must still be there after a power cut, brought to the disk. The edge."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "linux":
    import ctypes

    _library = ctypes.CDLL(None, use_errno=True)

    def _sync_all_beside(descriptor: int) -> None:
        """Bring the file system of an open folder to the disk: nobody waits for what others write elsewhere."""
        if _library.syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
elif sys.platform != "win32":

    def _sync_all_beside(_descriptor: int) -> None:
        os.sync()
else:

    def _sync_all_beside(_descriptor: int) -> None:
        """Windows does not let us ask for it."""


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where that can be asked for: not on Windows, nor on every network share.

    What could not be brought there is done all the same, so that this never fails.
    """
    if os.name != "nt":
        with suppress(OSError), _opened(folder) as descriptor:
            os.fsync(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file, and bring it to the disk with its name."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)


def sync_file_system(folder: Path) -> None:
    """Bring everything written so far to the file system of `folder` to the disk.

    On Windows that cannot be asked for; macOS begins it, and may come back before the disk has it.

    Raises:
        OSError: the disk did not take all of it (Linux alone tells).
    """
    if os.name != "nt":
        with _opened(folder) as descriptor:
            _sync_all_beside(descriptor)
