"""The bundle's zip: stored, sorted, dated alike; the same members give the same bytes on every machine.

Written here rather than by `zipfile`, which turns to 64-bit fields from 2 GiB on: Python 3.11 and 3.12 do not start
such a file. These fields are needed from 4 GiB on, and only then are they used.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from locks.digest import sha256_of_bytes

from applier.bundle.layout import Member
from applier.environment.mutex import hold

Source = bytes | Path
"""What a member is made of: its bytes, or a file that holds them."""
_CHUNK_BYTES = 1 << 20

# Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_VERSION, _VERSION64 = 20, 45
_MADE_BY_UNIX = 3 << 8
_UTF8 = 0x800
_STORED = 0
_DATE_1980 = 0x21
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    name: bytes
    crc: int
    size_bytes: int
    offset: int


def describe(name: str, data: bytes) -> Member:
    """Give the member that `data` makes."""
    return Member(name=name, size_bytes=len(data), sha256=sha256_of_bytes(data))


def _wide(*values: int) -> bytes:
    """Give the 64-bit extra field for those of `values` that do not fit in 32 bits."""
    over = [value for value in values if value >= _FULL32]
    return struct.pack(f"<2H{len(over)}Q", 1, 8 * len(over), *over) if over else b""


def _local_header(entry: _Written) -> bytes:
    # NOTE: 4.5.3 wants both sizes in a local header's extra field; stored, they are the same.
    wide = _wide(entry.size_bytes, entry.size_bytes)
    size = min(entry.size_bytes, _FULL32)
    version = _VERSION64 if wide else _VERSION
    flags = 0 if entry.name.isascii() else _UTF8
    head = (b"PK\x03\x04", version, flags, _STORED, 0, _DATE_1980, entry.crc, size, size)
    return _LOCAL.pack(*head, len(entry.name), len(wide)) + entry.name + wide


def _central_header(entry: _Written) -> bytes:
    wide = _wide(entry.size_bytes, entry.size_bytes, entry.offset)
    size, offset = min(entry.size_bytes, _FULL32), min(entry.offset, _FULL32)
    version = _VERSION64 if wide else _VERSION
    flags = 0 if entry.name.isascii() else _UTF8
    head = (b"PK\x01\x02", _MADE_BY_UNIX | version, version, flags, _STORED, 0, _DATE_1980, entry.crc, size, size)
    return _CENTRAL.pack(*head, len(entry.name), len(wide), 0, 0, 0, _REGULAR_FILE, offset) + entry.name + wide


def _end(count: int, start: int, size_bytes: int) -> bytes:
    """Give the end record, preceded by its 64-bit form when a number is too large for it."""
    narrow = (min(count, _FULL16), min(count, _FULL16), min(size_bytes, _FULL32), min(start, _FULL32))
    end = _END.pack(b"PK\x05\x06", 0, 0, *narrow, 0)
    if count < _FULL16 and start < _FULL32:
        return end
    made_by = _MADE_BY_UNIX | _VERSION64
    end64 = _END64.pack(b"PK\x06\x06", _END64.size - 12, made_by, _VERSION64, 0, 0, count, count, size_bytes, start)
    return end64 + _LOCATOR64.pack(b"PK\x06\x07", 0, start + size_bytes, 1) + end


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _write_member(sink: BinaryIO, name: str, source: Source) -> _Written:
    """Write one member; the header is written again once the checksum is known."""
    offset = sink.tell()
    size_bytes = len(source) if isinstance(source, bytes) else source.stat().st_size
    entry = _Written(name=name.encode("utf-8"), crc=0, size_bytes=size_bytes, offset=offset)
    sink.write(_local_header(entry))
    crc = written_bytes = 0
    for chunk in _chunks(source):
        crc = zlib.crc32(chunk, crc)
        written_bytes += sink.write(chunk)
    if written_bytes != size_bytes:
        raise OSError(f"the file for {name} changed while it was read")
    entry = _Written(name=entry.name, crc=crc, size_bytes=size_bytes, offset=offset)
    end = sink.tell()
    sink.seek(offset)
    sink.write(_local_header(entry))
    sink.seek(end)
    return entry


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place to write to; it becomes `path` on success and vanishes on failure. One writer at a time."""
    partial = path.with_name(f".{path.name}.partial")
    with hold(path.with_name(f".{path.name}.lock"), waiting=lambda: None):
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def write_archive(path: Path, members: Mapping[str, Source]) -> None:
    """Write the zip at `path`, whole or not at all. Memory does not grow with its size."""
    with replacing(path) as partial, partial.open("wb") as sink:
        entries = [_write_member(sink, name, source) for name, source in sorted(members.items())]
        start = sink.tell()
        for entry in entries:
            sink.write(_central_header(entry))
        sink.write(_end(len(entries), start, sink.tell() - start))
