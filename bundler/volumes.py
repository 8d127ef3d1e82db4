"""Where a bundle is written to: one file, or volumes of a given size; whole or not at all."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from threading import Lock

from locks import Problem
from locks.digest import sha256_of_file

from applier.bundle.volumes import MAX_VOLUMES, Volume, list_path, volume_path, volumes_beside, volumes_to_bytes
from applier.environment.mutex import hold

from .errors import OutputError

CHUNK_BYTES = 1 << 20
_ZEROS = memoryview(bytes(CHUNK_BYTES))
_SIZE = re.compile(r"([0-9]{1,15})([KMGT]?)(?:-([0-9]{1,15}))?")
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def parse_size(text: str) -> int:
    """Read a size in bytes: 1900M, or 4G-1; K, M, G and T are powers of 1024. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip().upper())
    size_bytes = (int(match[1]) << _UNITS[match[2]]) - int(match[3] or 0) if match else 0
    if size_bytes <= 0:
        raise ValueError(f"no size: {text!r}")
    return size_bytes


class Sink:
    """Takes the bundle's bytes, each at its place and once, from any thread. Volumes are cut as they fill up."""

    def __init__(self, first: Path, volume_bytes: int | None) -> None:
        self._first = first
        self._volume_bytes = volume_bytes or 1 << 62
        self._files: list[FileIO] = []
        self._lock = Lock()
        self.size_bytes = 0
        """Up to the last byte that was written."""
        self.published: tuple[Path, ...] = ()
        """What the files were called in the end."""
        self.makes_holes = False
        """Whether bytes may be written ahead of others; some file systems fill what lies before with zeros."""

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
            self.size_bytes = max(self.size_bytes, offset + len(data))
            view = memoryview(data if data != _ZEROS[: len(data)] else b"")  # a hole takes neither disk nor time
            while view:
                index, place = divmod(offset, self._volume_bytes)
                file = self._file(index)
                file.seek(place)
                count = file.write(view[: self._volume_bytes - place])
                offset, view = offset + count, view[count:]

    def finish(self) -> None:
        """Give every file its length, and close it."""
        for index, file in enumerate(self._files):
            file.truncate(min(self.size_bytes - index * self._volume_bytes, self._volume_bytes))
            file.close()

    def remove(self) -> None:
        """Close every file, and remove those that were not taken away."""
        for file in self._files:
            file.close()
        for path in self.paths:
            path.unlink(missing_ok=True)


def _publish(paths: list[Path], output: Path) -> tuple[Path, ...]:
    """Give finished volumes their names; give these.

    The list goes first and comes last: whatever is there in between is no bundle, and is not taken for one.
    """
    volumes = [Volume(size_bytes=size_bytes, sha256=sha256) for sha256, size_bytes in map(sha256_of_file, paths)]
    partial_list = paths[0].with_name(f"{paths[0].name}.list")
    partial_list.write_bytes(volumes_to_bytes(volumes))
    list_path(output).unlink(missing_ok=True)
    names = [volume_path(output, number) for number in range(1, len(paths) + 1)]
    for path, name in zip(paths, names, strict=True):
        path.replace(name)
    for path in volumes_beside(output).values():
        if path not in names:
            path.unlink()
    output.unlink(missing_ok=True)
    partial_list.replace(list_path(output))
    return *names, list_path(output)


def _remove_volumes(output: Path) -> None:
    """Remove the volumes that one file stands in for; the list first, as without it they are no bundle."""
    if list_path(output).is_file():
        list_path(output).unlink()
        for path in volumes_beside(output).values():
            path.unlink()


def _remove_leftovers(partial: Path) -> None:
    """Remove what a writer that was killed left."""
    for path in partial.parent.iterdir():
        if path.name.startswith(partial.name):
            path.unlink()


@contextmanager
def replacing(output: Path, volume_bytes: int | None = None) -> Iterator[Sink]:
    """Give a sink; on success its bytes become `output`, or that one's volumes when they do not fit in one.

    What was there before, in whichever form, is there until then and gone after. One writer at a time.

    Raises:
        OutputError: there would be too many volumes.
    """
    partial = output.with_name(f".{output.name}.partial")
    with hold(output.with_name(f".{output.name}.lock"), waiting=lambda: None):
        _remove_leftovers(partial)
        sink = Sink(partial, volume_bytes)
        try:
            sink.look_for_holes()
            yield sink
            sink.finish()
            if len(sink.paths) > 1:
                sink.published = _publish(sink.paths, output)
            else:
                partial.replace(output)
                sink.published = (output,)
                _remove_volumes(output)
        finally:
            sink.remove()
