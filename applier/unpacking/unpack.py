"""One job done: every byte read once, inflated, hashed and written as it passes."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..bundle.extent import FileChanged
from ..digest import FileDigest
from ..framing.content import NotAsDeclared, read_content
from ..framing.inflate import Inflater
from .job import File, Job, Refusal, Reply
from .sink import create, write_all
from .take import Taken, Taking

_HASH_BYTES = 1 << 20
Moved = Callable[[int], None]
"""Told of bytes that were dealt with."""


def _write_file(stream: BinaryIO, file: File, sink: int, inflater: Inflater, moved: Moved) -> str:
    """Write one file; give its sha256. Raises NotAsDeclared when its bytes are not those declared and recorded."""
    digest = FileDigest(file.algorithm)
    for piece in read_content(
        stream,
        file.start,
        compressed_bytes=file.compressed_bytes,
        size_bytes=file.size_bytes,
        crc=file.crc,
        is_deflated=file.is_deflated,
        inflater=inflater,
    ):
        digest.update(piece)
        write_all(sink, piece)
        moved(len(piece))
    if file.algorithm and digest.as_recorded != file.digest:
        raise NotAsDeclared(f"{file.algorithm}={file.digest} (RECORD)", f"{file.algorithm}={digest.as_recorded}")
    return digest.sha256


def _open(folder: Path, file: File) -> int:
    if file.is_spare:
        return os.open(os.devnull, os.O_WRONLY)
    return create(folder / file.path, file.mode)


def _take(job: Job, folder: Path, moved: Moved) -> tuple[list[File], list[tuple[File, Taken]]]:
    """Take what the old environment holds; give what is left to inflate, and what was taken."""
    if job.old is None:
        return list(job.files), []
    taking = Taking(job.old, folder, moved)
    tried = [(file, taking.take(file) if file.is_held else None) for file in job.files]
    return [file for file, done in tried if done is None], [(file, done) for file, done in tried if done is not None]


def _unpack(job: Job, folder: Path, inflater: Inflater, moved: Moved) -> Reply:
    files, taken = _take(job, folder, moved)
    written, refusals = [(file.path, done.sha256, file.size_bytes) for file, done in taken], []
    with job.extent.open(job.wheel) as stream:
        for file in files:
            sink = _open(folder, file)
            try:
                written.append((file.path, _write_file(stream, file, sink, inflater, moved), file.size_bytes))
            except NotAsDeclared as error:
                where = f"{job.wheel}: {file.path}"
                refusal = Refusal(code="file-not-as-recorded", where=where, expected=error.expected, found=error.found)
                refusals.append(refusal)
            finally:
                os.close(sink)
    linked = tuple((file.path, done.stamp) for file, done in taken if done.stamp)
    return Reply(is_done=True, written=tuple(written), taken=len(taken), linked=linked, refusals=tuple(refusals))


def _hash(job: Job, moved: Moved) -> Reply:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_HASH_BYTES))
    with job.extent.open(job.wheel) as stream:
        while count := stream.readinto(buffer):  # type: ignore[attr-defined]  # binary files have it
            digest.update(buffer[:count])
            moved(count)
    if digest.hexdigest() == job.sha256:
        return Reply(is_done=True)
    refusal = Refusal(code="bundle-damaged", where=job.wheel, expected=f"sha256 {job.sha256}", found=digest.hexdigest())
    return Reply(is_done=True, refusals=(refusal,))


def _not_done(error: OSError, job: Job) -> Refusal:
    where, found = str(error.filename or job.wheel), error.strerror or str(error)
    if isinstance(error, FileChanged):
        expected = "the file that was there at first"
        return Refusal(code="file-changed", where=where, expected=expected, found=found)
    return Refusal(code="write-failed", where=where, expected="to read and write", found=found)


def do(job: Job, folder: Path, inflater: Inflater, moved: Moved) -> Reply:
    """Do the job; whatever the system refuses is a refusal, and nothing is raised for it."""
    try:
        return _hash(job, moved) if job.sha256 else _unpack(job, folder, inflater, moved)
    except OSError as error:
        return Reply(is_done=True, refusals=(_not_done(error, job),))
