"""An environment's files as they lie on disk, hashed as the receipt has them. The edge of `apply` and `verify`."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path

from locks.progress import Advance, uncounted

from ..digest import recorded
from .receipt import InstalledFile
from .scheme import RECEIPT


def refuse_unreadable(error: OSError) -> None:
    """Raise what `os.walk` would pass over in silence: a folder that cannot be read."""
    raise error


def list_files(environment: Path, *, unreadable: Callable[[OSError], None] | None = None) -> Iterator[str]:
    """Give every file and link below `environment`; bytecode caches and the receipt itself are passed over.

    Paths are relative, with forward slashes. A link to a folder is a link, and is not entered. A folder that cannot be
    read is told to `unreadable`, else passed over: what is in it then counts as missing.
    """
    for folder, subfolders, names in os.walk(environment, onerror=unreadable):
        here = Path(folder).relative_to(environment)
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if name != "__pycache__" and name not in links)
        for name in sorted([*names, *links]):
            path = (here / name).as_posix()
            if path != RECEIPT:
                yield path


def read_file(environment: Path, path: str) -> InstalledFile | None:
    """Read one file or link; None when it is not there, is no file, or cannot be read."""
    full = environment / path
    try:
        if full.is_symlink():
            return InstalledFile(link=str(full.readlink()))
        if not full.is_file():  # opening a pipe would wait for its writer
            return None
        with full.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").digest()
            size_bytes = stream.tell()
    except OSError:
        return None
    return InstalledFile(sha256=recorded(digest), size_bytes=size_bytes)


def read_files(
    environment: Path, paths: Iterable[str], advance: Advance = uncounted
) -> dict[str, InstalledFile | None]:
    """Read many files side by side; hashing leaves Python's lock. `advance` is told of each."""

    def read(path: str) -> InstalledFile | None:
        file = read_file(environment, path)
        advance(path, file.size_bytes if file else 0, 1)
        return file

    paths = list(paths)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="hash") as pool:
        return dict(zip(paths, pool.map(read, paths), strict=True))


def size_bytes_of(*environments: Path) -> int:
    """Add up the sizes of all files and links that go when these environments do.

    A file that has a name elsewhere too stays; one that vanishes meanwhile counts as nothing.
    """
    size_bytes = 0
    names_left: dict[tuple[int, int], int] = {}
    for folder, _, names in chain.from_iterable(map(os.walk, environments)):
        for name in names:
            with suppress(OSError):
                status = Path(folder, name).lstat()
                file = status.st_dev, status.st_ino
                names_left[file] = names_left.get(file, status.st_nlink) - 1
                size_bytes += 0 if names_left[file] else status.st_size
    return size_bytes
