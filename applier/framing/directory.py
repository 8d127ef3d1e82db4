"""The central directory of a zip: one record after another, each judged by itself."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .end import Directory
from .records import (
    ANY_MARK,
    CENTRAL,
    CENTRAL_MARK,
    DEFLATE_HINTS,
    DEFLATED,
    DESCRIPTOR,
    STORED,
    UTF8,
    Fault,
    Misframed,
    is_renamed,
    parse_extra,
    widen_central,
)

# NOTE: Info-ZIP notes in two bits how hard it tried, on stored members too (torch's wheels).
_FLAGS = UTF8 | DESCRIPTOR | DEFLATE_HINTS
_DEFLATED_NOTHING = 2
_MOST_MEMBERS = 500_000
_MOST_BYTES = 256 << 20


class Central(NamedTuple):
    """What a central record says of its member."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed_bytes: int
    size_bytes: int
    offset: int
    attributes: int


def _decode(raw: bytes, flags: int) -> str | None:
    try:
        return raw.decode("utf-8" if flags & UTF8 else "ascii")
    except UnicodeDecodeError:
        return None


def shown(raw: bytes) -> str:
    """Give a name for an error, whatever its bytes are."""
    return raw.decode("utf-8", "backslashreplace")


def faults_of_form(raw: bytes, flags: int, method: int, extra: bytes) -> Iterator[Fault]:
    """Judge what a central record and a local header have alike."""
    name = shown(raw)
    if method not in (STORED, DEFLATED):
        yield Fault(name, "a stored or deflated member", f"method {method}")
    if more := flags & ~_FLAGS:
        yield Fault(name, "no flags but those that are known", f"flags {more:#06x}")
    fields = parse_extra(extra)
    if fields is None:
        yield Fault(name, "extra fields of the lengths they say, each once", "others")
    elif is_renamed(raw, fields):
        yield Fault(name, "one name", "another one in an extra field")


class _Raw(NamedTuple):
    """A central record in its parts."""

    fields: tuple[int, ...]
    """As in the record, its mark and the three lengths left out."""
    name: bytes
    extra: bytes
    comment: bytes


def _raw_records(data: bytes, start: int) -> Iterator[_Raw]:
    place = 0
    while place < len(data):
        if data[place : place + 4] != CENTRAL_MARK or place + CENTRAL.size > len(data):
            raise Misframed(Fault("", "a directory of central records", f"something else at byte {start + place}"))
        _, *fields = CENTRAL.unpack_from(data, place)
        lengths = fields[9:12]
        place += CENTRAL.size
        parts = []
        for length in lengths:
            parts.append(data[place : place + length])
            place += length
        if place > len(data):
            raise Misframed(Fault(shown(parts[0]), "a central record within the directory", "one that is cut"))
        yield _Raw((*fields[:9], *fields[12:]), *parts)


def _judge(found: Central, *, comment: bytes, disk: int) -> Iterator[Fault]:
    if disk:
        yield Fault(found.name, "one disk", f"disk {disk}")
    if ANY_MARK.search(comment):
        yield Fault(found.name, "a comment without marks of zip records", "one with them")
    if found.method == STORED and found.compressed_bytes != found.size_bytes:
        yield Fault(found.name, f"{found.compressed_bytes} bytes, as stored", str(found.size_bytes))
    if found.name.endswith("/") and (found.size_bytes or found.compressed_bytes > _DEFLATED_NOTHING):
        yield Fault(found.name, "an empty folder", f"one of {found.size_bytes or found.compressed_bytes} bytes")


def _read_record(raw: _Raw, faults: list[Fault]) -> Central | None:
    _, _, flags, method, _, _, crc, compressed, size, disk, _, attributes, offset = raw.fields
    faults += faults_of_form(raw.name, flags, method, raw.extra)
    name = _decode(raw.name, flags)
    wide = widen_central((size, compressed, offset), parse_extra(raw.extra) or {})
    if name is None:
        faults.append(Fault(shown(raw.name), "a name in ASCII, or one marked as UTF-8 that is", "another one"))
    if wide is None:
        faults.append(Fault(shown(raw.name), "64-bit numbers where they are called for, nowhere else", "others"))
    if name is None or wide is None:
        return None
    size, compressed, offset = wide
    found = Central(raw.name, name, flags, method, crc, compressed, size, offset, attributes)
    faults += _judge(found, comment=raw.comment, disk=disk)
    return found


def read_directory(stream: BinaryIO, directory: Directory) -> tuple[list[Central], list[Fault]]:
    """Read every record of the directory, with what is wrong with each by itself.

    Raises:
        Misframed: the directory is not as many records, one after another, as the end record says; or is larger than
            any wheel's.
    """
    if directory.members > _MOST_MEMBERS or directory.size_bytes > _MOST_BYTES:
        raise Misframed(Fault("", f"at most {_MOST_MEMBERS} members", f"{directory.members}"))
    stream.seek(directory.offset)
    faults: list[Fault] = []
    raw = list(_raw_records(stream.read(directory.size_bytes), directory.offset))
    if len(raw) != directory.members:
        raise Misframed(Fault("", f"{directory.members} members in the directory", str(len(raw))))
    found = [_read_record(record, faults) for record in raw]
    return [central for central in found if central is not None], faults
