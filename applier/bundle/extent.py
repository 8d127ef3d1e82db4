"""Bytes where they lie: stretches of files that read as one file, in any thread and any process.

A bundle in volumes is one extent over all of them; a member of it, and a wheel in a store, are extents too.
"""

import errno
import io
import os
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from ..changed import FileChanged

_BUFFER_BYTES = 1 << 18


def _stamp(stream: io.FileIO) -> tuple[int, int]:
    """Give what is no longer the same once a file was replaced or written to.

    NOTE: not its inode number, which FAT and exFAT make up anew whenever they forget it: USB sticks have these.
    """
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one file."""

    path: Path
    start: int
    size_bytes: int
    stamp: tuple[int, int]
    """Size and time of change of the file when it was first looked at."""

    def open(self) -> io.FileIO:
        """Open the file; it is not moved to `start`.

        Raises:
            OSError: it cannot be opened.
            FileChanged: it was replaced or written to since it was first looked at.
        """
        stream = io.FileIO(self.path)
        if _stamp(stream) == self.stamp:
            return stream
        stream.close()
        raise FileChanged(errno.ESTALE, "another, or an altered one", str(self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Pieces one after another. A value: it can be sent to another process, which then reads the bytes itself."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of_files(cls, paths: Iterable[Path]) -> "Extent":
        """Give the whole of the files at `paths`, as they are now. Raises OSError."""
        pieces = []
        for path in paths:
            with io.FileIO(path) as stream:
                size_bytes, changed = _stamp(stream)
            pieces.append(Piece(path=path, start=0, size_bytes=size_bytes, stamp=(size_bytes, changed)))
        return cls(pieces=tuple(pieces))

    @property
    def size_bytes(self) -> int:
        """Bytes of all pieces."""
        return sum(piece.size_bytes for piece in self.pieces)

    def is_unchanged(self) -> bool:
        """Say whether every file is still the one that was first looked at."""
        try:
            for piece in self.pieces:
                piece.open().close()
        except OSError:
            return False
        return True

    def part(self, start: int, size_bytes: int) -> "Extent":
        """Give a stretch of this extent; it must lie within it."""
        assert 0 <= start <= start + size_bytes <= self.size_bytes, "a stretch inside"
        pieces = []
        for piece in self.pieces:
            first, last = max(start, 0), min(start + size_bytes, piece.size_bytes)
            if first < last:
                place = piece.start + first
                pieces.append(Piece(path=piece.path, start=place, size_bytes=last - first, stamp=piece.stamp))
            start -= piece.size_bytes
        return Extent(pieces=tuple(pieces))

    def open(self, name: str) -> BinaryIO:
        """Open it for reading, with handles of its own; `name` is what `zipfile` and `installer` take for its name.

        Raises:
            OSError: as `Piece.open`; reading may raise them too.
        """
        return io.BufferedReader(_ExtentStream(self.pieces, name), buffer_size=_BUFFER_BYTES)


NOWHERE = Extent(pieces=())
"""Of what is nowhere to be read."""


class _ExtentStream(io.RawIOBase):
    """An extent as a file of its own; how a stored member is read without being unpacked.

    Own rather than `ZipFile.open`, which before Python 3.12 reads a stored member again from its start to seek back.
    One file is open at a time, so that a bundle of many volumes takes no more handles than a single file.
    """

    def __init__(self, pieces: tuple[Piece, ...], name: str) -> None:
        self.name = name
        self._pieces = pieces
        self._starts = list(accumulate((piece.size_bytes for piece in pieces), initial=0))
        self._position = 0
        self._file: io.FileIO | None = None
        self._opened = -1
        if pieces:
            self._open(0)

    def _open(self, index: int) -> io.FileIO:
        """Give the file of the piece at `index`."""
        if self._file is None or self._opened != index:
            file = self._pieces[index].open()
            if self._file is not None:
                self._file.close()
            self._file, self._opened = file, index
        return self._file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = max(origin + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed: WriteableBuffer
        index = bisect_right(self._starts, self._position) - 1
        if index == len(self._pieces):
            return 0
        file, piece = self._open(index), self._pieces[index]
        file.seek(piece.start + self._position - self._starts[index])
        count = file.readinto(memoryview(buffer)[: self._starts[index + 1] - self._position])
        self._position += count
        return count

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()
