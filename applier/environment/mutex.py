"""One apply at a time for one place: an advisory lock on a file beside it, freed by the system if we are killed."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path

_POLL_S = 0.2

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _acquire(path: Path) -> int | None:
    """Open and lock the file; None while another holds it, or when it was removed under us by the one who did."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    held = False
    try:
        with suppress(FileNotFoundError):
            held = _try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat())
    finally:
        if not held:
            os.close(descriptor)
    return descriptor if held else None


def _release(path: Path, descriptor: int) -> None:
    """Let go; a file that cannot be removed is no obstacle to the next."""
    with suppress(OSError):
        if sys.platform == "win32":  # an open file cannot be removed there; closing frees the lock
            os.close(descriptor)
            path.unlink(missing_ok=True)
        else:  # removed while still held, so that nobody locks a file about to vanish
            try:
                path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


@contextmanager
def hold(path: Path, *, waiting: Callable[[], None], cancelled: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it as long as it takes; `waiting` is called once if it must.

    Raises:
        CancelledError: `cancelled` came true while waiting.
    """
    descriptor = _acquire(path)
    if descriptor is None:
        waiting()
    while descriptor is None:
        if cancelled():
            raise CancelledError
        time.sleep(_POLL_S)
        descriptor = _acquire(path)
    try:
        yield
    finally:
        _release(path, descriptor)
