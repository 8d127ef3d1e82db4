"""Removing a tree for good: read-only files, long paths, and files that are in use for a moment. The edge."""

import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)
# What passes when a scanner or an indexer lets go of a file, or a program stops making new ones.
_MAY_PASS = {errno.EBUSY, errno.ENOTEMPTY} | ({errno.EACCES} if sys.platform == "win32" else set())


def extended(path: Path, *, windows: bool = os.name == "nt") -> str:
    r"""Give the spelling of an absolute path that Windows takes at any length (`\\?\`); the path itself elsewhere."""
    text = str(path)
    if not windows or text.startswith("\\\\?\\"):
        return text
    return f"\\\\?\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\\\?\\{text}"


def _make_writable(folder: str) -> None:
    """Let everything below be removed: on POSIX that is the folders' to allow, on Windows the files'."""
    os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101  # a Path would lose the extended spelling on Windows
    for here, subfolders, names in os.walk(folder):
        for name in [*subfolders, *(names if os.name == "nt" else ())]:
            full = os.path.join(here, name)  # noqa: PTH118
            if not os.path.islink(full):  # noqa: PTH114
                os.chmod(full, stat.S_IRWXU)  # noqa: PTH101


def _remove(path: str) -> None:
    try:
        shutil.rmtree(path)
    except PermissionError:
        _make_writable(path)
        shutil.rmtree(path)


def patiently(attempt: Callable[[], None], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Try something again with growing pauses, three seconds in all, while it fails for what may pass."""
    for pause_s in _PAUSES_S:
        try:
            return attempt()
        except OSError as error:
            if error.errno not in _MAY_PASS:
                raise
        sleep(pause_s)
    return attempt()


def remove_tree(path: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Remove a folder, a file or a link, if it is there; a link is not followed.

    Raises:
        OSError: something could not be removed; the rest may be gone.
    """
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        patiently(lambda: _remove(extended(path)), sleep=sleep)
