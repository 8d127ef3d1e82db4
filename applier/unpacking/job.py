"""What a worker is told to do, and what it answers. Values; they travel as lines of JSON."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from ..bundle.extent import Extent, Piece

_FILE_COST_BYTES = 100_000
"""What opening, closing and naming one file costs, in bytes that could be written meanwhile (measured)."""


def told_mode(mode: int) -> int:
    """Give what of a file's mode is told alike however it is asked for.

    On Windows that leaves out who may execute it: by path it follows from the name (`.exe`), by descriptor it does not.
    """
    return mode & ~0o111 if sys.platform == "win32" else mode


class Stamp(NamedTuple):
    """What tells that a file was written to, or given another mode, whoever did it and under whatever name."""

    inode: int
    mode: int
    size_bytes: int
    written_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Give the stamp of a file of that status."""
        return cls(status.st_ino, told_mode(status.st_mode), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """The old environment, as a place to take files from."""

    folder: str
    mode_mask: int
    """What is left of a file's mode in the new environment."""
    links: bool = True
    """Whether files may be linked: not so where nothing could mend them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file to write."""

    path: str
    """Relative to the folder that is written to, forward slashes."""
    start: int
    """Where its bytes begin in the wheel."""
    compressed_bytes: int
    size_bytes: int
    is_deflated: bool
    """Else it is stored."""
    crc: int
    algorithm: str
    """hashlib's name of what RECORD has; empty when RECORD has nothing."""
    digest: str
    """As RECORD has it."""
    mode: int
    is_spare: bool
    """It is only checked: an earlier wheel writes the same file."""
    is_held: bool = False
    """The old environment is said to hold the same; a spare one is then checked there."""
    seen: Stamp | None = None
    """What the old environment's file had in a look that found it to have this digest, a sha256; None without one."""

    @property
    def cost(self) -> int:
        """What it takes to write it, in bytes written."""
        return self.size_bytes + _FILE_COST_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A share of one wheel: hash the whole of it, write some of its files, or look at them before that is planned."""

    wheel: str
    extent: Extent
    """The whole wheel; empty when nobody has it."""
    sha256: str = ""
    """What the wheel must have; empty when that stands already."""
    files: tuple[File, ...] = ()
    """Sorted by where they begin; none when the wheel is to be hashed, and that is all."""
    old: Old | None = None
    """Where files that it holds may be taken from."""
    looks: bool = False
    """The files are hashed where the old environment has them, and that is all: nothing is planned of them yet."""

    @property
    def hashes(self) -> bool:
        """Say whether the whole wheel is to be hashed, and nothing written."""
        return not self.files

    @property
    def writes(self) -> bool:
        """Say whether files are to be written: neither is the wheel hashed, nor only looked at what there is."""
        return not (self.hashes or self.looks)

    def to_line(self) -> bytes:
        """Give it as one line of JSON."""
        pieces = [[str(piece.path), piece.start, piece.size_bytes, piece.stamp] for piece in self.extent.pieces]
        files = [_file_values(file) for file in self.files]
        old = asdict(self.old) if self.old else None
        head = {"wheel": self.wheel, "pieces": pieces, "sha256": self.sha256, "looks": self.looks}
        return _line({**head, "files": files, "old": old})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a job was not done: something is not what it must be, or the system did not let it be written."""

    code: str
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A word from a worker: how far it came since the last one; with `is_done`, how the job ended."""

    moved_bytes: int = 0
    """Bytes written, or hashed for a wheel's sha256."""
    is_done: bool = False
    """Without refusals every file is as it must be."""
    sha256s: Mapping[str, str] = field(default_factory=dict)
    """Path -> sha256, in RECORD's spelling, of those files that RECORD has by another digest."""
    taken: int = 0
    """How many files were taken from the old environment."""
    stamps: tuple[tuple[str, Stamp], ...] = ()
    """Path and stamp of those of them that are the old environment's own: under one more name, or only looked at."""
    refusals: tuple[Refusal, ...] = ()

    def sha256_of(self, file: File) -> str:
        """Give the sha256 of a file of the job, in RECORD's spelling."""
        return file.digest if file.algorithm == "sha256" else self.sha256s[file.path]

    def to_line(self) -> bytes:
        """Give it as one line of JSON."""
        # Not `asdict` of it all, which goes into each of tens of thousands of tuples.
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return _line({**fields, "refusals": [asdict(refusal) for refusal in self.refusals]})


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


_FILE_FIELDS = tuple(File.__dataclass_fields__)
_file_values = attrgetter(*_FILE_FIELDS)  # where `asdict` takes ten times as long: there are tens of thousands


def _read_file(row: list[Any]) -> File:
    fields = dict(zip(_FILE_FIELDS, row, strict=True))
    fields["seen"] = Stamp(*fields["seen"]) if fields["seen"] else None
    return File(**fields)


def read_job(line: bytes) -> Job:
    """Read what `Job.to_line` wrote."""
    document = json.loads(line)
    pieces = tuple(
        Piece(path=Path(path), start=start, size_bytes=size_bytes, stamp=tuple(stamp))
        for path, start, size_bytes, stamp in document["pieces"]
    )
    files = tuple(map(_read_file, document["files"]))
    old = Old(**document["old"]) if document["old"] else None
    extent = Extent(pieces=pieces)
    looks = document["looks"]
    return Job(wheel=document["wheel"], extent=extent, sha256=document["sha256"], files=files, old=old, looks=looks)


def read_reply(line: bytes) -> Reply:
    """Read what `Reply.to_line` wrote."""
    document = json.loads(line)
    stamps = tuple((path, Stamp(*stamp)) for path, stamp in document["stamps"])
    refusals = tuple(Refusal(**refusal) for refusal in document["refusals"])
    return Reply(
        moved_bytes=document["moved_bytes"],
        is_done=document["is_done"],
        sha256s=document["sha256s"],
        taken=document["taken"],
        stamps=stamps,
        refusals=refusals,
    )


def share_out(files: Iterable[File], *, job_cost: int) -> Iterator[tuple[File, ...]]:
    """Cut a wheel's files into shares of about `job_cost` bytes; a larger file is a share of its own.

    In each share files follow each other as in the wheel; the most costly share comes first.
    """
    shares: list[tuple[File, ...]] = []
    share: list[File] = []
    cost = 0
    for file in sorted(files, key=lambda file: file.start):
        if file.cost >= job_cost:
            shares.append((file,))
            continue
        share.append(file)
        cost += file.cost
        if cost >= job_cost:
            shares.append(tuple(share))
            share, cost = [], 0
    shares += [tuple(share)] if share else []
    yield from sorted(shares, key=lambda share: -sum(file.cost for file in share))
