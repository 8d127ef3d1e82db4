"""The place an environment goes to, as far as can be seen without touching it. The edge; `judge` decides."""

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from ..environment.siblings import LONGEST_ADDITION

if sys.platform == "win32":
    from .windows import long_paths_enabled, may_add_to

_WINDOWS_PATH = 259
"""Characters, the closing zero left out."""
_WINDOWS_LONG_PATH = 32_766


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """What was seen. Lengths are in characters on Windows, in bytes elsewhere."""

    final: Path
    """Where the environment goes, absolute, links resolved."""
    parent: Path
    """The nearest thing above it that is there, as a rule a folder."""
    has_old: bool
    """Whether something is there, which stays until the new environment is proven."""
    may_add: bool
    """Whether files may be made in that folder."""
    may_replace: bool
    """Whether what is at the place may be renamed; True where nothing is."""
    free_bytes: int
    free_files: int | None
    """How many files the file system still has room for; None where it sets no limit."""
    block_bytes: int
    """What a file's size is rounded up to."""
    longest_path: int
    """The longest path that the system takes."""
    prefix: int
    """Length of the longest folder that the environment's files will ever be in, with its separator."""


def length_of(path: str) -> int:
    """Give a path's length as the system counts it."""
    return len(path) if sys.platform == "win32" else len(os.fsencode(path))


if sys.platform == "win32":

    def _may_add(folder: Path) -> bool:
        return may_add_to(folder)

    def _may_replace(final: Path) -> bool:
        return not final.exists() or may_add_to(final)

    def _longest_path(_parent: Path) -> int:
        return _WINDOWS_LONG_PATH if long_paths_enabled() else _WINDOWS_PATH

    def _blocks(_parent: Path) -> tuple[int, int | None]:
        return 4096, None  # NTFS's usual cluster; it makes room for files as they come
else:

    def _may_add(folder: Path) -> bool:
        return os.access(folder, os.W_OK | os.X_OK)

    def _may_replace(final: Path) -> bool:
        """Other people's folders stay where they are in a folder like /tmp, and nobody empties one that is closed.

        Its owner can open it again: an environment that was made read-only is replaced by whoever made it.
        """
        if not final.exists():
            return True
        user, owner, parent = os.geteuid(), final.stat().st_uid, final.parent.stat()
        sticky = parent.st_mode & stat.S_ISVTX and user not in (0, parent.st_uid, owner)
        return not sticky and (user == owner or os.access(final, os.W_OK | os.X_OK))

    def _longest_path(parent: Path) -> int:
        return os.pathconf(parent, "PC_PATH_MAX") - 1

    def _blocks(parent: Path) -> tuple[int, int | None]:
        system = os.statvfs(parent)
        return system.f_frsize, system.f_favail if system.f_files else None


def look_at_place(final: Path) -> PlaceFacts:
    """Gather the facts about a place, absolute, links resolved; raises OSError when it cannot be looked at."""
    parent = next(place for place in final.parents if place.exists())
    block_bytes, free_files = _blocks(parent)
    return PlaceFacts(
        final=final,
        parent=parent,
        has_old=final.exists(),
        may_add=parent.is_dir() and _may_add(parent),
        may_replace=_may_replace(final),
        free_bytes=shutil.disk_usage(parent).free,
        free_files=free_files,
        block_bytes=block_bytes,
        longest_path=_longest_path(parent),
        prefix=length_of(str(final)) + LONGEST_ADDITION + 1,
    )
