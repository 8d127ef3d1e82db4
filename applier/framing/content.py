"""A member's content: inflated where need be, counted and summed on the way, refused when it is not as declared."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .inflate import Inflater

_PIECE_BYTES = 1 << 18


class NotAsDeclared(Exception):
    """A member's content is not what the zip says of it."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found = expected, found


def _stored(stream: BinaryIO, place: int, size_bytes: int) -> Iterator[bytes]:
    """Give the bytes as they lie in the zip; whoever else moves `stream` meanwhile is no matter."""
    end = place + size_bytes
    while place < end:
        stream.seek(place)
        piece = stream.read(min(end - place, _PIECE_BYTES))
        if not piece:
            raise NotAsDeclared(f"{size_bytes} bytes in the zip", "its end")
        place += len(piece)
        yield piece


def _inflated(pieces: Iterator[bytes], inflater: Inflater) -> Iterator[bytes]:
    inflation = inflater.decompressobj(-zlib.MAX_WBITS)
    try:
        while not inflation.eof:
            data = inflation.unconsumed_tail or next(pieces, b"")
            piece = inflation.decompress(data, _PIECE_BYTES)
            if not piece and not data:
                raise NotAsDeclared("deflated data with an end", "none")
            yield piece
    except inflater.error as error:
        raise NotAsDeclared("deflated data", str(error)) from None
    if inflation.unused_data or next(pieces, b""):
        raise NotAsDeclared("nothing behind the end of the deflated data", "more bytes")


def read_content(
    stream: BinaryIO,
    place: int,
    *,
    compressed_bytes: int,
    size_bytes: int,
    crc: int,
    is_deflated: bool,
    inflater: Inflater,
) -> Iterator[bytes]:
    """Give a member's content, which lies at `place` of `stream`: at most 256 KiB at a time, never more than declared.

    Raises:
        NotAsDeclared: it is more or less than `size_bytes`, no deflated data, or of another checksum; known only at
            the end, so nothing that was given counts before.
    """
    pieces = _stored(stream, place, compressed_bytes)
    found_bytes = found_crc = 0
    for piece in _inflated(pieces, inflater) if is_deflated else pieces:
        found_bytes += len(piece)
        if found_bytes > size_bytes:
            raise NotAsDeclared(f"{size_bytes} bytes", "more")
        found_crc = inflater.crc32(piece, found_crc)
        yield piece
    if found_bytes != size_bytes:
        raise NotAsDeclared(f"{size_bytes} bytes", str(found_bytes))
    if found_crc != crc:
        raise NotAsDeclared(f"checksum {crc:08x}", f"{found_crc:08x}")
