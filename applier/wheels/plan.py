"""The plan pass: every final path of every wheel, before anything is written.

`installer` decides what goes where; a destination that only records listens. Two wheels may bring the same file with
the same bytes (every nvidia wheel ships one empty `nvidia/__init__.py`): it is shared. Different bytes are an error
that names both owners.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from installer import install
from installer.destinations import WheelDestination
from installer.exceptions import InvalidWheelSource
from installer.records import RecordEntry, parse_record_file
from installer.sources import WheelContentElement, WheelFile
from installer.utils import Scheme

from locks import LockedWheel, Problem, Target

from ..environment.scheme import environment_folders, fault_in_path, is_windows, same_file_key, scheme_paths
from ..errors import BundleDamaged

_NOT_THE_WHEELS = {"RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"}
_STRONG_HASHES = {"sha256", "sha384", "sha512"}
ADDITIONAL_METADATA = {"INSTALLER": b"venvault\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of the environment-to-be."""

    path: str
    """Relative to the environment, forward slashes."""
    owner: str
    """File name of the wheel that brings it."""
    record: RecordEntry | None
    """What the wheel's RECORD says of it; None for files made while installing."""
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All wheels together."""

    files: dict[str, PlannedFile]
    """Path -> the file, with the wheel that writes it: the first in install order."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files; generated scripts and RECORDs count as nothing."""
        return sum(file.size_bytes for file in self.files.values())

    @property
    def longest_path(self) -> str:
        """The longest path below the environment; of several, the first in the alphabet."""
        return min(self.files, key=lambda path: (-len(path), path), default="")


class _Declared(io.BytesIO):
    """Stands in for a file's content in the plan pass: what RECORD says of it, and no bytes."""

    def __init__(self, record: RecordEntry, size_bytes: int) -> None:
        super().__init__()
        self.record = record
        self.size_bytes = size_bytes


class CleanWheel(WheelFile):
    """A wheel of which some members are never installed.

    Bytecode, which stale or hostile would run in place of its source; signatures of RECORD, which is written anew;
    what an installer writes to say how it came by the wheel.
    """

    def is_wanted(self, name: str) -> bool:
        """Say whether the member of that name is installed."""
        folder, _, base = name.rpartition("/")
        return "__pycache__" not in folder.split("/") and not (folder == self.dist_info_dir and base in _NOT_THE_WHEELS)

    def get_contents(self) -> Iterator[WheelContentElement]:
        """Give every member that is installed."""
        return (element for element in super().get_contents() if self.is_wanted(element[0][0]))


class _DeclaredWheel(CleanWheel):
    """A wheel whose members are declared, not opened."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(archive)
        self._sizes = {info.filename: info.file_size for info in archive.infolist() if not info.is_dir()}

    def get_contents(self) -> Iterator[WheelContentElement]:
        rows = {row[0]: row for row in parse_record_file(self.read_dist_info("RECORD").splitlines())}
        for name, size_bytes in self._sizes.items():
            if name == self.data_dir:  # `installer` would look for the scheme below it without end
                raise InvalidWheelSource(self, f"a file where the folder {name} belongs")
            if self.is_wanted(name):
                yield rows[name], _Declared(RecordEntry.from_elements(*rows[name]), size_bytes), False


class _Recorder(WheelDestination):
    """Writes nothing down but where things would go."""

    def __init__(self, wheel: LockedWheel, target: Target, distribution: str) -> None:
        self.files: list[PlannedFile] = []
        self._wheel = wheel
        self._schemes = scheme_paths(target, distribution)
        self._script_suffix = ".exe" if is_windows(target) else ""

    def _note(self, scheme: str, path: str, record: RecordEntry | None, size_bytes: int) -> RecordEntry:
        folder = self._schemes[scheme]
        self.files.append(
            PlannedFile(
                path=f"{folder}/{path}" if folder else path,
                owner=self._wheel.filename,
                record=record,
                size_bytes=size_bytes,
            )
        )
        return RecordEntry(path, None, None)

    def write_script(self, name: str, module: str, attr: str, section: str) -> RecordEntry:
        return self._note("scripts", f"{name}{self._script_suffix}", None, 0)

    def write_file(self, scheme: Scheme, path: object, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        declared = stream if isinstance(stream, _Declared) else None
        record, size_bytes = (declared.record, declared.size_bytes) if declared else (None, 0)
        return self._note(scheme, str(path), record, size_bytes)

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        self._note(scheme, record_file_path, None, 0)


def open_wheel(stream: BinaryIO) -> zipfile.ZipFile:
    """Open a wheel for `installer`, which wants to know its file name; `stream.name` gives it."""
    return zipfile.ZipFile(stream)


def unreadable(wheel: LockedWheel, error: Exception) -> Problem:
    """Put in words why `installer` or `zipfile` cannot make anything of a wheel."""
    issues = getattr(error, "issues", None)
    found = "; ".join(issues[:3]) if issues else f"{type(error).__name__}: {error}"
    return Problem(
        code="wheel-invalid",
        where=wheel.filename,
        expected="a wheel that can be installed",
        found=found,
        hint="report it to the bundle's maker: this wheel is not as its own RECORD says",
    )


def _faults(file: PlannedFile, target: Target) -> Iterator[tuple[str, str, str]]:
    if fault := fault_in_path(file.path, target):
        yield "path-not-allowed", "a path the wheel may write", fault
    hash_ = file.record.hash_ if file.record else None
    if hash_ is not None and hash_.name not in _STRONG_HASHES:
        yield "hash-too-weak", "a sha256, sha384 or sha512 in RECORD", hash_.name


def _plan_wheel(wheel: LockedWheel, target: Target, stream: BinaryIO) -> list[PlannedFile]:
    """Plan one wheel.

    Raises:
        BundleDamaged: it cannot be installed as it is. NOTE: `installer` ends in many types of exception on a bad
            wheel (KeyError, AssertionError, UnicodeDecodeError, ...), so all are taken here, and the wheel is named.
    """
    try:
        with open_wheel(stream) as archive:
            source = _DeclaredWheel(archive)
            source.validate_record(validate_contents=False)
            recorder = _Recorder(wheel, target, source.distribution)
            install(source, recorder, additional_metadata=ADDITIONAL_METADATA)
    except Exception as error:
        raise BundleDamaged(unreadable(wheel, error)) from error
    problems = [
        Problem(code=code, where=f"{wheel.filename}: {file.path!r}", expected=expected, found=found)
        for file in recorder.files
        for code, expected, found in _faults(file, target)
    ]
    if problems:
        raise BundleDamaged(problems)
    return recorder.files


def _is_same(first: PlannedFile, second: PlannedFile) -> bool:
    """Say whether two wheels bring the same bytes: both RECORDs give one digest."""
    if first.path != second.path or first.record is None or second.record is None:
        return False
    return first.record.hash_ is not None and first.record.hash_ == second.record.hash_


def plan_wheels(wheels: Iterable[LockedWheel], target: Target, open_stream: Callable[[LockedWheel], BinaryIO]) -> Plan:
    """Plan all `wheels`, in the order given; `open_stream` gives a wheel's bytes, its `name` the file name.

    Raises:
        BundleDamaged: with every wheel that cannot be installed and every clash between two.
    """
    files: dict[str, PlannedFile] = {}
    by_key: dict[str, PlannedFile] = {}
    problems: list[Problem] = []
    for wheel in wheels:
        try:
            with open_stream(wheel) as stream:
                planned = _plan_wheel(wheel, target, stream)
        except BundleDamaged as error:
            problems.extend(error.problems)
            continue
        for file in planned:
            owner = by_key.setdefault(same_file_key(file.path, target), file)
            if owner is file:
                files[file.path] = file
            elif not _is_same(owner, file):
                problems.append(_clash(owner, file))
    folders = {same_file_key(folder, target) for folder in environment_folders(target)}
    folders |= {key[:place] for key in by_key for place, letter in enumerate(key) if letter == "/"}
    problems += [_folder_clash(by_key[key]) for key in sorted(folders & by_key.keys())]
    if problems:
        raise BundleDamaged(problems)
    return Plan(files=files)


def _folder_clash(file: PlannedFile) -> Problem:
    return Problem(
        code="files-clash",
        where=file.path,
        expected="a folder, as another file or the environment has it",
        found=f"a file in {file.owner}",
        hint="these packages cannot be installed together",
    )


def _clash(owner: PlannedFile, other: PlannedFile) -> Problem:
    return Problem(
        code="files-clash",
        where=other.path,
        expected=f"one owner, or the same bytes as in {owner.owner}",
        found=f"other bytes in {other.owner}",
        hint="these two packages cannot be installed together",
    )
