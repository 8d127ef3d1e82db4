"""A file of the old environment taken into the new one, in place of inflating it: cloned, else linked, else copied.

Nothing is believed of the old environment: what is taken was hashed just now, and nobody changed it meanwhile. A link
is the old environment's own file under one more name; by its stamp, what is written through it afterwards is noticed.
"""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..digest import FileDigest
from .clone import clone
from .job import File, Old, Stamp
from .sink import create, write_all

_CHUNK_BYTES = 1 << 18
# Not waiting: what is no regular file may be a pipe.
_READ = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was taken."""

    sha256: str
    """In RECORD's spelling."""
    stamp: Stamp | None
    """That of the old environment's file, if it was linked, or spare; None for a file of its own."""


def _opened(path: str) -> io.FileIO | None:
    try:
        return io.FileIO(os.open(path, _READ))
    except OSError:
        return None


if sys.platform == "win32":

    def _may_be_shared(status: os.stat_result, mode: int) -> bool:
        """Say whether a file may have one more name where it is to have `mode`.

        A read-only one may not: before it is removed that is lifted, which would reach it under its other name.
        """
        return bool(status.st_mode & mode & stat.S_IWRITE)
else:

    def _may_be_shared(status: os.stat_result, mode: int) -> bool:
        """Say whether a file may have one more name where it is to have `mode`: mode and owner are one for both."""
        return (stat.S_IMODE(status.st_mode), status.st_uid) == (mode, os.geteuid())


def _linked(source: str, target: str) -> bool:
    """Link what is at `source` by now to `target`; False, and nothing made, when that cannot be.

    Not every file system has links, a file can have so many only, and not everybody may link everything.
    """
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def _is_one_path(path: str, other: str, flavour: ModuleType = os.path) -> bool:
    """Say whether two paths are spelled alike, as the system goes by: Windows takes both slashes, and any case."""
    return bool(flavour.normcase(path) == flavour.normcase(other))


class Taking:
    """Takes files of the old environment into a folder."""

    def __init__(self, old: Old, folder: Path, moved: Callable[[int], None]) -> None:
        """Take from `old` into `folder`; `moved` is told of bytes that were hashed, and taken back."""
        self._old = old
        self._folder = str(folder)
        self._moved = moved
        self._buffer = memoryview(bytearray(_CHUNK_BYTES))
        self._is_plain: dict[str, bool] = {}
        self._clones = True

    def take(self, file: File) -> Taken | None:
        """Make a file out of the old environment's; None, and nothing made, when that is another, or none.

        A spare one is not made, whatever is found.

        Raises:
            OSError: it cannot be made in the folder.
        """
        source, target = f"{self._old.folder}/{file.path}", f"{self._folder}/{file.path}"  # no Path: it takes its time
        stream = _opened(source) if self._lies_inside(source) else None
        if stream is None:
            return None
        with stream:
            before = os.fstat(stream.fileno())
            if not stat.S_ISREG(before.st_mode) or before.st_size != file.size_bytes:
                return None
            taken = self._taken(stream, before, source, target, file)
        if taken is None and not file.is_spare:
            os.unlink(target)  # noqa: PTH108  # not before: on Windows no name of a file that is open can be removed
        return taken

    def _taken(self, stream: io.FileIO, before: os.stat_result, source: str, target: str, file: File) -> Taken | None:
        """Make the target; None when it has not become what it must be."""
        is_link, sink = (False, None) if file.is_spare else self._make(stream, before, source, target, file)
        if is_link and not os.path.samestat(os.lstat(target), before):  # exchanged since it was opened
            return None
        stamp = Stamp.of(os.fstat(stream.fileno()))  # a link sets its time of change
        told = stamp if is_link or file.is_spare else None
        # Of a link the time of writing is left to compare; setting it back takes somebody between two calls of ours.
        if file.seen and sink is None and file.seen == Stamp.of(before) and file.seen.written_ns == stamp.written_ns:
            self._moved(file.size_bytes)
            return Taken(sha256=file.digest, stamp=told)
        digest = self._hash(stream, sink, file.algorithm)
        is_unchanged = Stamp.of(os.fstat(stream.fileno())) == stamp
        if is_unchanged and (digest.size_bytes, digest.as_recorded) == (file.size_bytes, file.digest):
            return Taken(sha256=digest.sha256, stamp=told)
        self._moved(-digest.size_bytes)
        return None

    def _lies_inside(self, path: str) -> bool:
        """Say whether a path of the old environment leads to what is in it, with no link on the way."""
        folder = os.path.dirname(path)  # noqa: PTH120  # quicker
        if folder not in self._is_plain:
            self._is_plain[folder] = _is_one_path(os.path.realpath(folder), folder)
        return self._is_plain[folder]

    def _make(
        self, stream: io.FileIO, status: os.stat_result, source: str, target: str, file: File
    ) -> tuple[bool, int | None]:
        """Make the target; say whether it is a link, and give the descriptor to copy to, if nothing better was had."""
        self._clones = self._clones and clone(stream.fileno(), target, file.mode)
        if self._clones:
            return False, None
        may_link = self._old.links and _may_be_shared(status, file.mode & self._old.mode_mask)
        if may_link and _linked(source, target):
            return True, None
        return False, create(target, file.mode)

    def _hash(self, stream: io.FileIO, sink: int | None, algorithm: str) -> FileDigest:
        """Hash the old environment's file, and copy what passes to `sink`, which is then closed."""
        digest = FileDigest(algorithm)
        try:
            for chunk in self._chunks(stream):
                digest.update(chunk)
                if sink is not None:
                    write_all(sink, chunk)
                self._moved(len(chunk))
        finally:
            if sink is not None:
                os.close(sink)
        return digest

    def _chunks(self, stream: io.FileIO) -> Iterator[memoryview]:
        """Give the file's bytes; what cannot be read ends it, and then it is too short."""
        with suppress(OSError):
            while count := stream.readinto(self._buffer):
                yield self._buffer[:count]
