"""The lock's extra files as they lie on this desk: found, hashed, and refused when they are not what was locked."""

from pathlib import Path

from locks import Lock, LockedFile, Problem
from locks.digest import sha256_of_file

from applier.bundle.layout import file_member

from .errors import OutputError


def _judge(file: LockedFile, path: Path) -> Problem | None:
    expected = f"sha256 {file.sha256}, {file.size_bytes} bytes"
    try:
        sha256, size_bytes = sha256_of_file(path)
    except OSError as error:
        found, hint = error.strerror or str(error), "give the folder of the manifest with --files"
        return Problem(code="file-missing", where=str(path), expected=expected, found=found, hint=hint)
    if (sha256, size_bytes) == (file.sha256, file.size_bytes):
        return None
    return Problem(
        code="file-changed",
        where=str(path),
        expected=expected,
        found=f"sha256 {sha256}, {size_bytes} bytes",
        hint="compile again to take it as it is now",
    )


def find_files(lock: Lock, folder: Path) -> dict[str, Path]:
    """Give the extra files of the lock by member name; they lie below `folder` as below the manifest's.

    Raises:
        OutputError: some are not there, or not as the lock has them.
    """
    paths = {file: folder / file.path for file in lock.files}
    if problems := [problem for file, path in paths.items() if (problem := _judge(file, path))]:
        raise OutputError(problems)
    return {file_member(file.path): path for file, path in paths.items()}
