"""The bundle on disk: opened once, its member list judged whole, its bytes hashed, its wheels read in place."""

import io
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from locks import Lock, LockError, Problem
from locks.digest import sha256_of_stream
from locks.pylock import WHEELS_FOLDER
from locks.read import read_lock

from ..errors import BundleDamaged
from .layout import CONTENTS, LOCK, Contents, Member, read_contents, wheel_member

_LOCAL_HEADER = struct.Struct("<4s22xHH")
# What zipfile ends in on bytes that are no zip, or a cut or altered one.
_UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    KeyError,
    EOFError,
    ValueError,
    struct.error,
    NotImplementedError,
    RuntimeError,
)
_COPY_AGAIN = "copy the bundle again, or ask its maker for a new one"


class Slice(io.RawIOBase):
    """A stretch of a file as a file of its own; how a stored member is read without being unpacked.

    Own rather than `ZipFile.open`, which before Python 3.12 reads a stored member again from its start to seek back.
    """

    def __init__(self, path: Path, *, start: int, size_bytes: int, name: str) -> None:
        self._stream = path.open("rb", buffering=0)
        self._start = start
        self._size_bytes = size_bytes
        self._position = 0
        self.name = name
        """What `zipfile` and `installer` take for the file's name."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(origin + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed: WriteableBuffer
        view = memoryview(buffer)[: max(self._size_bytes - self._position, 0)]
        self._stream.seek(self._start + self._position)
        count = self._stream.readinto(view) or 0
        self._position += count
        return count

    def close(self) -> None:
        if hasattr(self, "_stream"):  # not when the file could not be opened
            self._stream.close()
        super().close()


def _damaged(where: str, expected: str, found: str) -> Problem:
    return Problem(code="bundle-damaged", where=where, expected=expected, found=found, hint=_COPY_AGAIN)


class Bundle:
    """An opened bundle: structure, lock and runner already judged; the wheels' bytes are judged by `verify`."""

    def __init__(self, path: Path, contents: Contents, lock: Lock, offsets: dict[str, tuple[int, int]]) -> None:
        self.path = path
        self.contents = contents
        self.lock = lock
        self._offsets = offsets
        """Member -> (first byte, size in bytes)."""

    @classmethod
    def open(cls, path: Path) -> "Bundle":
        """Open the bundle at `path`; judge its member list, its lock and the bytes of all but the wheels.

        Raises:
            BundleDamaged: it is no bundle, or not whole.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                offsets = {info.filename: (_first_byte(archive, info), info.file_size) for info in members}
                _judge_framing(archive, path)
                contents = read_contents(archive.read(CONTENTS))
                _judge_small_members(archive, contents)
                lock_bytes = archive.read(LOCK)
        except _UNREADABLE as error:
            found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise BundleDamaged(_damaged(str(path), "a venvault bundle", found)) from None
        try:
            lock = read_lock(lock_bytes, document=LOCK)
        except LockError as error:
            raise BundleDamaged(error.problems) from None
        _judge_members(contents, lock, offsets)
        return cls(path, contents, lock, offsets)

    def open_member(self, name: str) -> BinaryIO:
        """Open one member for reading; each call gives a handle of its own, so threads may read at once."""
        start, size_bytes = self._offsets[name]
        raw = Slice(self.path, start=start, size_bytes=size_bytes, name=name.rsplit("/", 1)[-1])
        return io.BufferedReader(raw, buffer_size=1 << 18)

    def verify(self, report: Callable[[str], None] = lambda line: None) -> None:
        """Hash every wheel.

        Raises:
            BundleDamaged: naming each wheel that is not what was written, or cannot be read any more.
        """
        problems = []
        for member in filter(_is_wheel, self.contents.members):
            report(f"checking {member.name}")
            try:
                with self.open_member(member.name) as stream:
                    problems += _judge_digest(member, *sha256_of_stream(stream))
            except OSError as error:
                problems.append(_damaged(member.name, "bytes that can be read", error.strerror or str(error)))
        if problems:
            raise BundleDamaged(problems)


def _is_wheel(member: Member) -> bool:
    return member.name.startswith(f"{WHEELS_FOLDER}/")


def _judge_digest(member: Member, sha256: str, size_bytes: int) -> list[Problem]:
    if (sha256, size_bytes) == (member.sha256, member.size_bytes):
        return []
    return [_damaged(member.name, f"sha256 {member.sha256}", sha256)]


def _judge_small_members(archive: zipfile.ZipFile, contents: Contents) -> None:
    """Hash everything but the wheels, so that no word of the lock is believed before it is known to be whole."""
    present = set(archive.namelist())
    problems = []
    for member in contents.members:
        if member.name in present and not _is_wheel(member):
            with archive.open(member.name) as stream:
                problems += _judge_digest(member, *sha256_of_stream(cast("BinaryIO", stream)))
    if problems:
        raise BundleDamaged(problems)


def _first_byte(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Find where a member's bytes begin, from its local header."""
    stream = archive.fp
    assert stream is not None
    stream.seek(info.header_offset)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"no local header for {info.filename!r}")
    return int(info.header_offset + _LOCAL_HEADER.size + name_length + extra_length)


def _judge_framing(archive: zipfile.ZipFile, path: Path) -> None:
    counts = Counter(info.filename for info in archive.infolist())
    problems = [_damaged(name, "one member of that name", str(count)) for name, count in counts.items() if count > 1]
    problems += [
        _damaged(info.filename, "a stored member", "a compressed or encrypted one")
        for info in archive.infolist()
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 0x1 or info.compress_size != info.file_size
    ]
    length = path.stat().st_size
    problems += [
        _damaged(info.filename, "bytes inside the bundle", "an end beyond it")
        for info in archive.infolist()
        if info.header_offset + info.file_size > length
    ]
    if problems:
        raise BundleDamaged(problems)


def _judge_members(contents: Contents, lock: Lock, offsets: dict[str, tuple[int, int]]) -> None:
    """Compare three lists that must agree: the zip's members, `bundle.json`'s, and the lock's wheels."""
    listed = {member.name: member for member in contents.members}
    wheels = {wheel_member(wheel.filename): wheel for wheel in lock.wheels}
    unlisted = offsets.keys() - listed.keys() - {CONTENTS}
    problems = [_damaged(name, "a member listed in bundle.json", "one that is not") for name in unlisted]
    problems += [_damaged(name, "a member listed in bundle.json", "none") for name in listed.keys() - offsets.keys()]
    problems += [_damaged(name, "the wheel the lock names", "none") for name in wheels.keys() - listed.keys()]
    problems += [
        _damaged(name, "a wheel the lock names", "one it does not")
        for name in listed.keys() - wheels.keys()
        if _is_wheel(listed[name])
    ]
    problems += [
        _damaged(name, f"sha256 {wheel.sha256} (lock)", f"{listed[name].sha256} (bundle.json)")
        for name, wheel in wheels.items()
        if name in listed and listed[name].sha256 != wheel.sha256
    ]
    if contents.target != lock.target.name:
        problems.append(_damaged(CONTENTS, f"target {lock.target.name}", contents.target))
    if problems:
        raise BundleDamaged(sorted(problems, key=lambda problem: problem.where))
