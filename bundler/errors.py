"""The bundler's errors.

locks.Error
├── StoreError        a wheel cannot be fetched, is not what the lock says, or the store cannot be used
│   └── StoreDamaged  wheels in the store are not what they were
├── WheelConflict     the wheels of a lock cannot be installed together, or must not be
└── OutputError       the bundle cannot be written, or the lock cannot be chosen
"""

from pathlib import Path

from locks import Error, Problem


class StoreError(Error):
    """A wheel could not be brought into the store with the lock's digest."""


class StoreDamaged(StoreError):
    """Some wheels in the store had other bytes than were stored; they were removed from it."""


class WheelConflict(Error):
    """Some wheels cannot be installed, alone or together, or bring what the blacklist bans."""


class OutputError(Error):
    """No bundle can be written from what was given, or to where it was asked for."""


def not_written(code: str, path: Path, error: OSError) -> Problem:
    """Make the problem for a file that the system does not let us write."""
    return Problem(
        code=code,
        where=str(error.filename or path),
        expected="to write there",
        found=error.strerror or str(error),
        hint="make room, or name another place",
    )
