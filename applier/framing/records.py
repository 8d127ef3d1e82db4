"""The records of a zip: their layout, what an entry becomes, and the extra fields. Pure.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.9, 4.3.12, 4.3.14 to 4.3.16, 4.5.3, 4.6.9.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64_MARK, LOCATOR64_MARK, DESCRIPTOR_MARK = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
ANY_MARK = re.compile(rb"PK(\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07|\x07\x08)")
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
STORED, DEFLATED = 0, 8
UTF8, DESCRIPTOR, DEFLATE_HINTS = 0x800, 0x8, 0x6
_WIDE, _UNICODE_PATH = 0x0001, 0x7075


class Fault(NamedTuple):
    """What is wrong with one member of a zip, or with the zip itself."""

    member: str
    """Its name; empty for the zip itself."""
    expected: str
    found: str


class Misframed(Exception):
    """A zip that is none, or that can be read in two ways; carries every fault that was found."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.member!r}: {fault.found}" for fault in faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member, as its central record says and its local header confirms."""

    name: str
    offset: int
    """Of its local header."""
    data_offset: int
    """Of its first byte."""
    compressed_bytes: int
    size_bytes: int
    crc: int
    is_deflated: bool
    attributes: int
    """The external attributes: a Unix mode in the upper half, DOS flags in the lower."""

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def mode(self) -> int:
        """Unix mode with the file's type; 0 where the zip's maker gave none."""
        return self.attributes >> 16


def parse_extra(data: bytes) -> dict[int, bytes] | None:
    """Give the extra fields by their id; None when they are cut, or one is there twice."""
    fields: dict[int, bytes] = {}
    place = 0
    while place < len(data):
        if place + 4 > len(data):
            return None
        kind, length = struct.unpack_from("<2H", data, place)
        place += 4 + length
        if place > len(data) or kind in fields:
            return None
        fields[kind] = data[place - length : place]
    return fields


def has_wide(extra: Mapping[int, bytes]) -> bool:
    """Say whether the 64-bit field is there."""
    return _WIDE in extra


def widen_central(narrow: tuple[int, ...], extra: Mapping[int, bytes]) -> tuple[int, ...] | None:
    """Give a central record's numbers with those that do not fit in 32 bits from the 64-bit field, which holds these
    alone and in this order; None when the two do not go together.
    """
    over = narrow.count(FULL32)
    field = extra.get(_WIDE)
    if (field is None) != (over == 0) or (field is not None and len(field) != 8 * over):
        return None
    wide = iter(struct.unpack(f"<{over}Q", field or b""))
    return tuple(next(wide) if value == FULL32 else value for value in narrow)


def widen_local(size: int, compressed: int, extra: Mapping[int, bytes]) -> tuple[int, int] | None:
    """Give a local header's two sizes from its 64-bit field, which holds both; None when they contradict each other.

    NOTE: CPython writes the field, with the same sizes again, for a member that comes near 2 GiB (`force_zip64`).
    """
    field = extra.get(_WIDE)
    if field is None:
        return None if FULL32 in (size, compressed) else (size, compressed)
    if len(field) != 16:
        return None
    wide_size, wide_compressed = struct.unpack("<2Q", field)
    agree = size in (FULL32, wide_size) and compressed in (FULL32, wide_compressed)
    return (wide_size, wide_compressed) if agree else None


def is_renamed(name: bytes, extra: Mapping[int, bytes]) -> bool:
    """Say whether a Unicode path field gives the member another name than `name`."""
    field = extra.get(_UNICODE_PATH)
    return field is not None and field != struct.pack("<BI", 1, zlib.crc32(name)) + name
