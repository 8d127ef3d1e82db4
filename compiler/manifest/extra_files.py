"""The manifest's extra files: found by its patterns, and hashed. Edge: reads them."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from locks import LockedFile, Problem
from locks.digest import sha256_of_file
from locks.files import MANIFEST, is_plain_path, lock_files

from ..errors import ManifestError

_HINT = "mend [files] include, or the file"


def _below(path: Path) -> Iterator[Path]:
    """Give the file at `path`, or all in that folder, links followed; a link to nothing is told when it is hashed."""
    if path.is_dir():
        for inner in path.iterdir():
            yield from _below(inner)
    elif path.is_file() or path.is_symlink():
        yield path


def _match(folder: Path, pattern: str) -> list[Path]:
    """Give the files that `pattern` matches.

    Raises ValueError when it is no pattern, OSError when a folder cannot be looked into.
    """
    ours = {folder / MANIFEST, *lock_files(folder)}
    return [file for path in folder.glob(pattern) for file in _below(path) if file not in ours]


def _hashed(path: Path, name: str) -> LockedFile:
    """Hash one file.

    Raises:
        ManifestError: it cannot be read, or has a name that no lock can hold.
    """
    problem = partial(Problem, where=repr(str(path)), hint=_HINT)
    if not is_plain_path(name):
        raise ManifestError(problem(code="file-name-not-allowed", expected="a printable name", found=repr(name)))
    try:
        sha256, size_bytes = sha256_of_file(path)
    except OSError as error:
        found = error.strerror or str(error)
        raise ManifestError(problem(code="file-unreadable", expected="to read it", found=found)) from None
    return LockedFile(path=name, size_bytes=size_bytes, sha256=sha256)


def find_files(folder: Path, patterns: Iterable[str]) -> tuple[LockedFile, ...]:
    """Hash every file that one of `patterns` matches below `folder`, sorted; of a folder, all that is in it.

    The manifest and its locks are none of them, for a lock cannot hold its own digest.

    Raises:
        ManifestError: a pattern matches nothing, or a file cannot be read; all problems together.
    """
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for pattern in patterns:
        words = "none"
        try:
            matched = _match(folder, pattern)
        except (ValueError, OSError) as error:
            matched, words = [], str(error)
        found |= {file.relative_to(folder).as_posix(): file for file in matched}
        if not matched:
            expected = f"files that match {pattern!r}"
            problems.append(
                Problem(code="files-not-found", where=str(folder), expected=expected, found=words, hint=_HINT)
            )
    hashed = []
    for name, path in sorted(found.items()):
        try:
            hashed.append(_hashed(path, name))
        except ManifestError as error:
            problems += error.problems
    if problems:
        raise ManifestError(problems)
    return tuple(hashed)
