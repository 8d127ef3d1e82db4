"""One member of a zip that was judged: its bytes."""

from collections.abc import Iterator
from typing import BinaryIO

from .content import NotAsDeclared, read_content
from .inflate import Inflater, find_inflater
from .records import Entry, Fault, Misframed

_PYTHONS_OWN = find_inflater(None)


def read_member(stream: BinaryIO, entry: Entry, inflater: Inflater = _PYTHONS_OWN) -> Iterator[bytes]:
    """Give the member's bytes, at most 256 KiB at a time and never more than declared.

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
