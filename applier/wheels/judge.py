"""A wheel judged by itself, before anything of it is planned: every rule, every fault, and what it holds.

Only the texts that say how to install the rest are read; the bytes of all others are held against RECORD when they are
read (`applier.framing.read_member`, the write pass, and `bundler.contents` before a bundle leaves the desk).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from packaging.tags import Tag

from locks import LockedWheel, Problem, Target
from locks.problem import printable

from ..framing import Entry, Fault, Misframed, read_entries, read_member
from .data import data_faults
from .entry_points import entry_point_faults
from .fit import python_faults, tag_faults
from .identity import filename_faults, find_data, find_dist_info, metadata_faults, read_metadata, wheel_file_faults
from .members import name_faults, size_faults, type_faults
from .record import NO_HASH, hash_of, read_rows, record_faults, weak_hashes
from .shebang import asks_for_python
from .source import WheelContents, WheelFile

_LONGEST_TEXT_BYTES = 64 << 20
_HEAD_BYTES = len("#!python")
_TEXTS: dict[str, tuple[str, Callable[..., Iterator[Fault]]]] = {
    "WHEEL": ("wheel-not-itself", wheel_file_faults),
    "entry_points.txt": ("entry-points-invalid", entry_point_faults),
}
"""What `installer` goes by -> the code of what is wrong with it, and its rules."""

_SENSELESS = {"data-folder-invalid", "entry-points-invalid"}
"""Codes of what leaves no sense in asking `installer` where the files go."""


def problem_of(wheel: LockedWheel, code: str, fault: Fault) -> Problem:
    """Give a fault of a wheel as a problem that names the wheel, control characters escaped."""
    name = printable(wheel.filename)
    where = f"{name}: {fault.member!r}" if fault.member else name
    return Problem(code=code, where=where, expected=fault.expected, found=fault.found)


class _Judge:
    """Goes through one wheel and gathers what is wrong with it, as problems that name it."""

    def __init__(self, wheel: LockedWheel, target: Target, stream: BinaryIO) -> None:
        self.problems: list[Problem] = []
        self._wheel = wheel
        self._target = target
        self._stream = stream

    def add(self, code: str, faults: Iterable[Fault]) -> None:
        self.problems += (problem_of(self._wheel, code, fault) for fault in faults)

    def members(self) -> tuple[Entry, ...]:
        """Judge the frame and every member by what it is said to be; none when the frame is broken."""
        try:
            members = read_entries(self._stream)
        except Misframed as error:
            self.add("wheel-misframed", error.faults)
            return ()
        self.add("path-not-allowed", name_faults(members, self._target))
        self.add("member-not-regular", type_faults(members))
        self.add("wheel-too-large", size_faults(members))
        return members

    def read(self, entry: Entry | None, name: str, code: str) -> bytes | None:
        """Read one file of the `.dist-info` folder; None when there is none, or it cannot be read."""
        if entry is None:
            self.add(code, [Fault(name, f"a file {name.rpartition('/')[2]}", "none")])
            return None
        if entry.size_bytes > _LONGEST_TEXT_BYTES:
            self.add("wheel-too-large", [Fault(name, f"at most {_LONGEST_TEXT_BYTES} bytes", str(entry.size_bytes))])
            return None
        try:
            return b"".join(read_member(self._stream, entry))
        except Misframed as error:
            self.add("wheel-misframed", error.faults)
            return None

    def script(self, entry: Entry) -> bytes | None:
        """Read a script if its first line is to be set."""
        head = b""
        try:
            for piece in read_member(self._stream, entry):
                head += piece
                if len(head) >= _HEAD_BYTES:
                    break
        except Misframed as error:
            self.add("wheel-misframed", error.faults)
            return None
        return self.read(entry, entry.name, "wheel-misframed") if asks_for_python(head) else None

    def metadata(self, entry: Entry | None, name: str) -> None:
        """Judge METADATA."""
        if (data := self.read(entry, name, "wheel-not-itself")) is not None:
            raw = read_metadata(data)
            self.add("wheel-not-itself", metadata_faults(raw, self._wheel, member=name))
            requires_python = raw.get("requires_python", "")
            self.add("wheel-does-not-fit", python_faults(requires_python, self._target, member=name))

    def text(self, entry: Entry | None, name: str, code: str, rules: Callable[..., Iterator[Fault]]) -> str | None:
        """Judge a text by its rules, and give it; None when there is none that can be read."""
        if (data := self.read(entry, name, code)) is None:
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            self.add(code, [Fault(name, "UTF-8", str(error))])
            return None
        self.add(code, rules(text, member=name))
        return text

    def record(self, entries: Mapping[str, Entry], name: str) -> dict[str, tuple[str, str]]:
        """Judge RECORD; give the hash that it has of each file, as far as that makes sense."""
        if (data := self.read(entries.get(name), name, "record-invalid")) is None:
            return {}
        try:
            rows = read_rows(data)
        except ValueError as error:
            self.add("record-invalid", [Fault(name, "UTF-8 text of three columns", str(error))])
            return {}
        sizes = {member: entry.size_bytes for member, entry in entries.items()}
        self.add("record-invalid", record_faults(rows, sizes, own=name))
        self.add("hash-too-weak", weak_hashes(rows))
        return {row[0]: hash_of(row) for row in rows}


def judge_wheel(
    wheel: LockedWheel, target: Target, tags: frozenset[Tag], stream: BinaryIO
) -> tuple[WheelContents | None, list[Problem]]:
    """Judge one wheel by itself; `tags` are the target's. Give what it holds, None when that makes no sense."""
    judge = _Judge(wheel, target, stream)
    judge.add("wheel-not-itself", filename_faults(wheel))
    judge.add("wheel-does-not-fit", tag_faults(wheel, target, tags))
    members = judge.members()
    if any(problem.code == "wheel-misframed" for problem in judge.problems):
        return None, judge.problems
    dist_info, faults = find_dist_info((entry.name for entry in members), wheel)
    judge.add("wheel-not-itself", faults)
    if faults:
        return None, judge.problems
    entries = {entry.name: entry for entry in members if not entry.is_folder}
    data_dir, faults = find_data((entry.name for entry in members), wheel)
    judge.add("data-folder-invalid", [*faults, *data_faults(entries, data_dir)])
    contents = _contents(wheel, judge, entries, dist_info, data_dir)
    is_senseless = any(problem.code in _SENSELESS for problem in judge.problems)
    return (None if is_senseless else contents), judge.problems


def _contents(
    wheel: LockedWheel, judge: _Judge, entries: Mapping[str, Entry], dist_info: str, data_dir: str
) -> WheelContents:
    """Judge the files of the `.dist-info` folder, and give all that the wheel holds."""
    names = {base: f"{dist_info}/{base}" for base in ("METADATA", "RECORD", *_TEXTS)}
    judge.metadata(entries.get(names["METADATA"]), names["METADATA"])
    texts = {
        base: judge.text(entries.get(names[base]), names[base], code, rules)
        for base, (code, rules) in _TEXTS.items()
        if base == "WHEEL" or names[base] in entries
    }
    scripts = {name: judge.script(entry) for name, entry in entries.items() if _is_script(name, data_dir)}
    hashes = judge.record(entries, names["RECORD"])
    files = (
        WheelFile(entry=entry, algorithm=algorithm, digest=digest, is_executable=_is_executable(entry, data_dir))
        for name, entry in entries.items()
        for algorithm, digest in [hashes.get(name, NO_HASH)]
    )
    return WheelContents(
        filename=wheel.filename,
        dist_info_dir=dist_info,
        data_dir=data_dir,
        texts={base: text for base, text in texts.items() if text is not None},
        scripts={name: data for name, data in scripts.items() if data is not None},
        files=tuple(files),
    )


def _is_script(name: str, data_dir: str) -> bool:
    return name.startswith(f"{data_dir}/scripts/")


def _is_executable(entry: Entry, data_dir: str) -> bool:
    """Say whether the file is executable; nothing else of a mode is taken over. Scripts are, whatever made the zip."""
    return bool(entry.mode & 0o111) or _is_script(entry.name, data_dir)
