"""The bundle's zip, written: sorted, stored; the same members give the same bytes on every machine."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from locks.digest import sha256_of_bytes
from locks.progress import Advance, uncounted

from applier.bundle.headers import Entry, central_header, end_record, is_wide, local_header
from applier.bundle.layout import Member

from .volumes import CHUNK_BYTES, Sink, replacing

Source = bytes | Path
"""What a member is made of: its bytes, or a file that holds them."""


def describe(name: str, data: bytes) -> Member:
    """Give the member that `data` makes."""
    return Member(name=name, size_bytes=len(data), sha256=sha256_of_bytes(data))


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _write_member(sink: Sink, name: str, source: Source, advance: Advance) -> Entry:
    """Write one member; the header is written again once the checksum is known."""
    size_bytes = len(source) if isinstance(source, bytes) else source.stat().st_size
    entry = Entry(name=name.encode("utf-8"), crc=0, size_bytes=size_bytes, offset=sink.tell())
    sink.write(local_header(entry))
    crc = written_bytes = 0
    for chunk in _chunks(source):
        crc = zlib.crc32(chunk, crc)
        written_bytes += sink.write(chunk)
        advance(name, len(chunk), 0)
    if written_bytes != size_bytes:
        raise OSError(f"the file for {name} changed while it was read")
    entry = replace(entry, crc=crc)
    sink.overwrite(entry.offset, local_header(entry))
    advance(name, 0, 1)
    return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenArchive:
    """What came of a zip."""

    files: tuple[Path, ...]
    """The file, or its volumes and last their list."""
    size_bytes: int
    """Of the zip: the volumes' together."""
    starts_itself: bool
    """Whether every Python that we support can start it."""


def write_archive(
    path: Path,
    members: Mapping[str, Source],
    *,
    volume_bytes: int | None = None,
    advance: Advance = uncounted,
    confirm: Callable[[], None] = lambda: None,
) -> WrittenArchive:
    """Write the zip at `path`, or its volumes when it is larger than `volume_bytes`, whole or not at all.

    Memory does not grow with its size. `advance` is told each member's bytes as they are written; what `confirm` raises
    when all are written undoes it.

    Raises:
        OutputError: there would be too many volumes.
    """
    with replacing(path, volume_bytes) as sink:
        entries = [_write_member(sink, name, source, advance) for name, source in sorted(members.items())]
        start = sink.tell()
        for entry in entries:
            sink.write(central_header(entry))
        sink.write(end_record(len(entries), start, sink.tell() - start))
        confirm()
    return WrittenArchive(
        files=sink.published,
        size_bytes=sink.tell(),
        starts_itself=len(sink.published) == 1 and not is_wide(len(entries), start),
    )
