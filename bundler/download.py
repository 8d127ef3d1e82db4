"""One wheel from wherever it is offered into one file: resumed where it broke off, hashed in the same pass."""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from locks import IndexUnavailable, LockedWheel, Problem
from locks.index import Http, Link, SimpleIndex
from locks.index.client import local_path
from locks.index.http import unavailable
from locks.progress import Advance
from locks.sizes import megabytes

from .errors import StoreError

_ATTEMPTS = 5
"""In a row; one that brings some bytes is not counted, so that a large wheel comes over a bad line too."""
_PROGRESS_BYTES = 1 << 20
_FIRST_PAUSE_S = 0.1
_CHUNK_BYTES = 1 << 20
_ANSWER_BYTES = 1 << 16  # small, so that Ctrl-C is soon seen on a slow line


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSources:
    """Where wheels are fetched from."""

    http: Http
    indexes: Mapping[str, SimpleIndex]
    """The place to ask for each alias in the locks."""


class _Gathering:
    """A partial file, and the digest of what is in it."""

    def __init__(self, path: Path, advance: Callable[[int], None]) -> None:
        self.path = path
        self.size_bytes = 0
        self.digest = hashlib.sha256()
        self._advance = advance

    def write(self, chunks: Iterator[bytes], *, limit_bytes: int) -> None:
        """Append; more than `limit_bytes` in all is not taken in, for no good comes of it."""
        with self.path.open("ab") as stream:
            for chunk in chunks:
                stream.write(chunk)
                stream.flush()  # what is counted is in the file, whatever happens next
                self._count(chunk)
                if self.size_bytes > limit_bytes:
                    return

    def read_again(self) -> None:
        """Hash what a former run left."""
        with self.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                self._count(chunk)

    def start_over(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)
        self._advance(-self.size_bytes)
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def _count(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.size_bytes += len(chunk)
        self._advance(len(chunk))


class Downloader:
    """Gathers wheels, each in a file of its own; threads may use it at once."""

    def __init__(self, sources: WheelSources, stopping: Event) -> None:
        """What is under way ends soon after `stopping` is set."""
        self._http = sources.http
        self._indexes = sources.indexes
        self._stopping = stopping

    def download(self, wheel: LockedWheel, partial: Path, advance: Advance) -> None:
        """Complete the file at `partial`, so that it is the wheel.

        Raises:
            IndexUnavailable: it broke off time and again; what arrived stays.
            StoreError: nobody offers it, or it has other bytes than the lock's; nothing stays.
            CancelledError: we are stopping; what arrived stays.
        """
        link = self._find(wheel)
        gathering = _Gathering(partial, lambda more_bytes: advance(wheel.filename, more_bytes, 0))
        resumed = partial.exists()
        if resumed:
            gathering.read_again()
        if self._gather(link, gathering, wheel):
            return
        if resumed:  # it may have gone wrong before: once more, from its first byte
            gathering.start_over()
            if self._gather(link, gathering, wheel):
                return
        found = f"sha256 {gathering.digest.hexdigest()}, {gathering.size_bytes} bytes"
        gathering.start_over()
        raise StoreError(
            Problem(
                code="wheel-changed",
                where=wheel.filename,
                expected=f"sha256 {wheel.sha256}, {wheel.size_bytes} bytes",
                found=found,
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
        raise StoreError(_not_stored(wheel) if self._http.offline else _not_offered(wheel))

    def _gather(self, link: Link, gathering: _Gathering, wheel: LockedWheel) -> bool:
        """Complete the partial file, from where it ends; say whether it is the wheel now.

        Raises:
            IndexUnavailable: it broke off time and again.
        """
        if (source := local_path(link.url)) is not None:
            gathering.start_over()
            gathering.write(self._chunks_of(source), limit_bytes=wheel.size_bytes)
        else:
            self._complete(link, gathering, wheel.size_bytes)
        return (gathering.digest.hexdigest(), gathering.size_bytes) == (wheel.sha256, wheel.size_bytes)

    def _complete(self, link: Link, gathering: _Gathering, limit_bytes: int) -> None:
        fruitless = 0
        while True:
            before_bytes = gathering.size_bytes
            try:
                self._append(link, gathering, limit_bytes)
                return
            except IndexUnavailable:
                fruitless = 0 if gathering.size_bytes - before_bytes >= _PROGRESS_BYTES else fruitless + 1
                # NOTE: where no answer ever began the connection has retried already.
                if fruitless == _ATTEMPTS or not gathering.path.exists():
                    raise
                self._pause(fruitless)

    def _pause(self, fruitless: int) -> None:
        """Wait before the next try, each time twice as long; never in step with others who wait too."""
        self._stopping.wait(_FIRST_PAUSE_S * 2**fruitless * random.uniform(0.5, 1))  # noqa: S311  # no secret

    def _append(self, link: Link, gathering: _Gathering, limit_bytes: int) -> None:
        have = gathering.size_bytes
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._http.open(link.url, headers=headers) as answer:
            if answer.status == 416:  # nothing is left to send: the file is whole, or too long
                return
            if answer.status not in (200, 206):
                raise unavailable(link.url, f"status {answer.status}")
            if have and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                if answer.status == 206:
                    raise unavailable(link.url, "another part than was asked for")
                gathering.start_over()
            gathering.write(self._until_stopped(answer.stream(_ANSWER_BYTES)), limit_bytes=limit_bytes)

    def _until_stopped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            if self._stopping.is_set():  # Ctrl-C: what is here stays, and is resumed next time
                raise CancelledError

    def _chunks_of(self, source: Path) -> Iterator[bytes]:
        try:
            with source.open("rb") as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise unavailable(source.as_uri(), error.strerror or str(error)) from None


def _not_offered(wheel: LockedWheel) -> Problem:
    return Problem(
        code="wheel-not-offered",
        where=wheel.filename,
        expected=f"the wheel on the {wheel.index} index",
        found="none with that name and sha256",
        hint="it was taken down or replaced: compile again",
    )


def _not_stored(wheel: LockedWheel) -> Problem:
    return Problem(
        code="wheel-not-in-store",
        where=wheel.filename,
        expected=f"the wheel ({megabytes(wheel.size_bytes)} MB) in the store or in a find-links folder",
        found="it in neither",
        hint="run once without --offline, or put it into a folder and give --find-links",
    )
