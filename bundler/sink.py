"""Where a bundle's bytes go: one file, or volumes of a given size, hashed while they are written."""

import hashlib
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Lock

from locks import Problem

from applier.bundle.volumes import MAX_VOLUMES, Volume

from .errors import OutputError

CHUNK_BYTES = 1 << 20
_ZEROS = memoryview(bytes(CHUNK_BYTES))


class _Digests:
    """The sha256 of every volume, of bytes that come in their order; found beside the thread that writes them."""

    def __init__(self) -> None:
        self._digests = [hashlib.sha256()]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="volumes")
        self._last = Future[None]()
        self._last.set_result(None)

    def update(self, index: int, data: memoryview) -> None:
        """Take in more of the volume at `index`; no more than one stretch of bytes waits at a time."""
        while index >= len(self._digests):
            self._digests.append(hashlib.sha256())
        self._last.result()
        self._last = self._thread.submit(self._digests[index].update, bytes(data))

    def close(self) -> list[str]:
        """Give the volumes' digests in hex."""
        self._thread.shutdown()
        return [digest.hexdigest() for digest in self._digests]


class Sink:
    """Takes the bundle's bytes, each at its place and once, from any thread.

    Volumes are cut and hashed as they fill up, so that their bytes must come in order.
    """

    def __init__(self, first: Path, volume_bytes: int | None) -> None:
        self._first = first
        self._volume_bytes = volume_bytes or 1 << 62
        self._digests = _Digests() if volume_bytes else None
        self._came_in_order = True
        self._files: list[FileIO] = []
        self._lock = Lock()
        self.size_bytes = 0
        """Up to the last byte that was written."""
        self.published: tuple[Path, ...] = ()
        """What the files were called in the end."""
        self.makes_holes = False
        """Whether bytes may be written ahead of others; some file systems fill what lies before with zeros."""

    @property
    def is_in_order(self) -> bool:
        """Whether every byte must be written after the one before it."""
        return self._digests is not None

    @property
    def paths(self) -> list[Path]:
        """The files written so far."""
        return [Path(str(file.name)) for file in self._files]

    def _file(self, index: int) -> FileIO:
        while index >= len(self._files):
            if len(self._files) == MAX_VOLUMES:
                expected, hint = f"at most {MAX_VOLUMES} volumes", "give a larger --split"
                raise OutputError(
                    Problem(code="volumes-too-many", where=str(self._first), expected=expected, found="more", hint=hint)
                )
            self._files.append(FileIO(self._first.with_name(f"{self._first.name}{len(self._files) or ''}"), "w"))
        return self._files[index]

    def look_for_holes(self) -> None:
        """Try whether the file system makes holes, which Windows does not tell; nothing may be written yet."""
        if sys.platform != "win32":
            file = self._file(0)
            with suppress(OSError):
                file.seek(CHUNK_BYTES)
                file.write(b"\0")
                self.makes_holes = os.fstat(file.fileno()).st_blocks * 512 < CHUNK_BYTES

    def write(self, offset: int, data: bytes | memoryview) -> None:
        """Write bytes from `offset` on."""
        with self._lock:
            self._came_in_order &= offset == self.size_bytes
            self.size_bytes = max(self.size_bytes, offset + len(data))
            left = memoryview(data)
            while left:
                index, place = divmod(offset, self._volume_bytes)
                piece = left[: self._volume_bytes - place]
                if self._digests:
                    self._digests.update(index, piece)
                self._write(self._file(index), place, piece)
                offset, left = offset + len(piece), left[len(piece) :]

    def _write(self, file: FileIO, place: int, piece: memoryview) -> None:
        if piece == _ZEROS[: len(piece)]:  # a hole takes neither disk nor time
            return
        file.seek(place)
        while piece:
            piece = piece[file.write(piece) :]

    def finish(self) -> list[Volume]:
        """Give every file its length, and close it; give what the list says of volumes."""
        sizes = [
            min(self.size_bytes - index * self._volume_bytes, self._volume_bytes) for index in range(len(self._files))
        ]
        for file, size_bytes in zip(self._files, sizes, strict=True):
            file.truncate(size_bytes)
            file.close()
        assert self._digests is None or self._came_in_order, "volumes are hashed as their bytes come"
        digests = self._digests.close() if self._digests else []
        return [
            Volume(size_bytes=size_bytes, sha256=sha256) for size_bytes, sha256 in zip(sizes, digests, strict=False)
        ]

    def remove(self) -> None:
        """Close every file, and remove those that were not taken away."""
        if self._digests:
            self._digests.close()
        for file in self._files:
            file.close()
        for path in self.paths:
            path.unlink(missing_ok=True)
