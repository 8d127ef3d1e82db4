"""Members into an archive, files hashed while they are copied, so that what is written is what was hashed."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from threading import Event

from locks.processors import processors
from locks.progress import Advance

from .sink import Sink

_MAX_THREADS = 4
"""More of them wait for the disk, not for the processor."""
_CHUNK_BYTES = 1 << 17
"""What is hashed while a processor's own cache still has it: 1 MiB takes a third longer (measured)."""
_IN_ORDER_BYTES = 1 << 19
"""The same where each chunk is handed to a thread that hashes volumes too, which takes as long as hashing 128 KiB."""
_LOOK_S = 0.2
"""How long Ctrl-C waits on Windows, where it does not end a wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A file, and what its bytes must be."""

    path: Path
    size_bytes: int
    sha256: str
    crc: int | None = None
    """CRC-32 of the bytes that have this sha256, where it is known."""


Source = bytes | Pinned
"""What a member is made of: its bytes, or a file that must hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A member, and where in the archive its header begins."""

    source: Source
    offset: int
    header: Callable[[int], bytes]
    """Gives what stands before its bytes, by their CRC-32; of the same length for any."""


class Altered(Exception):
    """Some files are gone, or hold other bytes than they are pinned to; carries the names of their members."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(", ".join(names))


def _chunks(file: Pinned, chunk_bytes: int = _CHUNK_BYTES) -> Iterator[memoryview]:
    """Give the file's bytes, each chunk in the place of the last; none of a file of another size, or that is gone."""
    buffer = memoryview(bytearray(min(chunk_bytes, file.size_bytes)))
    with suppress(FileNotFoundError), FileIO(file.path) as stream:
        left_bytes = file.size_bytes if os.fstat(stream.fileno()).st_size == file.size_bytes else 0
        while left_bytes and (count := stream.readinto(buffer[:left_bytes])):
            yield buffer[:count]
            left_bytes -= count


def _crc(file: Pinned, stopping: Event) -> int:
    """Read a file for its CRC-32 alone."""
    crc = 0
    for chunk in _chunks(file):
        if stopping.is_set():
            break
        crc = zlib.crc32(chunk, crc)
    return crc


def _copy(file: Pinned, place: int, sink: Sink, advance: Callable[[int, int], None], stopping: Event) -> int | None:
    """Copy one file to `place`; give its CRC-32, or None when its bytes are not those that they must be."""
    digest, crc, start = hashlib.sha256(), 0, place
    for chunk in _chunks(file, _IN_ORDER_BYTES if sink.is_in_order else _CHUNK_BYTES):
        if stopping.is_set():
            return None
        digest.update(chunk)
        if file.crc is None:
            crc = zlib.crc32(chunk, crc)
        sink.write(place, chunk)
        place += len(chunk)
        advance(len(chunk), 0)
    if (place - start, digest.hexdigest()) != (file.size_bytes, file.sha256):
        return None
    advance(0, 1)
    return crc if file.crc is None else file.crc


def _write(placed: Placed, sink: Sink, advance: Callable[[int, int], None], stopping: Event) -> int | None:
    """Write one member with its header; give its CRC-32, or None when it is a file of other bytes than it must be."""
    source = placed.source
    if isinstance(source, bytes):
        crc = zlib.crc32(source)
        sink.write(placed.offset, placed.header(crc) + source)
        advance(len(source), 1)
        return crc
    known = _crc(source, stopping) if source.crc is None and sink.is_in_order else source.crc
    if known is not None:
        sink.write(placed.offset, placed.header(known))
    found = _copy(source, placed.offset + len(placed.header(0)), sink, advance, stopping)
    if found is not None and known is None:
        sink.write(placed.offset, placed.header(found))
    return found if known in (None, found) else None


def _rows(members: Mapping[str, Placed], sink: Sink) -> list[list[str]]:
    """Say which members are written one after another; the rows side by side."""
    if sink.is_in_order or not sink.makes_holes:
        return [list(members)]
    files = {name: placed.source.size_bytes for name, placed in members.items() if isinstance(placed.source, Pinned)}
    largest_first = sorted(files, key=lambda name: -files[name])
    return [[name for name in members if name not in files], *([name] for name in largest_first)]


def write_members(members: Mapping[str, Placed], sink: Sink, advance: Advance) -> dict[str, int]:
    """Write every member to its place in `sink`, and give its CRC-32, by its name.

    Each file is read once: in the order given, or, where `sink` may be written to ahead of its end, several at a time,
    the largest first. Where the sink must be written to in order, a file whose checksum is not known is read for that
    before.

    Raises:
        Altered: with every file whose bytes are not those that it is pinned to.
        OSError: one cannot be read, or not be written.
    """
    stopping = Event()

    def write_row(names: Iterable[str]) -> dict[str, int | None]:
        return {name: _write(members[name], sink, partial(advance, name), stopping) for name in names}

    found: dict[str, int | None] = {}
    with ThreadPoolExecutor(min(_MAX_THREADS, processors()), thread_name_prefix="copy") as pool:
        pending = {pool.submit(write_row, names) for names in _rows(members, sink)}
        try:
            while pending:
                done, pending = wait(pending, timeout=_LOOK_S, return_when=FIRST_EXCEPTION)
                for job in done:
                    found |= job.result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if altered := tuple(name for name in members if found[name] is None):
        raise Altered(altered)
    return {name: crc for name, crc in found.items() if crc is not None}
