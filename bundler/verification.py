"""Wheels in the store that are not what they were: found, told, and in the store no more."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from locks import LockedWheel, Problem
from locks.processors import processors

from .errors import StoreDamaged
from .store import Store

_MAX_THREADS = 4
"""More of them wait for the disk, not for the processor."""


def _problem(wheel: LockedWheel) -> Problem:
    return Problem(
        code="store-damaged",
        where=wheel.filename,
        expected="the bytes that were stored",
        found="other bytes, twice in one run",
        hint="look after the disk that the store is on, or give another --store",
    )


def refuse_damaged(store: Store, damaged: Iterable[LockedWheel]) -> None:
    """Take wheels out of the store that were found to be damaged.

    Raises:
        StoreDamaged: there are some.
    """
    damaged = tuple(damaged)
    for wheel in damaged:
        store.discard(wheel)
    if damaged:
        raise StoreDamaged(map(_problem, damaged))


def verify_wheels(store: Store, wheels: Iterable[LockedWheel]) -> None:
    """Hash wheels in the store, side by side; nobody must be reading them.

    Raises:
        StoreDamaged: some are not what they should be; they are in the store no more.
        OSError: one cannot be read.
    """
    wheels = tuple(wheels)
    with ThreadPoolExecutor(min(_MAX_THREADS, processors()), thread_name_prefix="verify") as pool:
        sound = list(pool.map(store.is_sound, wheels))
    refuse_damaged(store, (wheel for wheel, is_sound in zip(wheels, sound, strict=True) if not is_sound))
