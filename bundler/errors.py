"""The bundler's errors.

locks.Error
├── StoreError        a wheel cannot be fetched, or is not what the lock says
├── WheelConflict     the wheels of a lock cannot be installed together, or must not be
└── OutputError       the bundle cannot be written, or the lock cannot be chosen
"""

from locks import Error


class StoreError(Error):
    """A wheel could not be brought into the store with the lock's digest."""


class WheelConflict(Error):
    """Some wheels cannot be installed, alone or together, or bring what the blacklist bans."""


class OutputError(Error):
    """No bundle can be written from what was given, or to where it was asked for."""
