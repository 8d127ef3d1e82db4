"""The plan pass: every final path of every wheel, before anything is written.

Two wheels may bring the same file with the same bytes (every nvidia wheel ships one empty `nvidia/__init__.py`): it is
shared. Different bytes are an error that names both owners.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from locks import LockedWheel, Problem, Target
from locks.problem import printable

from ..environment.scheme import environment_folders, fault_in_path, folders_above, same_file_key
from ..errors import BundleDamaged
from .place import PlannedFile, place_contents, place_wheel
from .source import WheelContents


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All wheels together."""

    files: dict[str, PlannedFile]
    """Path -> the file, with the wheel that writes it: the first in install order."""
    shared: tuple[PlannedFile, ...] = ()
    """What a later wheel brings again, with the same bytes."""
    wheels: Mapping[str, WheelContents] = field(default_factory=dict)
    """File name -> what the wheel holds."""
    outlined: frozenset[str] = frozenset()
    """File names of those planned by an outline; of the others the wheel itself was read, and is yet to be hashed."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files; generated scripts and RECORDs count as nothing."""
        return sum(file.size_bytes for file in self.files.values())

    @property
    def source_bytes(self) -> int:
        """Bytes of Python source among them."""
        return sum(file.size_bytes for path, file in self.files.items() if path.endswith(".py"))

    @property
    def longest_path(self) -> str:
        """The longest path below the environment; of several, the first in the alphabet."""
        return min(self.files, key=lambda path: (-len(path), path), default="")


def _is_same(first: PlannedFile, second: PlannedFile) -> bool:
    """Say whether two wheels bring the same bytes: both RECORDs give one digest."""
    if first.path != second.path or not first.digest:
        return False
    return (first.algorithm, first.digest) == (second.algorithm, second.digest)


def _judge_extra(file: PlannedFile, target: Target) -> list[Problem]:
    fault = fault_in_path(file.path, target)
    expected, where = "a path of the environment", printable(f"{file.owner}: {file.path}")
    return [Problem(code="path-not-allowed", where=where, expected=expected, found=fault)] if fault else []


def join_plan(
    placed: Iterable[Sequence[PlannedFile]],
    target: Target,
    *,
    extra: Sequence[PlannedFile] = (),
    problems: Sequence[Problem] = (),
    wheels: Mapping[str, WheelContents] | None = None,
    outlined: Iterable[str] = (),
) -> Plan:
    """Join the files of each wheel, in the order given, into one plan of these `wheels`.

    `extra` are files that come in no wheel; they keep the same rules.

    Raises:
        BundleDamaged: with `problems`, if there are any, and every clash.
    """
    files: dict[str, PlannedFile] = {}
    by_key: dict[str, PlannedFile] = {}
    shared: list[PlannedFile] = []
    found = [*problems, *(problem for file in extra for problem in _judge_extra(file, target))]
    for file in (*chain.from_iterable(placed), *extra):
        owner = by_key.setdefault(same_file_key(file.path, target), file)
        if owner is file:
            files[file.path] = file
        elif _is_same(owner, file):
            shared.append(file)
        else:
            found.append(_clash(owner, file))
    folders = {same_file_key(folder, target) for folder in environment_folders(target)}
    folders |= folders_above(by_key)
    found += [_folder_clash(by_key[key]) for key in sorted(folders & by_key.keys())]
    if found:
        raise BundleDamaged(found)
    return Plan(files=files, shared=tuple(shared), wheels=wheels or {}, outlined=frozenset(outlined))


def plan_wheels(
    wheels: Iterable[LockedWheel],
    target: Target,
    open_stream: Callable[[LockedWheel], BinaryIO],
    *,
    outlined: Mapping[str, WheelContents] | None = None,
    extra: Sequence[PlannedFile] = (),
    done: Callable[[LockedWheel], None] = lambda wheel: None,
) -> Plan:
    """Plan all `wheels`, in the order given; `open_stream` gives a wheel's bytes, but for those that are `outlined`.

    `done` is told of each.

    Raises:
        BundleDamaged: with every wheel that cannot be installed and every clash between two.
    """
    judged: dict[str, WheelContents] = {}
    problems: list[Problem] = []
    placed: list[Sequence[PlannedFile]] = []
    tags = frozenset(target.tags())
    outlined = outlined or {}
    for wheel in wheels:
        contents = outlined.get(wheel.filename)
        if contents:
            files, found = place_contents(wheel, target, contents)
        else:
            with open_stream(wheel) as stream:
                contents, files, found = place_wheel(wheel, target, tags, stream)
        problems += found
        if contents is not None:
            judged[wheel.filename] = contents
        placed.append(files)
        done(wheel)
    return join_plan(placed, target, extra=extra, problems=problems, wheels=judged, outlined=outlined)


def _folder_clash(file: PlannedFile) -> Problem:
    return Problem(
        code="files-clash",
        where=printable(file.path),
        expected="a folder, as another file or the environment has it",
        found=f"a file in {file.owner}",
        hint="these packages cannot be installed together",
    )


def _clash(owner: PlannedFile, other: PlannedFile) -> Problem:
    return Problem(
        code="files-clash",
        where=printable(other.path),
        expected=f"one owner, or the same bytes as in {owner.owner}",
        found=f"other bytes in {other.owner}",
        hint="these two packages cannot be installed together",
    )
