"""A file of the old environment taken into the new one, in place of inflating it: cloned, else linked, else copied.

Nothing is believed of the old environment: what is taken is hashed in this very run, by now or in a look before, and
nobody changed it since. A link is the old environment's own file under one more name; by its stamp, what is written
through it afterwards is noticed.

A stamp tells that only of a file that is settled: in the tick of the file system's clock in which it was last changed
it may change again, and keep it. What was changed just now is copied, hashed as it passes.
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
    """That of the old environment's file, if it was linked, or spare and settled; None for a file of its own."""


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


def _is_one_path(path: str, other: str, flavour: ModuleType = os.path) -> bool:
    """Say whether two paths are spelled alike, as the system goes by: Windows takes both slashes, and any case."""
    return bool(flavour.normcase(path) == flavour.normcase(other))


def _last_change_ns(status: os.stat_result) -> int:
    """Give when a file or folder was last changed: by the one time that nobody sets, which on Windows is not told."""
    return status.st_mtime_ns if sys.platform == "win32" else status.st_ctime_ns


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
        self._links = old.links
        # A moment that has passed, by the file system's own clock: as a rule when this run made its lock there.
        self._settled_before_ns = _last_change_ns(os.stat(os.path.dirname(old.folder)))  # noqa: PTH116, PTH120

    def take(self, file: File) -> Taken | None:
        """Make a file out of the old environment's; None, and nothing made, when that is another, or none.

        A spare one is not made, whatever is found.

        Raises:
            OSError: it cannot be made in the folder.
        """
        source, target = f"{self._old.folder}/{file.path}", f"{self._folder}/{file.path}"  # no Path: it takes its time
        stream = self._opened(source)
        if stream is None:
            return None
        with stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != file.size_bytes:
                return None
            taken, is_made = self._taken(stream, status, source, target, file)
        if taken is None and is_made:
            os.unlink(target)  # noqa: PTH108  # not before: on Windows no name of a file that is open can be removed
        return taken

    def _taken(
        self, stream: io.FileIO, status: os.stat_result, source: str, target: str, file: File
    ) -> tuple[Taken | None, bool]:
        """Make the target, and say whether it is there; but nothing is taken when it is not what it must be.

        It never has its name and its size before its bytes are known to be right: whoever sees it may go by these.
        """
        is_settled = _last_change_ns(status) < self._settled_before_ns
        may_link = self._links and _may_be_shared(status, file.mode & self._old.mode_mask)
        if not (file.is_spare or (is_settled and (self._clones or may_link))):
            return self._copied(stream, status, target, file), True
        sha256 = self._hashed(stream, status, file)
        if sha256 is None or file.is_spare:
            stamp = Stamp.of(status) if is_settled else None
            return Taken(sha256=sha256, stamp=stamp) if sha256 else None, False
        is_clone = self._clones = self._clones and clone(stream.fileno(), target, file.mode)
        is_link = not is_clone and may_link and self._link(source, target)
        if not is_clone and not is_link:
            stream.seek(0)
            self._moved(-file.size_bytes)
            return self._copied(stream, status, target, file), True
        stamp = Stamp.of(os.lstat(target) if is_link else os.fstat(stream.fileno()))
        expected = Stamp.of(status)
        if is_link:  # which sets the time of change; to write, and set that time back, takes somebody between two calls
            expected = expected._replace(changed_ns=stamp.changed_ns)
        taken = Taken(sha256=sha256, stamp=stamp if is_link else None)
        return taken if stamp == expected else None, True

    def _opened(self, path: str) -> io.FileIO | None:
        try:
            return io.FileIO(os.open(path, _READ)) if self._lies_inside(path) else None
        except (OSError, ValueError):  # ValueError: a path that no system has, as a damaged receipt may name
            return None

    def _lies_inside(self, path: str) -> bool:
        """Say whether a path of the old environment leads to what is in it, with no link on the way."""
        folder = os.path.dirname(path)  # noqa: PTH120  # quicker
        if folder not in self._is_plain:
            self._is_plain[folder] = _is_one_path(os.path.realpath(folder), folder)
        return self._is_plain[folder]

    def _link(self, source: str, target: str) -> bool:
        """Link what is at `source` by now to `target`; False, and nothing made, when that cannot be.

        Not every file system has links, a file can have so many only, and not everybody may link everything. Then no
        other of these files is tried: each would be hashed before it is copied.
        """
        try:
            os.link(source, target)
        except OSError:
            self._links = False
        return self._links

    def _hashed(self, stream: io.FileIO, status: os.stat_result, file: File) -> str | None:
        """Give the file's sha256, from now or from when it was seen; None when it is another file."""
        if file.seen and file.seen == Stamp.of(status):
            self._moved(file.size_bytes)
            return file.digest
        digest = FileDigest(file.algorithm)
        for chunk in self._chunks(stream):
            digest.update(chunk)
            self._moved(len(chunk))
        return self._sha256_if_same(stream, status, file, digest)

    def _copied(self, stream: io.FileIO, status: os.stat_result, target: str, file: File) -> Taken | None:
        """Copy the file, its end when all of it was hashed; None when it is another file."""
        digest, end = FileDigest(file.algorithm), memoryview(b"")
        sink = create(target, file.mode)
        try:
            for chunk in self._chunks(stream):
                digest.update(chunk)
                self._moved(len(chunk))
                if digest.size_bytes >= file.size_bytes:
                    end = chunk
                    break
                write_all(sink, chunk)
            sha256 = self._sha256_if_same(stream, status, file, digest)
            if sha256 is None:
                return None
            write_all(sink, end)
        finally:
            os.close(sink)
        return Taken(sha256=sha256, stamp=None)

    def _sha256_if_same(self, stream: io.FileIO, status: os.stat_result, file: File, digest: FileDigest) -> str | None:
        """Give the sha256 of what was read, if that is the file wanted, and nobody wrote to it meanwhile."""
        is_unchanged = Stamp.of(os.fstat(stream.fileno())) == Stamp.of(status)
        if is_unchanged and (digest.size_bytes, digest.as_recorded) == (file.size_bytes, file.digest):
            return digest.sha256
        self._moved(-digest.size_bytes)
        return None

    def _chunks(self, stream: io.FileIO) -> Iterator[memoryview]:
        """Give the file's bytes; what cannot be read ends it, and then it is too short."""
        with suppress(OSError):
            while count := stream.readinto(self._buffer):
                yield self._buffer[:count]
