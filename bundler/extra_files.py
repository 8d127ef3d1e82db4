"""The lock's extra files as they lie on this desk: found, and refused when they are not what was locked."""

from collections.abc import Iterable
from pathlib import Path

from locks import Lock, Problem
from locks.digest import sha256_of_file

from applier.bundle.layout import file_member

from .copying import Pinned
from .errors import OutputError


def _problem(file: Pinned, code: str, found: str, hint: str) -> Problem:
    expected = f"sha256 {file.sha256}, {file.size_bytes} bytes"
    return Problem(code=code, where=str(file.path), expected=expected, found=found, hint=hint)


def _missing(file: Pinned, error: OSError) -> Problem:
    found, hint = error.strerror or str(error), "give the folder of the manifest with --files"
    return _problem(file, "file-missing", found, hint)


def _changed(file: Pinned, found: str) -> Problem:
    return _problem(file, "file-changed", found, "compile again to take it as it is now")


def _judge_size(file: Pinned) -> Problem | None:
    try:
        size_bytes = file.path.stat().st_size
    except OSError as error:
        return _missing(file, error)
    return _changed(file, f"{size_bytes} bytes") if size_bytes != file.size_bytes else None


def _judge_bytes(file: Pinned) -> Problem:
    """Say what a file is that is not as it was locked."""
    try:
        return _changed(file, "sha256 {}, {} bytes".format(*sha256_of_file(file.path)))
    except OSError as error:
        return _missing(file, error)


def find_files(lock: Lock, folder: Path) -> dict[str, Pinned]:
    """Give the extra files of the lock by member name; they lie below `folder` as below the manifest's.

    Raises:
        OutputError: some are not there, or of another size; their bytes are hashed when they are copied.
    """
    files = {
        file_member(file.path): Pinned(path=folder / file.path, size_bytes=file.size_bytes, sha256=file.sha256)
        for file in lock.files
    }
    if problems := [problem for file in files.values() if (problem := _judge_size(file))]:
        raise OutputError(problems)
    return files


def refuse_altered(files: Iterable[Pinned]) -> None:
    """Tell of extra files that were found to hold other bytes.

    Raises:
        OutputError: there are some.
    """
    if problems := [_judge_bytes(file) for file in files]:
        raise OutputError(problems)
