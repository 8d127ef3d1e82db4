"""The compiler's errors.

locks.Error
├── ManifestError     the manifest is wrong: its author's to mend
├── ResolutionError   no set of wheels meets the manifest
├── BlacklistError    one does, but a banned package is in it
└── OutputError       the locks cannot be written
"""

from locks import Error


class ManifestError(Error):
    """The manifest is not valid; every fault is carried, each with its dotted path."""


class ResolutionError(Error):
    """No set of wheels meets the manifest on some target."""


class BlacklistError(Error):
    """A blacklisted package reached the closure of some target."""


class OutputError(Error):
    """The locks cannot be written where they were asked for."""
