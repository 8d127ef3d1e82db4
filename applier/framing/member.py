"""One member's bytes: inflated where need be, counted and summed on the way, refused when they are not as declared."""

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .records import Entry, Fault, Misframed

_CHUNK_BYTES = 1 << 16


def _compressed(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Give the member's bytes as they lie in the zip; whoever else moves `stream` meanwhile is no matter."""
    place, end = entry.data_offset, entry.data_offset + entry.compressed_bytes
    while place < end:
        stream.seek(place)
        chunk = stream.read(min(end - place, _CHUNK_BYTES))
        if not chunk:
            raise Misframed(Fault(entry.name, f"{entry.compressed_bytes} bytes in the zip", "its end"))
        place += len(chunk)
        yield chunk


def _inflated(chunks: Iterator[bytes], entry: Entry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            pending = chunk
            while pending and not inflater.eof:
                yield inflater.decompress(pending, _CHUNK_BYTES)
                pending = inflater.unconsumed_tail
            if inflater.unused_data or (inflater.eof and pending):
                raise Misframed(Fault(entry.name, "nothing behind the end of the deflated data", "more bytes"))
        while not inflater.eof:
            if not (rest := inflater.decompress(b"", _CHUNK_BYTES)):
                raise Misframed(Fault(entry.name, "deflated data with an end", "none"))
            yield rest
    except zlib.error as error:
        raise Misframed(Fault(entry.name, "deflated data", str(error))) from None


def read_member(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Give the member's bytes, at most 64 KiB at a time and never more than declared.

    Raises:
        Misframed: they are more or fewer than the entry says, no deflated data, or of another checksum; known only
            at the end, so nothing that was given counts before.
    """
    chunks = _compressed(stream, entry)
    size_bytes = crc = 0
    for chunk in _inflated(chunks, entry) if entry.is_deflated else chunks:
        size_bytes += len(chunk)
        if size_bytes > entry.size_bytes:
            raise Misframed(Fault(entry.name, f"{entry.size_bytes} bytes", "more"))
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size_bytes != entry.size_bytes:
        raise Misframed(Fault(entry.name, f"{entry.size_bytes} bytes", str(size_bytes)))
    if crc != entry.crc:
        raise Misframed(Fault(entry.name, f"checksum {entry.crc:08x}", f"{crc:08x}"))


class MemberStream(io.RawIOBase):
    """`read_member` as a file, for who wants one."""

    def __init__(self, stream: BinaryIO, entry: Entry) -> None:
        super().__init__()
        self._chunks = read_member(stream, entry)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Give up to `size` bytes, or all that are left."""
        if size is None or size < 0:
            rest, self._rest = self._rest, b""
            return rest + b"".join(self._chunks)
        while not self._rest:
            if (chunk := next(self._chunks, None)) is None:
                return b""
            self._rest = chunk
        given, self._rest = self._rest[:size], self._rest[size:]
        return given
