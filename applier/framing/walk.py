"""The walk over a zip: from its end record to its directory, then from byte 0 through every local header.

Headers, data and descriptors must lie back to back from the first byte to the directory, the directory up to the end
records, these up to the last byte; what is said twice must be the same. Then there is one way to read the file, for
readers that go by the directory and for those that stream.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from .directory import Central, faults_of_form, read_directory
from .end import find_directory
from .records import (
    DEFLATED,
    DESCRIPTOR,
    DESCRIPTOR_MARK,
    LOCAL,
    LOCAL_MARK,
    Entry,
    Fault,
    Misframed,
    has_wide,
    parse_extra,
    widen_local,
)

_WINDOW_BYTES = 1 << 12


class _Window:
    """Reads a few bytes here and there, a page at a time: headers of small members lie close together."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._start = 0
        self._data = b""

    def read(self, offset: int, count: int) -> bytes:
        place = offset - self._start
        if place < 0 or place + count > len(self._data):
            self._stream.seek(offset)
            self._start, self._data, place = offset, self._stream.read(max(count, _WINDOW_BYTES)), 0
        return self._data[place : place + count]


def _descriptor(central: Central, *, is_wide: bool) -> bytes:
    """Give the descriptor that belongs behind the member's data, its optional mark left out."""
    sizes = (central.crc, central.compressed_bytes, central.size_bytes)
    return struct.pack("<I2Q" if is_wide else "<3I", *sizes)


def _judge_local(central: Central, local: tuple[int, ...], name: bytes, extra: bytes) -> Iterator[Fault]:
    """Hold a local header against the central record of its member."""
    flags, method, crc, compressed, size = local
    if name != central.raw_name:
        yield Fault(central.name, "one name", f"{name!r} in its local header")
    if (flags, method) != (central.flags, central.method):
        found = f"flags {flags:#x} and method {method} in its local header"
        yield Fault(central.name, f"flags {central.flags:#x} and method {central.method}", found)
    yield from faults_of_form(name, flags, method, extra)
    wide = widen_local(size, compressed, parse_extra(extra) or {})
    true = (central.crc, central.size_bytes, central.compressed_bytes)
    said = wide and (crc, *wide)
    if said != true and not (flags & DESCRIPTOR and said == (0, 0, 0)):
        expected = "the checksum and sizes of its central record: {}, {}, {}".format(*true)
        yield Fault(
            central.name, expected, "others in its local header: {}, {}, {}".format(crc, *(wide or (size, compressed)))
        )


def _read_local(window: _Window, central: Central, limit: int) -> tuple[int, int, list[Fault]]:
    """Read the local header where the central record says it is; `limit` is where the next thing begins.

    Give where the data begins, where the member ends with its descriptor, and what is wrong.
    """
    head = window.read(central.offset, LOCAL.size)
    if len(head) < LOCAL.size or head[:4] != LOCAL_MARK:
        fault = Fault(central.name, f"a local header at byte {central.offset}", "none")
        return central.offset, central.offset, [fault]
    _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = LOCAL.unpack(head)
    begin = central.offset + LOCAL.size
    names = window.read(begin, name_length + extra_length)
    name, extra = names[:name_length], names[name_length:]
    faults = list(_judge_local(central, (flags, method, crc, compressed, size), name, extra))
    begin += name_length + extra_length
    end = begin + central.compressed_bytes
    if not flags & DESCRIPTOR:
        return begin, end, faults
    bare = _descriptor(central, is_wide=has_wide(parse_extra(extra) or {}))
    found = window.read(end, limit - end) if 0 <= limit - end <= len(bare) + 4 else b""
    if found not in (bare, DESCRIPTOR_MARK + bare):
        faults.append(Fault(central.name, "a descriptor with its checksum and sizes, and nothing else", "another"))
    return begin, limit, faults


def _walk(stream: BinaryIO, centrals: list[Central], end: int) -> tuple[dict[int, int], list[Fault]]:
    """Walk from byte 0 to the directory at `end`; give each local header's offset with that of its data."""
    window = _Window(stream)
    begins: dict[int, int] = {}
    faults: list[Fault] = []
    place = 0
    in_order = sorted(centrals, key=lambda central: central.offset)
    limits = [central.offset for central in in_order[1:]] + [end]
    for central, limit in zip(in_order, limits, strict=False):  # of nothing, the end is no limit
        if central.offset != place:
            kind = "a gap" if central.offset > place else "an overlap"
            faults.append(Fault(central.name, f"its local header at byte {place}", f"one at {central.offset}: {kind}"))
        begins[central.offset], place, found = _read_local(window, central, limit)
        faults += found
    if place != end:
        faults.append(Fault("", f"the directory at byte {place}, behind the last member", f"one at {end}"))
    return begins, faults


def read_entries(stream: BinaryIO) -> tuple[Entry, ...]:
    """Judge the frame of a zip and give its members, in the directory's order; their data is not read.

    `stream` is moved about. Reads the directory and about a page for every member.

    Raises:
        Misframed: with every fault, or those found before reading on made no sense.
    """
    directory = find_directory(stream)
    centrals, faults = read_directory(stream, directory)
    counts = Counter(central.name for central in centrals)
    faults += [Fault(name, "one member of that name", str(count)) for name, count in counts.items() if count > 1]
    if len(centrals) < directory.members:
        raise Misframed(*faults)
    begins, found = _walk(stream, centrals, directory.offset)
    if faults or found:
        raise Misframed(*faults, *found)
    return tuple(
        Entry(
            name=central.name,
            offset=central.offset,
            data_offset=begins[central.offset],
            compressed_bytes=central.compressed_bytes,
            size_bytes=central.size_bytes,
            crc=central.crc,
            is_deflated=central.method == DEFLATED,
            attributes=central.attributes,
        )
        for central in centrals
    )
