"""The applier's errors.

locks.Error
├── ApplyRefused     the target folder, the disk or the user's wish stands in the way    exit 1
├── BundleDamaged    the bundle is not what its makers wrote, or not by one we trust     exit 3
├── MachineUnfit     this machine cannot run what the bundle holds                       exit 4
└── CheckFailed      the finished environment failed a critical check                    exit 5
"""

from typing import ClassVar

from locks import Error, ExitCode, Problem
from locks.problem import printable

from .changed import FileChanged

COPY_AGAIN = "copy the bundle again, or ask its maker for a new one"
GIVE_BASE = "give the update its base, by --base FILE or --store DIR; the environment was altered"
MAKE_ROOM = "free space or permissions, then try again; --no-keep and --destroy-first need less space"


class ApplyRefused(Error):
    """Nothing was replaced, for a reason outside the bundle."""


class BundleDamaged(Error):
    """The bundle is truncated, altered, incomplete, not signed by whom this machine trusts, or no bundle at all."""

    exit_code: ClassVar[ExitCode] = ExitCode.DAMAGED


class MachineUnfit(Error):
    """System, Python, driver or GPU do not fit the bundle's target."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNFIT


class CheckFailed(Error):
    """A critical check failed in the new environment, which was then removed."""

    exit_code: ClassVar[ExitCode] = ExitCode.CHECK_FAILED


def damaged(where: str, expected: str, found: str) -> Problem:
    """Give the problem that something of the bundle is not what was written; its words may be the bundle's own."""
    where, expected, found = map(printable, (where, expected, found))
    return Problem(code="bundle-damaged", where=where, expected=expected, found=found, hint=COPY_AGAIN)


def not_read(error: OSError, where: str, expected: str) -> Problem:
    """Give the problem that the bundle, or a part of it, cannot be read, or not any more."""
    if isinstance(error, FileChanged):
        return Problem(
            code="file-changed",
            where=str(error.filename),
            expected="the file that was there at first",
            found=str(error.strerror),
            hint="leave it alone while it is read, then start again",
        )
    return damaged(where, expected, error.strerror or str(error))


def write_failed(error: OSError) -> Error:
    """Put in a problem what the system refused: a full disk, missing permission; or a bundle that was altered."""
    if isinstance(error, FileChanged):
        return BundleDamaged(not_read(error, "", ""))
    return ApplyRefused(
        Problem(
            code="write-failed",
            where=str(error.filename or "the environment"),
            expected="to read and write",
            found=error.strerror or str(error),
            hint=MAKE_ROOM,
        )
    )
