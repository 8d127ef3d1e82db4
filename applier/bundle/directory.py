"""The bundle's directory: which member lies where. Judged to the last bit.

A bundle has one writer, so there is one right form for each set of members: what is read is written again by the
writer's own functions and must be the same bytes, back to back from the first to the last. That leaves no room for
a prefix, gap, overlap, comment, extra field, flag, compression, second copy or any other reading of the file.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from locks import Problem

from ..errors import BundleDamaged, damaged
from .extent import Extent
from .headers import (
    CENTRAL,
    END,
    END64,
    FULL16,
    FULL32,
    LOCATOR64,
    Entry,
    central_header,
    end_record,
    local_header,
)

MAX_DIRECTORY_BYTES = 1 << 26
A_BUNDLE = "a venvault bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Every member by its name."""

    extents: Mapping[str, Extent]
    """Where its bytes are."""
    crcs: Mapping[str, int]
    """Their CRC-32, which is all that `bundle.json` itself and its signatures have."""


def _read_end(stream: BinaryIO, size_bytes: int, where: str) -> tuple[int, int, int]:
    """Give how many members there are, where their directory begins and how long it is."""
    tail_bytes = min(size_bytes, END64.size + LOCATOR64.size + END.size)
    stream.seek(size_bytes - tail_bytes)
    tail = stream.read(tail_bytes)
    if len(tail) < END.size or not tail[-END.size :].startswith(b"PK\x05\x06"):
        raise BundleDamaged(damaged(where, A_BUNDLE, "no zip, or one that is cut short"))
    count, length, start = END.unpack(tail[-END.size :])[4:7]
    if (count == FULL16 or start == FULL32) and tail.startswith(b"PK\x06\x06"):
        count, length, start = END64.unpack_from(tail)[7:10]
    end = end_record(count, start, length)
    if not tail.endswith(end) or start + length + len(end) != size_bytes:
        raise BundleDamaged(damaged(where, A_BUNDLE, "an end record that does not fit the file"))
    if length > MAX_DIRECTORY_BYTES:
        raise BundleDamaged(damaged(where, f"a directory of at most {MAX_DIRECTORY_BYTES} bytes", f"{length} bytes"))
    return count, start, length


def _read_entries(data: bytes) -> Iterator[tuple[Entry, bytes]]:
    """Give each member of the directory, with its header as it stands. Raises struct.error at a header cut short."""
    start = 0
    while start < len(data):
        fields = CENTRAL.unpack_from(data, start)
        crc, size_bytes, _, name_bytes, extra_bytes, comment_bytes = fields[7:13]
        offset = fields[16]
        name_at = start + CENTRAL.size
        extra_at = name_at + name_bytes
        end = extra_at + extra_bytes + comment_bytes
        if size_bytes == FULL32 or offset == FULL32:
            wide = list(struct.unpack_from(f"<{max(extra_bytes - 4, 0) // 8}Q", data, extra_at + 4))
            if size_bytes == FULL32 and len(wide) >= 2:
                size_bytes, wide = wide[0], wide[2:]
            if offset == FULL32 and wide:
                offset = wide[0]
        yield Entry(name=data[name_at:extra_at], crc=crc, size_bytes=size_bytes, offset=offset), data[start:end]
        start = end


def _text(name: bytes) -> str:
    return name.decode("utf-8", errors="backslashreplace")


def _judge_entry(stream: BinaryIO, entry: Entry, found: bytes, place: int, start: int) -> Problem | None:
    """Hold one member's two headers against the only ones it can have at `place`."""
    where = _text(entry.name)
    if found != central_header(entry):
        return damaged(where, "a stored member with plain headers", "another header in the directory")
    local = local_header(entry)
    if entry.offset != place or place + len(local) + entry.size_bytes > start:
        return damaged(where, f"its first byte at {place}, its last before {start}", f"{entry.offset} and more")
    stream.seek(place)
    if stream.read(len(local)) != local:
        return damaged(where, "the header that the directory gives it", "another before its bytes")
    return None


def _judge_names(names: list[bytes]) -> list[Problem]:
    """Names are UTF-8, sorted, and each there once."""
    problems = []
    for before, name in zip([b"", *names], names, strict=False):
        where = _text(name)
        if name <= before:
            found = "a second one" if name == before else "it out of order"
            problems.append(damaged(where, "one member of that name, in the alphabet's order", found))
        elif where.encode("utf-8") != name:
            problems.append(damaged(where, "a name in UTF-8", "other bytes"))
    return problems


def read_directory(whole: Extent, where: str) -> Directory:
    """Find every member; `where` names the bundle in problems.

    Raises:
        BundleDamaged: one bit of a header is not as the bundler writes it.
        OSError: it cannot be read.
    """
    with whole.open(where) as stream:
        count, start, length = _read_end(stream, whole.size_bytes, where)
        stream.seek(start)
        try:
            entries = list(_read_entries(stream.read(length)))
        except struct.error:
            entries = []
        problems = _judge_names([entry.name for entry, _ in entries])
        place, extents = 0, {}
        for entry, found in entries:
            problem = _judge_entry(stream, entry, found, place, start)
            if problem is not None:
                problems.append(problem)
                break  # where the next one should begin is not known
            place += len(local_header(entry))
            extents[_text(entry.name)] = whole.part(place, entry.size_bytes)
            place += entry.size_bytes
    if not problems and (place, len(entries)) != (start, count):
        problems.append(damaged(where, f"{count} members in {start} bytes", f"{len(entries)} in {place}"))
    if problems:
        raise BundleDamaged(problems)
    return Directory(extents=extents, crcs={_text(entry.name): entry.crc for entry, _ in entries})
