"""Ways to break the frame of a zip: each takes a sound one and leaves it with one fault, named by the function.

Source of the classes: the uv, CPython and warehouse advisories on zips that two readers read differently.
"""

import struct
import zlib
from collections.abc import Callable

from .rawzip import RawMember, RawZip, deflate, extra

FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
Damage = Callable[[RawZip], None]
EVIL = RawMember(name=b"evil.py", data=b"import os\n")


def _first(archive: RawZip, **changes: object) -> None:
    for name, value in changes.items():
        setattr(archive.members[0], name, value)


def _set(**changes: object) -> Damage:
    """Change fields of the zip itself."""

    def damage(archive: RawZip) -> None:
        for name, value in changes.items():
            setattr(archive, name, value)

    return damage


def _member(**changes: object) -> Damage:
    """Change fields of the first member."""
    return lambda archive: _first(archive, **changes)


def _add(member: RawMember, *, in_directory: bool = True, in_file: bool = True, at: int = 0) -> Damage:
    """Put a member where only one kind of reader sees it."""

    def damage(archive: RawZip) -> None:
        archive.directory = list(archive.members)
        if in_directory:
            archive.directory.insert(at, member)
        if in_file:
            archive.members.insert(at, member)

    return damage


def _lying_descriptor(**how: int | bool) -> Damage:
    return lambda archive: archive.members[0].stream_descriptor(**how)  # type: ignore[arg-type]


def _no_descriptor_at_all(archive: RawZip) -> None:
    archive.members[0].stream_descriptor()
    _first(archive, descriptor=b"")


def _descriptor_and_more(archive: RawZip) -> None:
    archive.members[0].stream_descriptor()
    archive.members[0].descriptor += b"more"


def _half_zeroed(archive: RawZip) -> None:
    archive.members[0].stream_descriptor()
    archive.members[0].local.pop("crc")


def _overlapping(archive: RawZip) -> None:
    """The second member's record points into the data of the first, where a whole local header is quoted."""
    inner = archive.members[1]
    quoted = RawMember(name=inner.name, data=inner.data)
    first = archive.members[0]
    first.method, first.body = 0, None
    first.data = quoted.local_header()
    inner.central["offset"] = 30 + len(first.name)


def _same_data_twice(archive: RawZip) -> None:
    """Two records share one local header: a bomb that costs no bytes."""
    twin = RawMember(name=archive.members[0].name, data=archive.members[0].data)
    twin.central["offset"] = 0
    archive.directory = [*archive.members, twin]


def _two_directories(archive: RawZip) -> None:
    """A whole zip stands before the real one: who looks from the front sees that."""
    archive.prefix = RawZip(members=[EVIL]).to_bytes()


def _shifted_by_prefix(archive: RawZip) -> None:
    """Offsets count from behind a prefix, which old `zipfile` makes up for in silence."""
    clean = archive.to_bytes()
    count, size, offset = struct.unpack("<H2I", clean[-12:-2])
    archive.members = []
    archive.prefix = b"#!/bin/sh\n" + clean[:-22]
    archive.end |= {"count": count, "here": count, "directory_size": size, "offset": offset}


def _swapped(archive: RawZip) -> None:
    """Each of two records points to the other's local header."""
    archive.members[0].central["offset"] = len(archive.members[0].local_header())
    archive.members[1].central["offset"] = 0


def _zip64(archive: RawZip) -> dict[str, int]:
    archive.end64 = {}
    return {"count": FULL16, "here": FULL16, "directory_size": FULL32, "offset": FULL32}


def _end64(*, end: dict[str, int] | None = None, locator: dict[str, int] | None = None, **lies: int) -> Damage:
    """A zip with 64-bit end records of which one field lies; sentinels in the other unless `end` says otherwise."""

    def damage(archive: RawZip) -> None:
        archive.end |= _zip64(archive) | (end or {})
        archive.end64 = lies
        archive.locator |= locator or {}

    return damage


def _wide(*values: int) -> bytes:
    return extra(1, struct.pack(f"<{len(values)}Q", *values))


def _wide_lies(archive: RawZip) -> None:
    """The directory's 64-bit size differs from the one in 32 bits beside it."""
    _first(archive, central_extra=_wide(1, 1), local_extra=_wide(1, 1))


def _wide_local_lies(archive: RawZip) -> None:
    size = len(archive.members[0].data)
    _first(archive, local={"size": FULL32, "compressed": FULL32}, local_extra=_wide(size + 1, size))


def _sentinel_without_field(archive: RawZip) -> None:
    _first(archive, central={"size": FULL32})


def _sentinel_in_local_alone(archive: RawZip) -> None:
    _first(archive, local={"size": FULL32, "compressed": FULL32})


def _short_wide(archive: RawZip) -> None:
    _first(archive, central={"size": FULL32, "compressed": FULL32}, central_extra=_wide(len(archive.members[0].data)))


def _long_wide(archive: RawZip) -> None:
    member = archive.members[0]
    _first(archive, central={"size": FULL32}, central_extra=_wide(len(member.data), len(member.packed()), 0))


def _twice(archive: RawZip) -> None:
    archive.members.append(RawMember(name=archive.members[0].name, data=archive.members[0].data))


def _unicode_path(name: bytes, claimed: bytes, *, version: int = 1) -> bytes:
    return extra(0x7075, struct.pack("<BI", version, zlib.crc32(name)) + claimed)


def _renamed(*, central: bool, local: bool) -> Damage:
    def damage(archive: RawZip) -> None:
        field = _unicode_path(archive.members[0].name, b"evil.py")
        _first(archive, central_extra=field if central else b"", local_extra=field if local else b"")

    return damage


def _trailing_deflate(archive: RawZip) -> None:
    """Behind the deflated data of METADATA lies a second member: a streaming reader finds it."""
    member = next(each for each in archive.members if each.name.endswith(b"/METADATA"))
    member.body = deflate(member.data) + EVIL.local_header()


def _metadata_body(change: Callable[[bytes], bytes], **fields: int) -> Damage:
    def damage(archive: RawZip) -> None:
        member = next(each for each in archive.members if each.name.endswith(b"/METADATA"))
        member.body = change(deflate(member.data))
        member.local |= fields
        member.central |= fields

    return damage


def _metadata_size(difference: int) -> Damage:
    def damage(archive: RawZip) -> None:
        member = next(each for each in archive.members if each.name.endswith(b"/METADATA"))
        size = len(member.data) + difference
        member.local["size"] = member.central["size"] = size

    return damage


FRAMES: dict[str, Damage] = {
    # Before, between and behind.
    "prefix": _set(prefix=b"#!/usr/bin/python\n"),
    "prefix, offsets not moved": _shifted_by_prefix,
    "another zip in front": _two_directories,
    "gap before the first member": _member(gap=b"gap"),
    "gap between members": lambda archive: setattr(archive.members[1], "gap", b"gap"),
    "a member in a gap": lambda archive: setattr(archive.members[1], "gap", EVIL.local_header()),
    "gap before the directory": _set(before_directory=b"gap"),
    "gap before the end record": _set(before_end=b"gap"),
    "bytes behind the end": _set(suffix=b"more"),
    "another zip behind": _set(suffix=RawZip(members=[EVIL]).to_bytes()),
    "no end record": _set(end_mark=b"PK\x05\x07"),
    "member in the file alone, first": _add(EVIL, in_directory=False),
    "member in the file alone, last": _add(EVIL, in_directory=False, at=99),
    "member in the directory alone": _add(RawMember(name=b"evil.py", central={"offset": 0}), in_file=False),
    "record that points past the end": _member(central={"offset": 1 << 30}),
    "record that points into a member": _member(central={"offset": 3}),
    "records swapped": _swapped,
    "overlap, header quoted in data": _overlapping,
    "two records for one header": _same_data_twice,
    "name twice": _twice,
    # The two headers of a member.
    "other name in the local header": _member(local_name=b"evil.py"),
    "longer name in the local header": lambda archive: _first(archive, local_name=archive.members[0].name + b"x"),
    "name of other case in the local header": lambda archive: _first(
        archive, local_name=archive.members[0].name.upper()
    ),
    "other method in the local header": _member(local={"method": 0}),
    "other flags in the local header": _member(local={"flags": 0x800}),
    "other checksum in the local header": _member(local={"crc": 1}),
    "other size in the local header": _member(local={"size": 1}),
    "other compressed size in the local header": _member(local={"compressed": 1}),
    "zeroes in the local header without descriptor": _member(local={"crc": 0, "size": 0, "compressed": 0}),
    "other size in the directory": _member(central={"size": 1}),
    "other compressed size in the directory": _member(central={"compressed": 1}),
    "stored with two sizes": _member(method=0, local={"size": 1}, central={"size": 1}),
    # Flags and methods.
    "encrypted": _member(flags=0x1),
    "patched data": _member(flags=0x20),
    "strong encryption": _member(flags=0x40),
    "central directory encrypted": _member(flags=0x2000),
    "unused flag": _member(flags=0x80),
    "reserved flag": _member(flags=0x8000),
    "encryption flag in the directory alone": _member(central={"flags": 0x1}),
    "bzip2": _member(method=12),
    "lzma": _member(method=14),
    "deflate64": _member(method=9),
    "zstandard": _member(method=93),
    "unknown method": _member(method=99),
    # Descriptors.
    "descriptor with another checksum": _lying_descriptor(crc=1),
    "descriptor with another size": _lying_descriptor(size=1),
    "descriptor with another compressed size": _lying_descriptor(compressed=1),
    "descriptor of 64 bits where 32 belong": _lying_descriptor(is_wide=True),
    "descriptor that is not there": _no_descriptor_at_all,
    "descriptor and more": _descriptor_and_more,
    "descriptor, local header half filled": _half_zeroed,
    # 64-bit fields.
    "64-bit sizes that lie without being called for": _wide_lies,
    "64-bit sizes in the directory, not called for": lambda archive: _first(
        archive, central_extra=_wide(len(archive.members[0].data))
    ),
    "64-bit local sizes that lie": _wide_local_lies,
    "64-bit size called for, not there": _sentinel_without_field,
    "64-bit local size called for, not there": _sentinel_in_local_alone,
    "64-bit field too short": _short_wide,
    "64-bit field too long": _long_wide,
    "64-bit end: another offset": _end64(offset=0),
    "64-bit end: another count": _end64(count=1),
    "64-bit end: another count on this disk": _end64(here=1),
    "64-bit end: another size": _end64(directory_size=1),
    "64-bit end: another disk": _end64(disk=1),
    "64-bit end: longer than the plain one": _end64(length=45),
    "64-bit end: 32-bit offset differs": _end64(end={"offset": 1}),
    "64-bit end: 32-bit count differs": _end64(end={"count": 1, "here": 1}),
    "64-bit locator points elsewhere": _end64(locator={"offset": 0}),
    "64-bit locator points past the end": _end64(locator={"offset": 1 << 40}),
    "64-bit locator of another disk": _end64(locator={"disk": 1}),
    "64-bit locator of two disks": _end64(locator={"disks": 2}),
    "64-bit end called for, not there": lambda archive: archive.end.update(offset=FULL32),
    # The end record.
    "count too small": lambda archive: archive.end.update(count=1, here=1),
    "count too large": lambda archive: archive.end.update(count=99, here=99),
    "two counts": lambda archive: archive.end.update(here=1),
    "second disk": lambda archive: archive.end.update(disk=1),
    "directory on a second disk": lambda archive: archive.end.update(directory_disk=1),
    "member on a second disk": _member(central={"disk": 1}),
    "directory size too small": lambda archive: archive.end.update(directory_size=1),
    "directory offset too small": lambda archive: archive.end.update(offset=0),
    "comment longer than said": _set(comment=b"comment", end={"comment_length": 1}),
    "comment shorter than said": _set(comment=b"comment", end={"comment_length": 99}),
    "end record in the comment": _set(comment=RawZip(members=[]).to_bytes()),
    "whole zip in the comment": _set(comment=RawZip(members=[EVIL]).to_bytes()),
    "local header in the comment": _set(comment=EVIL.local_header()),
    "local header in a member's comment": _member(comment=EVIL.local_header()),
    # Extra fields and names.
    "extra field cut": _member(central_extra=b"\x01"),
    "extra field longer than there is": _member(central_extra=struct.pack("<2H", 0x5455, 99) + b"x"),
    "extra field cut in the local header": _member(local_extra=b"\x01\x02\x03"),
    "extra field twice": _member(central_extra=extra(0x5455, b"") * 2),
    "another name in an extra field": _renamed(central=True, local=True),
    "another name in the directory's extra field": _renamed(central=True, local=False),
    "another name in the local extra field": _renamed(central=False, local=True),
    "Unicode name of an unknown version": lambda archive: _first(
        archive, central_extra=_unicode_path(archive.members[0].name, archive.members[0].name, version=2)
    ),
    "name that is no UTF-8": lambda archive: archive.members.append(RawMember(name=b"a\xff.py", flags=0x800)),
    "name beyond ASCII, not marked": lambda archive: archive.members.append(RawMember(name="ü.py".encode())),
    "record cut by the directory's end": lambda archive: archive.members[-1].central.update(comment_length=9),
    "folder with bytes": lambda archive: archive.members.append(RawMember(name=b"folder/", data=b"x", method=0)),
    "folder with deflated bytes of no size": lambda archive: archive.members.append(
        RawMember(name=b"folder/", body=EVIL.local_header())
    ),
    # Data, as far as it is read before anything is written.
    "METADATA: bytes behind the deflated data": _trailing_deflate,
    "METADATA: no deflated data": _metadata_body(lambda _: b"\xff\xff\xff\xff"),
    "METADATA: deflated data without an end": _metadata_body(lambda body: body[:-3]),
    "METADATA: another checksum": _metadata_body(lambda body: body, crc=1),
    "METADATA: more bytes than said": _metadata_size(-1),
    "METADATA: fewer bytes than said": _metadata_size(+1),
}
