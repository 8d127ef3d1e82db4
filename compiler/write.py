"""What is written: locks as TOML bytes that read back as the same lock; no file is replaced before all are written."""

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


def write_files(contents: Mapping[Path, bytes], *, code: str) -> None:
    """Write every file, folders included; `code` is the problem's when that fails.

    Raises:
        OutputError: a folder or file cannot be written; no file is ever half written.
    """
    partials = {path: path.with_name(f".{path.name}.partial") for path in contents}
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            partials[path].write_bytes(data)
        for path, partial in partials.items():
            partial.replace(path)
    except OSError as error:
        where = str(error.filename or ", ".join(map(str, contents)))
        problem = Problem(code=code, where=where, expected="to write there", found=error.strerror or str(error))
        raise OutputError(problem) from None
    finally:
        for partial in partials.values():
            with suppress(OSError):
                partial.unlink()


def write_locks(locks: Iterable[Lock], folder: Path) -> dict[Path, Lock]:
    """Write every lock under its own name in `folder`; give them by path.

    Raises:
        OutputError: the folder or a file in it cannot be written; no file is ever half written.
    """
    named = {folder / lock.filename: lock for lock in locks}
    write_files({path: to_bytes(lock) for path, lock in named.items()}, code="lock-not-written")
    return named
