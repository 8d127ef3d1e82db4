"""One job done: every byte read once, inflated, hashed and written as it passes."""

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ..bundle.extent import Extent
from ..changed import FileChanged
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
    return create(f"{folder}/{file.path}", file.mode)


def _damaged(job: Job, found: str) -> list[Refusal]:
    """Give what is wrong with a wheel whose sha256 is `found`."""
    if found == job.sha256:
        return []
    return [Refusal(code="bundle-damaged", where=job.wheel, expected=f"sha256 {job.sha256}", found=found)]


def _hash(extent: Extent, wheel: str, moved: Moved) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_HASH_BYTES))
    with extent.open(wheel) as stream:
        while count := stream.readinto(buffer):  # type: ignore[attr-defined]  # binary files have it
            digest.update(buffer[:count])
            moved(count)
    return digest.hexdigest()


@cache
def _hash_once(extent: Extent, wheel: str) -> str:
    """Hash a wheel for all its jobs; that it is unchanged since then is seen whenever it is opened."""
    return _hash(extent, wheel, lambda count: None)


def _unproven(job: Job, files: Iterable[File]) -> list[Refusal]:
    """Say why no byte of the wheel may be written, for `files` that the old environment turned out not to hold."""
    if job.extent.pieces:
        return _damaged(job, _hash_once(job.extent, job.wheel)) if job.sha256 else []
    return [
        Refusal(
            code="file-not-held",
            where=f"{job.wheel}: {file.path}",
            expected=f"{file.algorithm}={file.digest} (RECORD)",
            found="another, or none",
        )
        for file in files
    ]


def _take(job: Job, folder: Path, moved: Moved) -> tuple[list[File], list[tuple[File, Taken]]]:
    """Take what the old environment holds; give what is left to inflate, and what was taken."""
    if job.old is None:
        return list(job.files), []
    taking = Taking(job.old, folder, moved)
    tried = [(file, taking.take(file) if file.is_held else None) for file in job.files]
    return [file for file, done in tried if done is None], [(file, done) for file, done in tried if done is not None]


def _make_folders(job: Job, folder: Path) -> None:
    """Make the folders of a job's files, and not sooner: an empty one can be imported by who looks for a package."""
    for path in {os.path.dirname(file.path) for file in job.files if not file.is_spare}:  # noqa: PTH120  # quicker
        os.makedirs(f"{folder}/{path}", exist_ok=True)  # noqa: PTH103


def _unpack(job: Job, folder: Path, inflater: Inflater, moved: Moved) -> Reply:
    _make_folders(job, folder)
    files, taken = _take(job, folder, moved)
    found = [(file, done.sha256) for file, done in taken]
    refusals = _unproven(job, files) if files else []
    with job.extent.open(job.wheel) as stream:
        for file in files if not refusals else ():
            sink = _open(folder, file)
            try:
                found.append((file, _write_file(stream, file, sink, inflater, moved)))
            except NotAsDeclared as error:
                where = f"{job.wheel}: {file.path}"
                refusal = Refusal(code="file-not-as-recorded", where=where, expected=error.expected, found=error.found)
                refusals.append(refusal)
            finally:
                os.close(sink)
    made = [(file, done) for file, done in taken if not file.is_spare]
    stamps = tuple((file.path, done.stamp) for file, done in made if done.stamp)
    sha256s = {file.path: sha256 for file, sha256 in found if file.algorithm != "sha256"}
    return Reply(is_done=True, sha256s=sha256s, taken=len(made), stamps=stamps, refusals=tuple(refusals))


def _look(job: Job, folder: Path, moved: Moved) -> Reply:
    _, seen = _take(job, folder, moved)
    return Reply(is_done=True, stamps=tuple((file.path, done.stamp) for file, done in seen if done.stamp))


def _not_done(error: OSError, job: Job) -> Refusal:
    where, found = str(error.filename or job.wheel), error.strerror or str(error)
    if isinstance(error, FileChanged):
        expected = "the file that was there at first"
        return Refusal(code="file-changed", where=where, expected=expected, found=found)
    return Refusal(code="write-failed", where=where, expected="to read and write", found=found)


def do(job: Job, folder: Path, inflater: Inflater, moved: Moved) -> Reply:
    """Do the job; whatever the system refuses is a refusal, and nothing is raised for it."""
    try:
        if job.hashes:
            return Reply(is_done=True, refusals=tuple(_damaged(job, _hash(job.extent, job.wheel, moved))))
        if job.looks:
            return _look(job, folder, moved)
        return _unpack(job, folder, inflater, moved)
    except OSError as error:
        return Reply(is_done=True, refusals=(_not_done(error, job),))
