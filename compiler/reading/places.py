"""Locks on disk, all of a place at once."""

from collections.abc import Mapping
from pathlib import Path

from locks import Lock, LockError, Problem
from locks.files import lock_files, no_locks, read_lock_file
from locks.read import read_lock

Files = Mapping[str, bytes]
"""What each lock file is called in problems -> its bytes."""


def read_place(place: Path) -> Files:
    """Read a lock file, or all locks of a folder.

    Raises:
        LockError: there is none, or one cannot be read.
    """
    paths = lock_files(place) if place.is_dir() else [place]
    if not paths:
        raise no_locks(str(place))
    return {str(path): read_lock_file(path) for path in paths}


def parse_locks(files: Files) -> dict[str, Lock]:
    """Read every lock.

    Raises:
        LockError: with the problems of all that are not ours, or contradict themselves.
    """
    locks: dict[str, Lock] = {}
    problems: list[Problem] = []
    for document, data in files.items():
        try:
            locks[document] = read_lock(data, document=document)
        except LockError as error:
            problems += error.problems
    if problems:
        raise LockError(problems)
    return locks
