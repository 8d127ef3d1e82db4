"""The two renames that replace an environment, and what undoes them.

The new environment is built beside the old one, so both renames stay on one file system. The names of the siblings
tell where a killed run stopped: whatever is found, one whole environment can be put back in place.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locks import Problem

from ..errors import ApplyRefused
from .mutex import hold


@dataclass(frozen=True, slots=True)
class Siblings:
    """The places an apply uses: the environment's own, and two beside it."""

    final: Path

    @property
    def staging(self) -> Path:
        """Where the new environment is built."""
        return self.final.with_name(f"{self.final.name}.venvault-new")

    @property
    def retired(self) -> Path:
        """Where the old environment waits until the new one is in place."""
        return self.final.with_name(f"{self.final.name}.venvault-old")

    @property
    def mutex(self) -> Path:
        """What serialises two applies."""
        return self.final.with_name(f"{self.final.name}.venvault-lock")


def _make_writable_and_retry(failed: Callable[..., Any], path: str, caught: Any) -> None:
    """Remove a read-only file on Windows after all; whatever else fails, fails."""
    if failed not in (os.unlink, os.remove, os.rmdir):
        raise caught[1]
    Path(path).chmod(stat.S_IWRITE | stat.S_IREAD)
    failed(path)


def remove_tree(path: Path) -> None:
    """Remove a folder if it is there, read-only files on Windows included."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, onerror=_make_writable_and_retry)


def recover(siblings: Siblings) -> str | None:
    """Clean up after a run that was killed; say what was done, None when there was nothing to do."""
    done = []
    if siblings.retired.exists() and not siblings.final.exists():
        siblings.retired.rename(siblings.final)
        done.append("put the old environment back in place")
    for leftover in (siblings.staging, siblings.retired):
        if leftover.exists():
            remove_tree(leftover)
            done.append(f"removed {leftover.name}")
    return "an earlier run was cut off: " + ", ".join(done) if done else None


def _refused(siblings: Siblings, error: OSError) -> ApplyRefused:
    return ApplyRefused(
        Problem(
            code="environment-in-use",
            where=str(siblings.final),
            expected="an environment that can be moved",
            found=error.strerror or str(error),
            hint="close the programs that run from it, then try again",
        )
    )


def swap(siblings: Siblings) -> None:
    """Put the staged environment in place; on failure the old one is back where it was.

    An interrupt that comes when both renames are done comes too late, and is let go.

    Raises:
        ApplyRefused: the old environment cannot be moved, as on Windows while it is in use.
    """
    try:
        if siblings.final.exists():
            siblings.final.rename(siblings.retired)
        siblings.staging.rename(siblings.final)
    except BaseException as error:
        if siblings.retired.exists() and not siblings.final.exists():
            siblings.retired.rename(siblings.final)
        if isinstance(error, OSError):
            raise _refused(siblings, error) from None
        if siblings.staging.exists():
            raise


@contextmanager
def transaction(final: Path, report: Callable[[str], None]) -> Iterator[Siblings]:
    """Hold the place for one apply: recover first, and leave nothing staged behind, whatever happens."""
    siblings = Siblings(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    with hold(siblings.mutex, waiting=lambda: report("waiting for another apply to finish")):
        if done := recover(siblings):
            report(done)
        try:
            yield siblings
        except BaseException:
            with suppress(OSError):  # what cannot be removed now must not hide why; the next run removes it
                remove_tree(siblings.staging)
            raise
