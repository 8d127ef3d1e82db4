"""The shared vocabulary of all stages: targets, locks, digests, problems. Imports no stage."""

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
