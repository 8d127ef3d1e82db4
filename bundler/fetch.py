"""Wheels into the store: those that are not there are fetched side by side, each hashed before it counts."""

from collections.abc import Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Protocol

from locks import IndexUnavailable, LockedWheel, Problem
from locks.progress import Phase, Reporter, phase

from applier.environment.mutex import hold

from .errors import StoreError, not_written
from .store import Store

if TYPE_CHECKING:
    from .download import Downloader, WheelSources

_THREADS = 8


class OpenSources(Protocol):
    """Gives where wheels come from; called when one is missing."""

    def __call__(self, *, patient: bool) -> "WheelSources":
        """Open them; without patience, what cannot be reached is given up at once."""


class Fetcher:
    """Brings the wheels of locks into the store."""

    def __init__(self, store: Store, open_sources: OpenSources, reporter: Reporter, *, patient: bool = True) -> None:
        """Without patience: for what can be done without."""
        self._store = store
        self._open_sources = open_sources
        self._patient = patient
        self._reporter = reporter
        self._stopping = Event()

    def fetch(self, wheels: Iterable[LockedWheel]) -> None:
        """Fetch those of `wheels` of which the store has no file; what it has is not hashed here.

        Raises:
            StoreError: with every wheel that cannot be had with the lock's digest, or the place that cannot be written.
            IndexUnavailable: the sources cannot be opened.
        """
        missing = [wheel for wheel in wheels if not self._store.has(wheel)]
        if not missing:
            return
        from .download import Downloader  # what speaks to networks need not be there when nothing is missing

        downloader = Downloader(self._open_sources(patient=self._patient), self._stopping)
        largest_first = sorted(missing, key=lambda wheel: (-wheel.size_bytes, wheel.filename))
        total_bytes = sum(wheel.size_bytes for wheel in missing)
        with (
            phase(self._reporter, "fetching", total_bytes=total_bytes, total=len(missing), unit="wheels") as progress,
            ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch") as pool,
        ):
            jobs = [pool.submit(self._ensure, wheel, downloader, progress) for wheel in largest_first]
            try:
                problems = self._problems_of(jobs)
            except BaseException:
                self._stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            if problems:
                raise StoreError(problems)

    def _problems_of(self, jobs: Iterable[Future[None]]) -> list[Problem]:
        problems: list[Problem] = []
        for job in jobs:
            try:
                job.result()
            except (IndexUnavailable, StoreError) as error:
                problems.extend(error.problems)
            except OSError as error:  # a full disk is full for all of them
                raise StoreError(not_written("store-not-written", self._store.folder, error)) from None
        return problems

    def _ensure(self, wheel: LockedWheel, downloader: "Downloader", progress: Phase) -> None:
        partial = self._store.partial_path(wheel.sha256)
        partial.parent.mkdir(parents=True, exist_ok=True)
        with hold(
            partial.with_suffix(".lock"),
            waiting=lambda: self._reporter.noted(f"waiting for {wheel.filename}"),
            cancelled=self._stopping.is_set,
        ):
            if self._store.get(wheel):  # whoever held it before fetched this very wheel
                progress.advance(wheel.filename, wheel.size_bytes, 1)
                return
            if self._stopping.is_set():
                raise CancelledError
            downloader.download(wheel, partial, progress.advance)
            self._store.adopt(partial, wheel.sha256)
            progress.advance(wheel.filename, more=1)
