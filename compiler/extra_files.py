"""The manifest's extra files: found by its patterns, and hashed. Edge: reads them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from locks import LockedFile, Problem
from locks.digest import sha256_of_file
from locks.files import lock_files

from .errors import ManifestError

_HINT = "mend [files] include, or give the file back"


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (inner for inner in path.rglob("*") if inner.is_file())
    elif path.is_file():
        yield path


def _hashed(path: Path, name: str) -> LockedFile:
    sha256, size_bytes = sha256_of_file(path)
    return LockedFile(path=name, size_bytes=size_bytes, sha256=sha256)


def find_files(folder: Path, patterns: Iterable[str]) -> tuple[LockedFile, ...]:
    """Hash every file that one of `patterns` matches below `folder`, sorted; of a folder, all that is in it.

    The manifest and its locks are none of them, for a lock cannot hold its own digest.

    Raises:
        ManifestError: a pattern matches nothing, or a file cannot be read.
    """
    ours = {folder / "manifest.toml", *lock_files(folder)}
    found: dict[str, Path] = {}
    problems = []
    for pattern in patterns:
        matched = [file for path in folder.glob(pattern) for file in _below(path) if file not in ours]
        found |= {file.relative_to(folder).as_posix(): file for file in matched}
        if not matched:
            expected = f"files that match {pattern!r}"
            problems.append(
                Problem(code="files-not-found", where=str(folder), expected=expected, found="none", hint=_HINT)
            )
    hashed = []
    for name, path in sorted(found.items()):
        try:
            hashed.append(_hashed(path, name))
        except OSError as error:
            found_words = error.strerror or str(error)
            problems.append(
                Problem(code="file-unreadable", where=str(path), expected="to read it", found=found_words, hint=_HINT)
            )
    if problems:
        raise ManifestError(problems)
    return tuple(hashed)
