"""One wheel's place in the environment: the final path of every file, as `installer` decides it; nothing is written."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from installer import install
from installer.destinations import WheelDestination
from installer.records import RecordEntry
from installer.utils import Scheme
from packaging.tags import Tag

from locks import LockedWheel, Problem, Target
from locks.problem import printable

from ..environment.scheme import fault_in_name, fault_in_path, is_windows, same_file_key, scheme_paths
from ..framing import Entry, Fault
from .identity import is_metadata, is_own_metadata
from .judge import judge_wheel, problem_of
from .source import ADDITIONAL_METADATA, Declared, JudgedWheel, WheelContents, WheelFile


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of the environment-to-be."""

    path: str
    """Relative to the environment, forward slashes."""
    owner: str
    """File name of the wheel that brings it; of an extra file, its member."""
    size_bytes: int = 0
    """Unpacked; a file made while installing counts as nothing."""
    algorithm: str = ""
    """hashlib's name of the hash that is recorded of it; empty for files made while installing."""
    digest: str = ""
    """That hash, in RECORD's spelling."""
    entry: Entry | None = None
    """Where it lies in the wheel, for who inflates it; None for files made while installing."""
    is_executable: bool = False


class _Recorder(WheelDestination):
    """Writes nothing down but where things would go."""

    def __init__(self, wheel: LockedWheel, target: Target, distribution: str) -> None:
        self.files: list[PlannedFile] = []
        self._wheel = wheel
        self._schemes = scheme_paths(target, distribution)
        self._script_suffix = ".exe" if is_windows(target) else ""

    def _place(self, scheme: str, path: str) -> str:
        folder = self._schemes[scheme]
        return f"{folder}/{path}" if folder else path

    def _note_made(self, scheme: str, path: str) -> RecordEntry:
        self.files.append(PlannedFile(path=self._place(scheme, path), owner=self._wheel.filename))
        return RecordEntry(path, None, None)

    def _note_copied(self, scheme: str, path: str, source: WheelFile) -> RecordEntry:
        file = PlannedFile(
            path=self._place(scheme, path),
            owner=self._wheel.filename,
            size_bytes=source.entry.size_bytes,
            algorithm=source.algorithm,
            digest=source.digest,
            entry=source.entry,
            is_executable=source.is_executable,
        )
        self.files.append(file)
        return RecordEntry(path, None, None)

    def write_script(self, name: str, module: str, attr: str, section: str) -> RecordEntry:
        return self._note_made("scripts", f"{name}{self._script_suffix}")

    def write_file(self, scheme: Scheme, path: object, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        if isinstance(stream, Declared):
            return self._note_copied(scheme, str(path), stream.file)
        return self._note_made(scheme, str(path))

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        self._note_made(scheme, record_file_path)


def unreadable(wheel: LockedWheel, error: Exception) -> Problem:
    """Put in words why `installer` cannot make anything of a wheel that was judged sound."""
    return Problem(
        code="wheel-invalid",
        where=printable(wheel.filename),
        expected="a wheel that can be installed",
        found=printable(f"{type(error).__name__}: {error}"),
        hint="report it to the bundle's maker",
    )


def _fault_in_place(file: PlannedFile, contents: WheelContents, wheel: LockedWheel, target: Target) -> str | None:
    """Say why the file may not go where it would."""
    if fault := fault_in_path(file.path, target):
        return fault
    library = scheme_paths(target, "")["purelib"] + "/"
    if not same_file_key(file.path, target).startswith(same_file_key(library, target)):
        return None
    top = file.path[len(library) :].partition("/")[0]
    is_data = file.entry is not None and file.entry.name.startswith(f"{contents.data_dir}/")
    if is_metadata(top) and (is_data or not is_own_metadata(top, contents.dist_info_dir, wheel)):
        return "the metadata of a package, out of a place that is not its own"
    return None


def place_contents(
    wheel: LockedWheel, target: Target, contents: WheelContents, *, told: Collection[str] = ()
) -> tuple[list[PlannedFile], list[Problem]]:
    """Give where the files of a judged wheel go, and what is wrong with that, but for names `told` to be wrong."""
    source = JudgedWheel(contents, Declared)
    recorder = _Recorder(wheel, target, source.distribution)
    try:
        install(source, recorder, additional_metadata=ADDITIONAL_METADATA)
    except Exception as error:  # `installer` ends in many types of exception
        return [], [unreadable(wheel, error)]
    problems = []
    for file in recorder.files:
        fault = _fault_in_place(file, contents, wheel, target)
        if fault and not (file.entry and file.entry.name in told):
            problems.append(
                problem_of(wheel, "path-not-allowed", Fault(file.path, "a path the wheel may write", fault))
            )
    return recorder.files, problems


def place_wheel(
    wheel: LockedWheel, target: Target, tags: frozenset[Tag], stream: BinaryIO
) -> tuple[WheelContents | None, list[PlannedFile], list[Problem]]:
    """Plan one wheel; give what it holds, where its files go, and everything that is wrong with it."""
    contents, problems = judge_wheel(wheel, target, tags, stream)
    if contents is None:
        return None, [], problems
    told = {file.entry.name for file in contents.files if fault_in_name(file.entry.name, target)} if problems else ()
    files, faults = place_contents(wheel, target, contents, told=told)
    is_explained = not files and problems  # why `installer` can make nothing of it
    return contents, files, problems if is_explained else [*problems, *faults]
