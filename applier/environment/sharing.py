"""What a new environment has in common with the old one: files of one set of bytes under two names, by hard links.

The old environment stays in place until the new one is proven, and proving runs code of others. What that writes to a
shared file reaches both. So every link has a stamp, and before anything else becomes of the new environment, also when
nothing does, each is looked at again. A file that was written to gets its own bytes back in both, in a file for each.
Only a kill or a power cut leaves no time for that; the run after it names such files: see `cut_off`.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from locks import Problem
from locks.interrupts import endings_ignored
from locks.progress import Reporter

from ..errors import ApplyRefused
from ..framing.inflate import find_inflater
from ..unpacking.job import File, Job, Old, Reply, Stamp, told_mode
from ..unpacking.unpack import do
from .durable import sync_file_system
from .frozen import WRITE
from .receipt import InstalledFile
from .tree import read_files

_MENDING = ".venvault-mending"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    job: Job
    """The one that the file is of: what is in its wheel can be written anew."""
    file: File
    installed: InstalledFile
    stamp: Stamp
    is_sure: bool = True
    """Whether the file was hashed when it had that stamp; else it may have been other than its receipt says before."""


def _stamp_at(path: str) -> Stamp | None:
    try:
        return Stamp.of(os.lstat(path))
    except OSError:
        return None


class Sharing:
    """What is taken from the old environment while the new one is built."""

    def __init__(self, environment: Path, staging: Path, held: Mapping[str, InstalledFile], *, read_only: bool) -> None:
        """Take from `environment`, whose receipt lists `held` (nothing, when there is none), into `staging`.

        `read_only` says that the files of the new environment will be.
        """
        self.held = held
        self.taken = 0
        """How many files were taken."""
        self._environment = environment
        self._staging = staging
        self._read_only = read_only
        self._links: dict[str, _Link] = {}
        self._undone: list[Job] = []
        self._begun_ns = 0

    def old(self, umask: int) -> Old | None:
        """Give the old environment as workers take from it, by the umask that they have; None when there is none."""
        mask = ~umask & (~WRITE if self._read_only else -1)
        return Old(folder=str(self._environment), mode_mask=mask) if self.held else None

    def begin(self, jobs: Iterable[Job]) -> None:
        """Take note of the jobs that there are: `note` tells of each, unless the run ends before it does."""
        self._undone = [job for job in jobs if job.old]
        self._begun_ns = self._staging.stat().st_mtime_ns  # by the file system's own clock

    def note(self, job: Job, reply: Reply) -> None:
        """Note what was taken in a job."""
        if not reply.is_done or job.old is None:
            return
        self._undone.remove(job)
        self.taken += reply.taken
        stamps = dict(reply.stamps)
        for file in job.files:
            if stamp := stamps.get(file.path):
                installed = InstalledFile(sha256=reply.sha256_of(file), size_bytes=file.size_bytes)
                self._links[file.path] = _Link(job=job, file=file, installed=installed, stamp=stamp)

    def _unsure_links(self) -> Iterator[tuple[str, _Link]]:
        """Give the links that workers made in jobs of which nothing was heard."""
        for job, file in (
            (each, file) for each in self._undone for file in each.files if file.is_held and not file.is_spare
        ):
            stamp, old = (_stamp_at(f"{place}/{file.path}") for place in (self._staging, self._environment))
            if stamp and old and stamp.inode == old.inode:
                assert job.old is not None, "one that takes"
                wanted = stamp._replace(mode=told_mode(stat.S_IFREG | file.mode & job.old.mode_mask))
                installed = self.held[file.path]
                yield file.path, _Link(job=job, file=file, installed=installed, stamp=wanted, is_sure=False)

    @contextmanager
    def guarded(self, reporter: Reporter) -> Iterator[None]:
        """See at the end, whatever it is, that nothing which was written meanwhile is left in a shared file.

        No worker may be left by then.

        Raises:
            ApplyRefused: something is.
        """
        try:
            yield
        finally:
            with endings_ignored():
                self._mend_all(reporter)

    def _mend_all(self, reporter: Reporter) -> None:
        links = dict(chain(self._links.items(), self._unsure_links()))
        doubtful = {
            path: link
            for path, link in links.items()
            if not link.is_sure or _stamp_at(f"{self._staging}/{path}") != link.stamp
        }
        problems, mended = [], []
        for place in (self._environment, self._staging):
            for path in self._altered(place, doubtful):
                problems += _mend(place, path, doubtful[path])
                mended.append(path)
        for path in dict.fromkeys(mended):
            reporter.warned(f"{path} was written to while two environments had it in common; each has its own again")
        if mended:
            sync_file_system(self._environment)
        if problems:
            raise ApplyRefused(problems)

    def _altered(self, place: Path, links: Mapping[str, _Link]) -> list[str]:
        """Give those of the links that are still at that place, and are not what they were."""
        altered, unread = [], []
        for path, link in links.items():
            found = _stamp_at(f"{place}/{path}")
            if found is None or found.inode != link.stamp.inode:
                continue
            if found.mode != link.stamp.mode:
                altered.append(path)
            elif link.is_sure or found.written_ns >= self._begun_ns:  # what the user wrote before is let be
                unread.append(path)
        read = read_files(place, unread) if unread else {}
        return altered + [path for path in unread if read[path] != links[path].installed]


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Let files be made in a folder, be it read-only."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & stat.S_IWUSR:
        yield
        return
    folder.chmod(mode | stat.S_IWUSR)
    try:
        yield
    finally:
        folder.chmod(mode)


def _mend(place: Path, path: str, link: _Link) -> list[Problem]:
    """Put a file of its own with the right bytes in a shared file's place; give what is wrong when that fails."""
    beside = os.path.join(os.path.dirname(path), _MENDING)  # noqa: PTH118, PTH120  # relative, as jobs have it
    try:
        with _writable((place / path).parent):
            (place / beside).unlink(missing_ok=True)
            file = replace(link.file, path=beside, is_held=False)
            job = replace(link.job, files=(file,), old=None, sha256="")  # RECORD has the file's; no other byte counts
            reply = do(job, place, find_inflater(None), _unheard)
            if not reply.refusals:
                (place / beside).chmod(stat.S_IMODE(link.stamp.mode))
                (place / beside).replace(place / path)
                return []
            found = f"expected {reply.refusals[0].expected}, found {reply.refusals[0].found}"
    except OSError as error:
        found = error.strerror or str(error)
    return [
        Problem(
            code="shared-file-written",
            where=str(place / path),
            expected="the bytes it had",
            found=f"others, written while two environments had it in common; not mended: {found}",
            hint="free space or permissions, or copy the bundle again, then apply it again",
        )
    ]


def _unheard(_count: int) -> None: ...
