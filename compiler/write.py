"""What is written: locks as TOML bytes that read back as the same lock; all files are replaced, or none."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import tomli_w

from locks import Lock, Problem
from locks.pylock import to_pylock
from locks.read import read_lock

from .errors import OutputError


def to_bytes(lock: Lock) -> bytes:
    """Give the lock file's bytes: same lock, same bytes. Proven by reading back and selecting for the target."""
    document = to_pylock(lock).to_dict()
    # NOTE: in a multi-line string tomli_w writes "\\r\\n" as "\\n", and a check's source is kept to the byte.
    readable = "\\r\\n" not in tomli_w.dumps(document)
    data = tomli_w.dumps(document, multiline_strings=readable).encode("utf-8")
    back = read_lock(data, document=lock.filename)
    assert back == lock, f"{lock.filename} does not read back as what was written"
    return data


def _replace_all(partials: Mapping[Path, Path], backups: Mapping[Path, Path]) -> None:
    """Put every partial file in its place, or none: on failure, or Ctrl-C, what was replaced is put back."""
    for path, backup in backups.items():
        if path.exists():
            shutil.copyfile(path, backup)
    replaced = []
    try:
        for path, partial in partials.items():
            partial.replace(path)
            replaced.append(path)
    except BaseException:
        for path in replaced:  # renames, which need no space
            if backups[path].exists():
                backups[path].replace(path)
            else:
                path.unlink()
        raise


def write_files(contents: Mapping[Path, bytes], *, code: str) -> None:
    """Write every file or none, folders included; `code` is the problem's when that fails.

    Raises:
        OutputError: a folder or file cannot be written; all files are as they were then.
    """
    own = os.getpid()  # another run may be writing the same files
    partials = {path: path.with_name(f".{path.name}.{own}.partial") for path in contents}
    backups = {path: path.with_name(f".{path.name}.{own}.before") for path in contents}
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            partials[path].write_bytes(data)
        _replace_all(partials, backups)
    except OSError as error:
        meant = {str(partial): path for path, partial in partials.items()}
        where = str(meant.get(str(error.filename), error.filename or ", ".join(map(str, contents))))
        problem = Problem(code=code, where=where, expected="to write there", found=error.strerror or str(error))
        raise OutputError(problem) from None
    finally:
        for leftover in (*partials.values(), *backups.values()):
            with suppress(OSError):
                leftover.unlink()


def write_locks(locks: Iterable[Lock], folder: Path) -> dict[Path, Lock]:
    """Write every lock under its own name in `folder`; give them by path.

    Raises:
        OutputError: the folder or a file in it cannot be written; all locks are as they were then.
    """
    named = {folder / lock.filename: lock for lock in locks}
    write_files({path: to_bytes(lock) for path, lock in named.items()}, code="lock-not-written")
    return named
