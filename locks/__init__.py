"""The shared vocabulary of all stages: targets, locks, digests, problems. Imports no stage."""

from typing import TYPE_CHECKING

from .lazily import lazily

if TYPE_CHECKING:
    from .lock import Check, Drop, LeftOut, Limits, Lock, LockedFile, LockedWheel
    from .problem import Error, ExitCode, IndexUnavailable, LockError, Problem, WayOut
    from .progress import Progress, Reporter
    from .target import Platform, Target

__all__ = [
    "Check",
    "Drop",
    "Error",
    "ExitCode",
    "IndexUnavailable",
    "LeftOut",
    "Limits",
    "Lock",
    "LockError",
    "LockedFile",
    "LockedWheel",
    "Platform",
    "Problem",
    "Progress",
    "Reporter",
    "Target",
    "WayOut",
]
__getattr__ = lazily(
    __name__,
    {
        "Check": "lock",
        "Drop": "lock",
        "Error": "problem",
        "ExitCode": "problem",
        "IndexUnavailable": "problem",
        "LeftOut": "lock",
        "Limits": "lock",
        "Lock": "lock",
        "LockError": "problem",
        "LockedFile": "lock",
        "LockedWheel": "lock",
        "Platform": "target",
        "Problem": "problem",
        "Progress": "progress",
        "Reporter": "progress",
        "Target": "target",
        "WayOut": "problem",
    },
)
