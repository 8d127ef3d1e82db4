"""METADATA found in the last bytes of a wheel, without reading its whole directory. Pure.

A wheel of a thousand files has a directory of a thousand entries, and `zipfile` makes an object of each; one is
wanted. What is not found here, or looks odd, is left to `zipfile`.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from packaging.utils import NormalizedName, canonicalize_name

_ENTRY = struct.Struct("<4s4xHH4x3I3H8xI")
# Source: APPNOTE.TXT 4.3.12: 46 bytes, then the name; the name is the wheel's own dist-info folder's.
_METADATA_ENTRY = re.compile(rb"PK\x01\x02.{42}([^/\x00]{1,200}\.dist-info/METADATA)", re.DOTALL)
_LOCAL_HEADER_BYTES = 30
_DEFLATED = 8
_FULL32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where METADATA lies in the wheel, packed how."""

    method: int
    crc: int
    packed_bytes: int
    offset: int
    """First byte of the local header."""
    name_bytes: int


def find_metadata(tail: bytes, project: NormalizedName) -> Entry | None:
    """Find the directory entry of `project`'s METADATA; None when it is not there for certain, or is there twice."""
    found = []
    for match in _METADATA_ENTRY.finditer(tail):
        fields = _ENTRY.unpack_from(tail, match.start())
        _, flags, method, crc, packed_bytes, _, name_bytes, _, _, offset = fields
        plain = not flags & 0x1 and method in (0, _DEFLATED) and _FULL32 not in (packed_bytes, offset)
        owner = canonicalize_name(match[1].partition(b"-")[0].decode("ascii", "replace"))
        if name_bytes == len(match[1]) and plain and owner == project:
            found.append(Entry(method=method, crc=crc, packed_bytes=packed_bytes, offset=offset, name_bytes=name_bytes))
    return found[0] if len(found) == 1 else None


def span(entry: Entry) -> int:
    """Give how many bytes from the entry's offset on are sure to hold it; extra fields are short in practice."""
    return _LOCAL_HEADER_BYTES + entry.name_bytes + 256 + entry.packed_bytes


def unpack(entry: Entry, data: bytes) -> bytes | None:
    """Give METADATA out of `data`, which starts at the entry's offset; None unless its checksum agrees."""
    if len(data) < _LOCAL_HEADER_BYTES or data[:4] != b"PK\x03\x04":
        return None
    name_bytes, extra_bytes = struct.unpack_from("<HH", data, 26)
    start = _LOCAL_HEADER_BYTES + name_bytes + extra_bytes
    packed = data[start : start + entry.packed_bytes]
    try:
        content = zlib.decompress(packed, -zlib.MAX_WBITS) if entry.method == _DEFLATED else packed
    except zlib.error:
        return None
    return content if zlib.crc32(content) == entry.crc else None
