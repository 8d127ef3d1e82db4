"""The bundle on disk: its member list judged whole, its bytes hashed, its wheels read in place."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from locks import Lock, LockError, Problem
from locks.digest import sha256_of_bytes, sha256_of_stream
from locks.progress import SILENT, Reporter, phase
from locks.read import read_lock

from ..errors import BundleDamaged, damaged, not_read
from ..signature import Signer, Trust, judge_signatures
from .contents import Contents, Member, bulk_members, read_contents
from .directory import Directory, read_directory
from .extent import Extent
from .kind import no_bundle
from .layout import CONTENTS, LOCK, is_bulk, is_signature
from .volumes import BundleFiles, find_files

_MAX_TEXT_BYTES = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An opened bundle: structure, lock and runner already judged; the wheels' bytes are judged by `verify`."""

    files: BundleFiles
    contents: Contents
    lock: Lock
    extents: Mapping[str, Extent]
    """Member -> where its bytes are; they may be read from there by other processes too."""
    signers: tuple[Signer, ...] = ()
    """Who signed it."""

    @classmethod
    def open(cls, path: Path, trust: Trust | None = None) -> "Bundle":
        """Open the bundle at `path`, a file or any of its volumes; judge all of it but the bytes of its wheels.

        Raises:
            BundleDamaged: it is no bundle, or not whole, or not signed by one of the keys of `trust`.
        """
        try:
            files = find_files(path)
            try:
                return cls._judged(files, trust)
            except BundleDamaged as error:
                other = None if files.volumes else no_bundle(files.whole, str(files.path))
                raise BundleDamaged(other or [*files.altered(), *error.problems]) from None
        except OSError as error:
            raise BundleDamaged(not_read(error, str(error.filename or path), "a venvault bundle")) from None

    @classmethod
    def _judged(cls, files: BundleFiles, trust: Trust | None) -> "Bundle":
        directory = read_directory(files.whole, str(files.path))
        extents = directory.extents
        data = _read_unlisted(directory, CONTENTS)
        signatures = {name: _read_unlisted(directory, name) for name in extents if is_signature(name)}
        signers = judge_signatures(signatures, data, trust, bundle=str(files.path))
        contents = read_contents(data)
        _judge_small_members(extents, contents)
        try:
            lock = read_lock(_read_text(extents, LOCK), document=LOCK)
        except LockError as error:
            raise BundleDamaged(error.problems) from None
        _judge_members(contents, lock, extents)
        return cls(files=files, contents=contents, lock=lock, extents=extents, signers=signers)

    @property
    def path(self) -> Path:
        """The bundle's own path; no file has it when it is in volumes."""
        return self.files.path

    @property
    def absent(self) -> tuple[Member, ...]:
        """The wheels that an update leaves to its base, and that were not found yet."""
        base = self.contents.base
        return tuple(member for member in base.wheels if member.name not in self.extents) if base else ()

    def read_from(self) -> frozenset[Path]:
        """Give the files that its bytes are in: itself or its volumes, and what it was given `with_wheels`."""
        return frozenset(piece.path for extent in self.extents.values() for piece in extent.pieces)

    def with_wheels(self, extents: Mapping[str, Extent]) -> "Bundle":
        """Give the bundle with wheels that lie elsewhere, by member name; `verify` holds them like its own."""
        return replace(self, extents={**self.extents, **extents})

    def open_member(self, name: str) -> BinaryIO:
        """Open one member for reading; each call gives a handle of its own, so threads may read at once."""
        return self.extents[name].open(name.rsplit("/", 1)[-1])

    def verify(self, reporter: Reporter = SILENT) -> None:
        """Hash every wheel, wherever it lies, and every extra file; wheels that nobody has are passed over.

        Raises:
            BundleDamaged: naming each that is not what was written, or cannot be read any more.
        """
        problems: list[Problem] = []
        members = [member for member in bulk_members(self.lock) if member.name in self.extents]
        total_bytes = sum(member.size_bytes for member in members)
        with phase(reporter, "hashing", total_bytes=total_bytes, total=len(members), unit="files") as hashing:
            for member in members:
                name = member.name
                hashing.advance(name)
                try:
                    with self.open_member(name) as stream:
                        problems += _judge_digest(member, *sha256_of_stream(stream), self._place(name))
                except OSError as error:
                    problems.append(not_read(error, self._place(name), "bytes that can be read"))
                hashing.advance(name, member.size_bytes, 1)
        if problems:
            raise BundleDamaged([*self.files.altered(), *problems])

    def _place(self, name: str) -> str:
        """Say where a member's bytes are, when it is not in the one file that the user named."""
        files = [piece.path for piece in self.extents[name].pieces]
        return name if files == [self.path] else f"{name} in {', '.join(map(str, files))}"


def _read_text(extents: Mapping[str, Extent], name: str) -> bytes:
    """Read a member that must be there and is read whole."""
    if name not in extents:
        raise BundleDamaged(damaged(name, "a member of that name", "none"))
    if extents[name].size_bytes > _MAX_TEXT_BYTES:
        expected, found = f"at most {_MAX_TEXT_BYTES} bytes", f"{extents[name].size_bytes}"
        raise BundleDamaged(damaged(name, expected, found))
    with extents[name].open(name) as stream:
        return stream.read()


def _read_unlisted(directory: Directory, name: str) -> bytes:
    """Read a member that `bundle.json` does not list, so that its checksum is all there is to hold it against."""
    data = _read_text(directory.extents, name)
    if zlib.crc32(data) != directory.crcs[name]:
        raise BundleDamaged(damaged(name, "the bytes of its checksum", "others"))
    return data


def _judge_digest(member: Member, sha256: str, size_bytes: int, where: str) -> list[Problem]:
    if (sha256, size_bytes) == (member.sha256, member.size_bytes):
        return []
    return [damaged(where, f"sha256 {member.sha256}", sha256)]


def _judge_small_members(extents: Mapping[str, Extent], contents: Contents) -> None:
    """Hash all but wheels and extra files: no word of the lock is believed before it is known to be whole."""
    problems = []
    for member in contents.members:
        if member.name in extents and not is_bulk(member.name):
            data = _read_text(extents, member.name)
            problems += _judge_digest(member, sha256_of_bytes(data), len(data), member.name)
    if problems:
        raise BundleDamaged(problems)


def _judge_members(contents: Contents, lock: Lock, extents: Mapping[str, Extent]) -> None:
    """Compare three lists that must agree: the zip's members, `bundle.json`'s, and the lock's.

    Every wheel of the lock is a member, or one that the base has; never both.
    """
    listed = {member.name: member for member in contents.members}
    of_base = {member.name: member for member in contents.base.wheels} if contents.base else {}
    known = {**of_base, **listed}
    locked = {member.name: member for member in bulk_members(lock)}
    problems = [
        damaged(name, "a member listed in bundle.json", "one that is not")
        for name in extents.keys() - listed.keys() - {CONTENTS}
        if not is_signature(name)
    ]
    problems += [damaged(name, "a member listed in bundle.json", "none") for name in listed.keys() - extents.keys()]
    problems += [
        damaged(name, "one place for it", "a member that the base has too") for name in listed.keys() & of_base.keys()
    ]
    problems += [damaged(name, "the file the lock names", "none") for name in locked.keys() - known.keys()]
    problems += [
        damaged(name, "a file the lock names", "one it does not")
        for name in known.keys() - locked.keys()
        if name in of_base or is_bulk(name)
    ]
    problems += [
        damaged(name, f"sha256 {member.sha256} (lock)", f"{known[name].sha256} (bundle.json)")
        for name, member in locked.items()
        if name in known and known[name].sha256 != member.sha256
    ]
    problems += [
        damaged(name, f"{member.size_bytes} bytes (lock)", f"{known[name].size_bytes} bytes (bundle.json)")
        for name, member in locked.items()
        if name in known and known[name].size_bytes != member.size_bytes
    ]
    if contents.target != lock.target.name:
        problems.append(damaged(CONTENTS, f"target {lock.target.name}", contents.target))
    if problems:
        raise BundleDamaged(sorted(problems, key=lambda problem: problem.where))
