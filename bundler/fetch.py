"""Wheels from the index into the store: in parallel, resumed where they broke off, hashed before they count."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from locks import IndexUnavailable, LockedWheel, Problem
from locks.digest import sha256_of_file
from locks.index import Http, Link, SimpleIndex
from locks.index.client import local_path
from locks.index.http import unavailable

from applier.environment.mutex import hold

from .errors import StoreError
from .store import Store

_THREADS = 8
_ATTEMPTS = 5
_CHUNK_BYTES = 1 << 20
_ANSWER_BYTES = 1 << 16  # small, so that Ctrl-C is soon seen on a slow line


class Fetcher:
    """Brings the wheels of a lock into the store."""

    def __init__(
        self, store: Store, http: Http, indexes: Mapping[str, SimpleIndex], report: Callable[[str], None]
    ) -> None:
        self._store = store
        self._http = http
        self._indexes = indexes
        self._report = report
        self._stopping = Event()

    def fetch(self, wheels: Iterable[LockedWheel]) -> dict[str, Path]:
        """Give every wheel's file in the store by its file name; what is there already is hashed, the rest fetched.

        Raises:
            StoreError: with every wheel that cannot be had with the lock's digest.
        """
        paths: dict[str, Path] = {}
        problems: list[Problem] = []
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch") as pool:
            largest_first = sorted(wheels, key=lambda wheel: (-wheel.size_bytes, wheel.filename))
            jobs = [(wheel, pool.submit(self._ensure, wheel)) for wheel in largest_first]
            try:
                for wheel, job in jobs:
                    try:
                        paths[wheel.filename] = job.result()
                    except (IndexUnavailable, StoreError) as error:
                        problems.extend(error.problems)
            except BaseException:
                self._stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        if problems:
            raise StoreError(problems)
        return paths

    def _ensure(self, wheel: LockedWheel) -> Path:
        if path := self._store.get(wheel):
            return path
        partial = self._store.partial_path(wheel.sha256)
        partial.parent.mkdir(parents=True, exist_ok=True)
        with hold(
            partial.with_suffix(".lock"),
            waiting=lambda: self._report(f"waiting for {wheel.filename}"),
            cancelled=self._stopping.is_set,
        ):
            # Whoever held it before may have fetched this very wheel.
            return self._store.get(wheel) or self._download(wheel, partial)

    def _download(self, wheel: LockedWheel, partial: Path) -> Path:
        link = self._find(wheel)
        self._report(f"fetching {wheel.filename} ({wheel.size_bytes / 1e6:,.1f} MB)")
        found = ""
        for _ in range(2):  # a resumed file may have gone wrong before: once more, from its first byte
            resumed = partial.exists()
            self._gather(link, partial)
            found, size_bytes = sha256_of_file(partial)
            if (found, size_bytes) == (wheel.sha256, wheel.size_bytes):
                return self._store.adopt(partial, wheel.sha256)
            partial.unlink()
            if not resumed:
                break
        raise StoreError(
            Problem(
                code="wheel-changed",
                where=wheel.filename,
                expected=f"sha256 {wheel.sha256}, {wheel.size_bytes} bytes",
                found=f"sha256 {found}, {size_bytes} bytes",
                hint="the index gives other bytes than it did at compile time",
            )
        )

    def _find(self, wheel: LockedWheel) -> Link:
        """Find the wheel wherever it is offered; its hash tells it from a namesake, so every place may be asked."""
        unhashed = None
        for link in self._indexes[wheel.index].every_link(wheel.name):
            if link.filename == wheel.filename:
                if link.sha256 == wheel.sha256:
                    return link
                unhashed = unhashed or (link if link.sha256 is None else None)
        if unhashed is not None:
            return unhashed
        raise StoreError(
            Problem(
                code="wheel-not-offered",
                where=wheel.filename,
                expected=f"the wheel on the {wheel.index} index",
                found="none with that name and sha256",
                hint="it was taken down or replaced: compile again",
            )
        )

    def _gather(self, link: Link, partial: Path) -> None:
        """Complete the partial file, from where it ends.

        Raises:
            IndexUnavailable: it broke off time and again.
        """
        source = local_path(link.url)
        if source is not None:
            _copy(source, partial)
            return
        for attempt in range(_ATTEMPTS):
            try:
                self._append(link, partial)
                return
            except IndexUnavailable:
                if attempt == _ATTEMPTS - 1 or not partial.exists():
                    raise

    def _append(self, link: Link, partial: Path) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._http.open(link.url, headers=headers) as answer:
            if answer.status == 416:  # nothing is left to send: the file is whole, or too long
                return
            if answer.status not in (200, 206):
                raise unavailable(link.url, f"status {answer.status}")
            with partial.open("ab" if answer.status == 206 else "wb") as stream:
                for chunk in answer.stream(_ANSWER_BYTES):
                    stream.write(chunk)
                    if self._stopping.is_set():  # Ctrl-C: what is here stays, and is resumed next time
                        raise CancelledError


def _copy(source: Path, partial: Path) -> None:
    try:
        with source.open("rb") as reading, partial.open("wb") as writing:
            while chunk := reading.read(_CHUNK_BYTES):
                writing.write(chunk)
            os.fsync(writing.fileno())
    except OSError as error:
        raise unavailable(source.as_uri(), error.strerror or str(error)) from None
