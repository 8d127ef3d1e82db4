"""A wheel's METADATA without the wheel: advertised apart (PEP 658), else read out of the zip by byte ranges.

A wheel is never fetched whole for it: an index that offers neither way is refused.
"""

import io
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from packaging.utils import NormalizedName, canonicalize_name

from locks import IndexUnavailable, Problem
from locks.digest import sha256_of_bytes, sha256_of_stream
from locks.index import Http, Link
from locks.index.client import local_path
from locks.index.http import unavailable

from .directory import find_metadata, span, unpack

TAIL_BYTES = 64 << 10
"""Holds the central directory of nine wheels in ten, and METADATA as well for eight."""
# What zipfile ends in on a damaged or an encrypted wheel.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
_READ_AHEAD_BYTES = 16 << 10


class RangeFile(io.RawIOBase):
    """A remote file, read by ranges: its tail first, then what is asked for and not held yet."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url
        tail = http.get_part(url, f"-{TAIL_BYTES}")
        self.tail = tail.body
        self.size_bytes = tail.total_bytes
        self._parts = {tail.start: tail.body}
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        if start + offset < 0:  # zipfile looks for a damaged file's end there, and expects this
            raise OSError(f"no byte {start + offset}")
        self._position = start + offset
        return self._position

    def _held(self, start: int, stop: int) -> bytes | None:
        for at, body in self._parts.items():
            if at <= start and stop <= at + len(body):
                return body[start - at : stop - at]
        return None

    def read(self, size: int | None = -1) -> bytes:
        left = max(self.size_bytes - self._position, 0)
        count = left if size is None or size < 0 else min(size, left)
        if count == 0:
            return b""
        start, stop = self._position, self._position + count
        held = self._held(start, stop)
        if held is None:
            last = min(max(stop, start + _READ_AHEAD_BYTES), self.size_bytes) - 1
            part = self._http.get_part(self._url, f"{start}-{last}")
            if part.start != start:
                raise unavailable(self._url, f"bytes from {part.start} on for a request from {start} on")
            self._parts[part.start] = part.body
            held = part.body[:count]
        self._position += len(held)
        return held


def _metadata_in(archive: zipfile.ZipFile, filename: str) -> bytes:
    folder = "-".join(filename.split("-")[:2]) + ".dist-info"
    names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
    exact = [name for name in names if name.startswith(f"{folder}/")]
    if not names:
        raise zipfile.BadZipFile("no METADATA in it")
    return archive.read((exact or names)[0])


def _read_by_entry(source: BinaryIO | RangeFile, link: Link) -> bytes | None:
    """Read METADATA by its directory entry alone, if that stands in the remote file's tail."""
    if not isinstance(source, RangeFile):
        return None
    entry = find_metadata(source.tail, project_of(link))
    if entry is None:
        return None
    source.seek(entry.offset)
    return unpack(entry, source.read(span(entry)))


def _read_by_directory(source: BinaryIO | RangeFile, filename: str) -> bytes:
    with zipfile.ZipFile(cast("BinaryIO", source)) as archive:
        return _metadata_in(archive, filename)


def project_of(link: Link) -> NormalizedName:
    """Give the project that the wheel's name tells."""
    return canonicalize_name(link.filename.partition("-")[0])


def damaged(link: Link, found: str) -> IndexUnavailable:
    """Make the error for a wheel that does not hold what a wheel must."""
    return IndexUnavailable(
        Problem(code="wheel-unreadable", where=link.filename, expected="a wheel with METADATA", found=found)
    )


def _changed(code: str, where: str, expected: str, found: str) -> IndexUnavailable:
    hint = "the index contradicts itself: ask it again with --refresh, or later"
    return IndexUnavailable(Problem(code=code, where=where, expected=expected, found=found, hint=hint))


def _read_advertised(http: Http, link: Link) -> bytes | None:
    answer = http.get(f"{link.url}.metadata")
    if answer.status != 200:
        return None
    if link.metadata_sha256 and (found := sha256_of_bytes(answer.body)) != link.metadata_sha256:
        raise _changed("metadata-changed", f"{link.filename}.metadata", f"sha256 {link.metadata_sha256}", found)
    return answer.body


def _open_remote(http: Http, link: Link) -> RangeFile:
    """Open a wheel on an index.

    Raises:
        IndexUnavailable: it cannot be had by ranges, or is not the file that its page tells of.
    """
    file = RangeFile(http, link.url)
    if link.size_bytes not in (None, file.size_bytes):
        raise _changed("wheel-changed", link.filename, f"{link.size_bytes} bytes", f"{file.size_bytes} bytes")
    return file


def fetch_metadata(http: Http, link: Link) -> bytes:
    """Give the METADATA of one wheel.

    Raises:
        IndexUnavailable: it cannot be had without the whole wheel, or what is offered is damaged.
    """
    if link.metadata_sha256 is not None and (advertised := _read_advertised(http, link)) is not None:
        return advertised
    path = local_path(link.url)
    source = open_wheel(path) if path else _open_remote(http, link)
    try:
        return _read_by_entry(source, link) or _read_by_directory(source, link.filename)
    except _UNREADABLE as error:
        raise damaged(link, str(error)) from None
    finally:
        source.close()


def open_wheel(path: Path) -> BinaryIO:
    """Open a wheel of a find-links folder."""
    try:
        return path.open("rb")
    except OSError as error:
        raise IndexUnavailable(
            Problem(code="wheel-unreadable", where=str(path), expected="a readable file", found=str(error.strerror))
        ) from None


def hash_file(http: Http, url: str) -> tuple[str, int]:
    """Read a file once, whole; give its sha256 and size in bytes.

    Raises:
        IndexUnavailable: it cannot be had.
    """
    path = local_path(url)
    if path is not None:
        with open_wheel(path) as stream:
            return sha256_of_stream(stream)
    with http.open(url) as answer:
        if answer.status != 200:
            raise unavailable(url, f"status {answer.status}")
        return sha256_of_stream(cast("BinaryIO", answer))
