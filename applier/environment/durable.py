"""What must still be there after a power cut, brought to the disk. The edge."""

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where that can be asked for: not on Windows, nor on every network share.

    What could not be brought there is done all the same, so that this never fails.
    """
    if os.name != "nt":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file, and bring it to the disk with its name."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)


def sync_all() -> None:
    """Bring everything written so far to the disk, where the system lets us ask for it (all but Windows)."""
    if hasattr(os, "sync"):
        os.sync()
