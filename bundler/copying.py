"""Files into an archive, side by side: hashed while they are copied, so that what is written is what was hashed."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from threading import Event

from locks.progress import Advance

from .volumes import Sink

_MAX_THREADS = 4
"""More of them wait for the disk, not for the processor."""
_CHUNK_BYTES = 1 << 17
"""What is hashed while a processor's own cache still has it: 1 MiB takes a third longer (measured)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A pinned file, and where in the archive its bytes begin."""

    file: Pinned
    offset: int


class Altered(Exception):
    """Some files are gone, or hold other bytes than they are pinned to; carries the names of their members."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(", ".join(names))


def _chunks(file: Pinned) -> Iterator[memoryview]:
    """Give the file's bytes, each chunk in the place of the last; none of a file of another size, or that is gone."""
    buffer = memoryview(bytearray(min(_CHUNK_BYTES, file.size_bytes)))
    with suppress(FileNotFoundError), FileIO(file.path) as stream:
        left_bytes = file.size_bytes if os.fstat(stream.fileno()).st_size == file.size_bytes else 0
        while left_bytes and (count := stream.readinto(buffer[:left_bytes])):
            yield buffer[:count]
            left_bytes -= count


def _copy(placed: Placed, sink: Sink, advance: Callable[[int, int], None], stopping: Event) -> int | None:
    """Copy one file; give its CRC-32, or None when its bytes are not those that they must be."""
    file, place = placed.file, placed.offset
    digest, crc = hashlib.sha256(), 0
    for chunk in _chunks(file):
        if stopping.is_set():
            return None
        digest.update(chunk)
        if file.crc is None:
            crc = zlib.crc32(chunk, crc)
        sink.write(place, chunk)
        place += len(chunk)
        advance(len(chunk), 0)
    if (place - placed.offset, digest.hexdigest()) != (file.size_bytes, file.sha256):
        return None
    advance(0, 1)
    return crc if file.crc is None else file.crc


def copy_files(files: Mapping[str, Placed], sink: Sink, advance: Advance) -> dict[str, int]:
    """Copy every file to its place in `sink`, and give its CRC-32, by the member's name.

    Each is read once: in the order given, or, where `sink` may be written to ahead of its end, several at a time, the
    largest first.

    Raises:
        Altered: with every file whose bytes are not those that it is pinned to.
        OSError: one cannot be read, or not be written.
    """
    stopping = Event()
    names, threads = list(files), 1
    if sink.makes_holes:
        names.sort(key=lambda name: -files[name].file.size_bytes)
        threads = min(_MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="copy") as pool:
        jobs = {name: pool.submit(_copy, files[name], sink, partial(advance, name), stopping) for name in names}
        pending = set(jobs.values())
        try:
            while pending:
                done, pending = wait(pending, timeout=_LOOK_S, return_when=FIRST_EXCEPTION)
                for job in done:
                    job.result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    crcs = {name: jobs[name].result() for name in files}
    if altered := tuple(name for name, crc in crcs.items() if crc is None):
        raise Altered(altered)
    return {name: crc for name, crc in crcs.items() if crc is not None}
