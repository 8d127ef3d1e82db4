"""The hashes of wheels in the store, computed while something else is done with the wheels."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from locks import LockedWheel, Problem

from .errors import StoreDamaged
from .store import Store

_MAX_THREADS = 4
"""More of them wait for the disk, not for the processor."""


class Verification:
    """Under way for the length of a `with` block."""

    def __init__(self, store: Store, wheels: Iterable[LockedWheel]) -> None:
        self._store = store
        self._wheels = sorted(wheels, key=lambda wheel: (-wheel.size_bytes, wheel.filename))
        self._pool = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1), thread_name_prefix="verify")

    def __enter__(self) -> Self:
        self._jobs = [(wheel, self._pool.submit(self._store.is_sound, wheel)) for wheel in self._wheels]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for no more than what is being hashed."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def confirm(self) -> None:
        """Wait for all hashes; to be called when nobody reads the wheels any more.

        Raises:
            StoreDamaged: some wheels were not what they should be; they are in the store no more.
            OSError: one cannot be read.
        """
        damaged = [wheel for wheel, job in self._jobs if not job.result()]
        for wheel in damaged:
            self._store.discard(wheel)
        if damaged:
            raise StoreDamaged(map(_problem, damaged))


def _problem(wheel: LockedWheel) -> Problem:
    return Problem(
        code="store-damaged",
        where=wheel.filename,
        expected="the bytes that were stored",
        found="other bytes, twice in one run",
        hint="look after the disk that the store is on, or give another --store",
    )
