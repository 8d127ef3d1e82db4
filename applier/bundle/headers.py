"""The bundle's zip, byte for byte: the headers that its writer writes and its reader holds it against. Pure.

Written here rather than by `zipfile`, which turns to 64-bit fields from 2 GiB on: Python 3.11 and 3.12 do not start
such a file. These fields are needed from 4 GiB on, and only then are they used.
"""

import struct
from dataclasses import dataclass

# Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
_VERSION, _VERSION64 = 20, 45
_MADE_BY_UNIX = 3 << 8
_UTF8 = 0x800
_STORED = 0
_DATE_1980 = 0x21
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member as the headers have it."""

    name: bytes
    """UTF-8."""
    crc: int
    size_bytes: int
    offset: int
    """Where its local header begins."""


def _wide(*values: int) -> bytes:
    """Give the 64-bit extra field for those of `values` that do not fit in 32 bits."""
    over = [value for value in values if value >= FULL32]
    return struct.pack(f"<2H{len(over)}Q", 1, 8 * len(over), *over) if over else b""


def local_header(entry: Entry) -> bytes:
    """Give what stands before a member's bytes."""
    # NOTE: 4.5.3 wants both sizes in a local header's extra field; stored, they are the same.
    wide = _wide(entry.size_bytes, entry.size_bytes)
    size = min(entry.size_bytes, FULL32)
    version = _VERSION64 if wide else _VERSION
    flags = 0 if entry.name.isascii() else _UTF8
    head = (b"PK\x03\x04", version, flags, _STORED, 0, _DATE_1980, entry.crc, size, size)
    return LOCAL.pack(*head, len(entry.name), len(wide)) + entry.name + wide


def central_header(entry: Entry) -> bytes:
    """Give what the directory says of a member."""
    wide = _wide(entry.size_bytes, entry.size_bytes, entry.offset)
    size, offset = min(entry.size_bytes, FULL32), min(entry.offset, FULL32)
    version = _VERSION64 if wide else _VERSION
    flags = 0 if entry.name.isascii() else _UTF8
    head = (b"PK\x01\x02", _MADE_BY_UNIX | version, version, flags, _STORED, 0, _DATE_1980, entry.crc, size, size)
    return CENTRAL.pack(*head, len(entry.name), len(wide), 0, 0, 0, _REGULAR_FILE, offset) + entry.name + wide


def end_record(count: int, start: int, size_bytes: int) -> bytes:
    """Give what ends the file, preceded by its 64-bit form when a number is too large for it.

    `count` members; their directory begins at `start` and takes `size_bytes`.
    """
    narrow = (min(count, FULL16), min(count, FULL16), min(size_bytes, FULL32), min(start, FULL32))
    end = END.pack(b"PK\x05\x06", 0, 0, *narrow, 0)
    if not is_wide(count, start):
        return end
    made_by = _MADE_BY_UNIX | _VERSION64
    end64 = END64.pack(b"PK\x06\x06", END64.size - 12, made_by, _VERSION64, 0, 0, count, count, size_bytes, start)
    return end64 + LOCATOR64.pack(b"PK\x06\x07", 0, start + size_bytes, 1) + end


def is_wide(count: int, start: int) -> bool:
    """Say whether the end record needs its 64-bit form; Python starts such a file from 3.13 on only."""
    return count >= FULL16 or start >= FULL32
