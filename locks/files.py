"""Lock files on disk, and the paths that may stand in them; `locks.read` knows what is in them."""

from pathlib import Path, PureWindowsPath

from .problem import LockError, Problem

MANIFEST = "manifest.toml"
MAX_LOCK_BYTES = 16 << 20
LOCK_PATTERN = "pylock.*.toml"
"""What the names of locks look like."""


def is_plain_path(path: str) -> bool:
    """Say whether `path` is relative, printable, with forward slashes, and leads on no system out of its start."""
    parts = path.split("/")
    return path.isprintable() and not ("\\" in path or PureWindowsPath(path).drive or {"", ".", ".."} & set(parts))


def manifests_near(folder: Path) -> list[Path]:
    """Give the manifest of `folder`, else of the nearest folder above, else all those in `locks/stacks` below it."""
    above = (place / MANIFEST for place in (folder, *folder.absolute().parents))
    nearest = next((path for path in above if path.is_file()), None)
    return [nearest] if nearest else sorted(folder.glob(f"locks/stacks/*/{MANIFEST}"))


def lock_files(folder: Path) -> list[Path]:
    """Give the lock files in `folder` by name; a folder that is not there has none."""
    return sorted(folder.glob(LOCK_PATTERN))


def no_locks(place: str) -> LockError:
    """Give the error for a place that holds no lock."""
    return LockError(
        Problem(
            code="no-locks",
            where=place,
            expected=f"a lock, or a folder with locks in it ({LOCK_PATTERN})",
            found="none",
            hint="name the folder that venvault compile wrote to",
        )
    )


def read_lock_file(path: Path) -> bytes:
    """Give the bytes of a lock file; of one that is too large to be a lock, no more than show it.

    Raises:
        LockError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_LOCK_BYTES + 1)
    except OSError as error:
        problem = Problem(code="lock-unreadable", where=str(path), expected="a lock file", found=error.strerror or "")
        raise LockError(problem) from None
