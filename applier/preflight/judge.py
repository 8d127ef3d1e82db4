"""Is the place good for this environment? Pure: facts in, findings out."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from locks import Lock, Problem
from locks.sizes import counted, in_words

from ..bundle.contents import Contents
from ..errors import GIVE_BASE
from ..finding import Finding, ok, stop, warn
from .packages import Package, lost_path
from .place import PlaceFacts, length_of

_NAMED = 8
"""How many of a long list are named."""
_BYTECODE_SHARE = 2
"""Bytes of bytecode that a byte of source becomes at most: 1.4 in llm-studio as a whole, 1.5 in numpy (measured)."""


def needed_files(contents: Contents, *, bytecode: bool) -> int:
    """Give the most files that the environment has."""
    return contents.installed_files * (2 if bytecode else 1)


def needed_bytes(contents: Contents, block_bytes: int, *, bytecode: bool) -> int:
    """Give the most that the environment takes: every file's size, and the rounding up of each to whole blocks."""
    compiled_bytes = contents.source_bytes * _BYTECODE_SHARE if bytecode else 0
    return contents.installed_bytes + compiled_bytes + needed_files(contents, bytecode=bytecode) * block_bytes


def judge_room(
    contents: Contents, place: PlaceFacts, *, bytecode: bool = False, freed_bytes: int = 0
) -> Iterator[Finding]:
    """Judge free space, and room for files where the file system counts them.

    `freed_bytes` is what will be removed before the new environment is built.
    """
    needed = max(needed_bytes(contents, place.block_bytes, bytecode=bytecode) - freed_bytes, 0)
    files = needed_files(contents, bytecode=bytecode)
    first = ", or have the old one removed first, by --destroy-first" if place.has_old else ""
    beside = " beside the old environment, which stays until the new one is proven" if place.has_old else ""
    if place.free_bytes < needed:
        yield stop(
            "room",
            Problem(
                code="disk-full",
                where=f"free space at {place.parent}",
                expected=f"{in_words(needed)}{beside}",
                found=in_words(place.free_bytes),
                hint=f"free {in_words(needed - place.free_bytes)}, or give another disk with --into{first}",
            ),
        )
    else:
        yield ok(
            "room",
            code="disk-fits",
            what="free space",
            found=f"{in_words(place.free_bytes)}, {in_words(needed)} needed{beside}",
        )
    if place.free_files is not None and place.free_files < files:
        yield stop(
            "room",
            Problem(
                code="files-full",
                where=f"file system at {place.parent}",
                expected=f"room for {files} files",
                found=f"room for {place.free_files}",
                hint="remove small files there, or give another disk with --into",
            ),
        )


def judge_path(contents: Contents, place: PlaceFacts) -> Finding:
    """Judge the longest path the environment will have, while it is built or later."""
    length = place.prefix + length_of(contents.longest_path)
    if length <= place.longest_path:
        return ok("place", code="path-fits", what="longest path", found=f"{length} of {place.longest_path}")
    return stop(
        "place",
        Problem(
            code="path-too-long",
            where=f"{place.final}: {contents.longest_path}",
            expected=f"at most {place.longest_path}",
            found=str(length),
            hint=f"give a folder whose path is {length - place.longest_path} shorter with --into, or on Windows "
            "switch long paths on (LongPathsEnabled)",
        ),
    )


def judge_access(place: PlaceFacts) -> Finding:
    """Judge whether the environment may be put there, and what is there be moved."""
    if place.may_add and place.may_replace:
        return ok("place", code="place-writable", what="place", found=str(place.final))
    closed = place.final if place.may_add else place.parent
    return stop(
        "place",
        Problem(
            code="place-not-writable",
            where=str(closed),
            expected="a folder that you may write to",
            found="one that you may not, or that is read-only",
            hint="ask its owner, or give another folder with --into",
        ),
    )


def judge_use(holders: Sequence[str], environment: Path, *, windows: bool, ended: bool) -> Finding:
    """Judge who uses the old environment: Windows moves no folder in use; elsewhere a program may miss files later.

    `ended` says that they will be ended before it is moved.
    """
    if not holders:
        return ok("place", code="not-in-use", what="old environment", found="no program is seen to use it")
    found = f"in use by {_some(holders)}"
    if windows and not ended:
        return stop(
            "place",
            Problem(
                code="environment-in-use",
                where=str(environment),
                expected="an environment that nothing runs from",
                found=found,
                hint="close these programs, or end them with --stop-processes",
            ),
        )
    return warn(
        "place",
        code="environment-in-use",
        what=str(environment),
        found=found,
        hint="they will be ended" if ended else "they may miss files once it is removed: start them again afterwards",
    )


def judge_lost(lost: Sequence[Package], environment: Path) -> Finding:
    """Tell which packages will be gone with the old environment."""
    if not lost:
        return ok("place", code="nothing-lost", what="old environment", found="nothing was added by hand")
    return warn(
        "place",
        code="packages-lost",
        what=str(environment),
        found=f"{len(lost)} not from its bundle will be gone: {_some([package.requirement() for package in lost])}",
        hint=f"their list is kept in {lost_path(environment).name}",
    )


def judge_held(lacking: Mapping[str, Sequence[str]], environment: Path) -> Iterator[Finding]:
    """Judge what an update takes from the old environment: `lacking` has the files that are not there, by wheel."""
    if not any(lacking.values()):
        found = f"the files of {counted(len(lacking), 'wheels')} are there; their bytes are hashed later"
        yield ok("place", code="files-held", what="old environment", found=found)
    for wheel, paths in lacking.items():
        if paths:
            yield stop(
                "place",
                Problem(
                    code="file-not-held",
                    where=f"{wheel}, to be taken from {environment}",
                    expected="every file of it, as it was installed",
                    found=f"{len(paths)} gone or of another size: {_some(paths)}",
                    hint=GIVE_BASE,
                ),
            )


def judge_runtime(missing: Sequence[str], lock: Lock) -> Finding:
    """Judge the C++ runtime of Windows; torch does not start without, other packages may bring their own."""
    if not missing:
        return ok("machine", code="runtime-fits", what="Visual C++ runtime", found="there")
    problem = Problem(
        code="runtime-missing",
        where="Visual C++ runtime",
        expected="the Microsoft Visual C++ Redistributable 2015-2022 (x64)",
        found=f"no {', '.join(missing)}",
        hint="install it: https://aka.ms/vs/17/release/vc_redist.x64.exe",
    )
    if any(wheel.name == "torch" for wheel in lock.wheels):
        return stop("machine", problem)
    return warn("machine", code=problem.code, what=problem.where, found=problem.found, hint=problem.hint)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
