"""One member of a zip that was judged: its bytes, or a file of them."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from .content import NotAsDeclared, read_content
from .inflate import Inflater, find_inflater
from .records import Entry, Fault, Misframed

_PYTHONS_OWN = find_inflater(None)


def read_member(stream: BinaryIO, entry: Entry, inflater: Inflater = _PYTHONS_OWN) -> Iterator[bytes]:
    """Give the member's bytes, at most 1 MiB at a time and never more than declared.

    Raises:
        Misframed: they are not as the entry says, which is known only at the end: nothing that was given counts before.
    """
    try:
        yield from read_content(
            stream,
            entry.data_offset,
            compressed_bytes=entry.compressed_bytes,
            size_bytes=entry.size_bytes,
            crc=entry.crc,
            is_deflated=entry.is_deflated,
            inflater=inflater,
        )
    except NotAsDeclared as error:
        raise Misframed(Fault(entry.name, error.expected, error.found)) from None


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
