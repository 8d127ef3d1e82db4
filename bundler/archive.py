"""The bundle's zip, written: sorted, stored; the same members give the same bytes on every machine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from locks.digest import sha256_of_bytes
from locks.progress import Advance, uncounted

from applier.bundle.contents import Member
from applier.bundle.headers import Entry, central_header, end_record, is_wide, local_header

from .copying import Placed, Source, write_members
from .sink import Sink
from .volumes import replacing


def describe(name: str, data: bytes) -> Member:
    """Give the member that `data` makes."""
    return Member(name=name, size_bytes=len(data), sha256=sha256_of_bytes(data))


def size_of(source: Source) -> int:
    """Give the bytes of a member that is made of `source`."""
    return len(source) if isinstance(source, bytes) else source.size_bytes


def _laid_out(members: Mapping[str, Source]) -> dict[str, Entry]:
    """Give every member its place, in the order of their names; the checksums are yet to be found."""
    entries: dict[str, Entry] = {}
    place = 0
    for name, source in sorted(members.items()):
        entry = entries[name] = Entry(name=name.encode("utf-8"), crc=0, size_bytes=size_of(source), offset=place)
        place += len(local_header(entry)) + entry.size_bytes
    return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How large a zip is."""

    size_bytes: int
    is_wide: bool


def _shape(members: Mapping[str, Source]) -> _Shape:
    entries = _laid_out(members).values()
    start = sum(len(local_header(entry)) + entry.size_bytes for entry in entries)
    directory_bytes = sum(len(central_header(entry)) for entry in entries)
    end_bytes = len(end_record(len(entries), start, directory_bytes))
    return _Shape(size_bytes=start + directory_bytes + end_bytes, is_wide=is_wide(len(entries), start))


def starts_itself(members: Mapping[str, Source], volume_bytes: int | None) -> bool:
    """Say whether the zip of `members` will be one file, and one that every Python that we support can start."""
    shape = _shape(members)
    return shape.size_bytes <= (volume_bytes or shape.size_bytes) and not shape.is_wide


def _write_members(sink: Sink, members: Mapping[str, Source], advance: Advance) -> dict[str, Entry]:
    """Write all members with their headers; give them in their order."""
    entries = _laid_out(members)

    def header(entry: Entry, crc: int) -> bytes:
        return local_header(replace(entry, crc=crc))

    placed = {
        name: Placed(source=members[name], offset=entry.offset, header=partial(header, entry))
        for name, entry in entries.items()
    }
    crcs = write_members(placed, sink, advance)
    return {name: replace(entry, crc=crcs[name]) for name, entry in entries.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenArchive:
    """What came of a zip."""

    files: tuple[Path, ...]
    """The file, or its volumes and last their list."""
    size_bytes: int
    """Of the zip: the volumes' together."""
    starts_itself: bool
    """Whether every Python that we support can start it."""
    crcs: Mapping[str, int]
    """CRC-32 of every member, by its name."""


def write_archive(
    path: Path,
    members: Mapping[str, Source],
    *,
    volume_bytes: int | None = None,
    advance: Advance = uncounted,
) -> WrittenArchive:
    """Write the zip at `path`, or its volumes when it is larger than `volume_bytes`, whole or not at all.

    Memory does not grow with its size. `advance` is told each member's bytes as they are written, by any thread.

    Raises:
        Altered: with every file whose bytes are not those that it is pinned to.
        OutputError: there would be too many volumes.
        OSError: a file cannot be read, or the zip not be written.
    """
    is_cut = volume_bytes is not None and _shape(members).size_bytes > volume_bytes
    with replacing(path, volume_bytes if is_cut else None) as sink:
        entries = _write_members(sink, members, advance)
        start = sink.size_bytes
        directory = b"".join(map(central_header, entries.values()))
        sink.write(start, directory + end_record(len(entries), start, len(directory)))
    return WrittenArchive(
        files=sink.published,
        size_bytes=sink.size_bytes,
        starts_itself=starts_itself(members, volume_bytes),
        crcs={name: entry.crc for name, entry in entries.items()},
    )
