"""An environment's files as they lie on disk, hashed as the receipt has them. The edge of `apply` and `verify`."""

import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from locks.processors import processors
from locks.progress import Advance, uncounted

from ..digest import FileDigest
from .receipt import InstalledFile
from .scheme import RECEIPT

_BUFFER_BYTES = 1 << 18


def refuse_unreadable(error: OSError) -> None:
    """Raise what `os.walk` would pass over in silence: a folder that cannot be read."""
    raise error


def list_files(environment: Path, *, unreadable: Callable[[OSError], None] | None = None) -> Iterator[str]:
    """Give every file and link below `environment`; bytecode caches and the receipt itself are passed over.

    Paths are relative, with forward slashes. A link to a folder is a link, and is not entered. A folder that cannot be
    read is told to `unreadable`, else passed over: what is in it then counts as missing.
    """
    root = str(environment)
    for folder, subfolders, names in os.walk(root, onerror=unreadable):
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if name != "__pycache__" and name not in links)
        here = folder[len(root) + 1 :].replace(os.sep, "/")
        for name in sorted([*names, *links]):
            path = f"{here}/{name}" if here else name
            if path != RECEIPT:
                yield path


def read_file(environment: Path, path: str, buffer: memoryview) -> InstalledFile | None:
    """Read one file or link by way of `buffer`; None when it is not there, is no file, or cannot be read."""
    full = f"{environment}{os.sep}{path}"  # a Path costs more than opening the file, and there are thousands
    digest = FileDigest("")
    try:
        mode = os.lstat(full).st_mode
        if stat.S_ISLNK(mode):
            return InstalledFile(link=os.readlink(full))  # noqa: PTH115
        if not stat.S_ISREG(mode):  # opening a pipe would wait for its writer
            return None
        with open(full, "rb", buffering=0) as stream:  # noqa: PTH123
            while count := stream.readinto(buffer):
                digest.update(buffer[:count])
    except (OSError, ValueError):  # ValueError: a path that no system has, as a damaged receipt may name
        return None
    return InstalledFile(sha256=digest.sha256, size_bytes=digest.size_bytes)


def _drain(take: Callable[[], str]) -> Iterator[str]:
    """Give what `take` gives, until nothing is left."""
    with suppress(IndexError):
        while True:
            yield take()


def read_files(
    environment: Path, paths: Iterable[str], advance: Advance = uncounted
) -> dict[str, InstalledFile | None]:
    """Read many files side by side: one thread from the first path on, the others from the last; given in no order.

    So paths that are sorted by size keep all threads busy to the end, and the many small files, which are Python's own
    work, go beside the hashing of the large ones, which leaves its lock. `advance` is told of each.
    """
    left = deque(paths)
    found: dict[str, InstalledFile | None] = {}

    def read(take: Callable[[], str]) -> None:
        buffer = memoryview(bytearray(_BUFFER_BYTES))
        for path in _drain(take):
            found[path] = file = read_file(environment, path, buffer)
            advance(path, file.size_bytes if file else 0, 1)

    threads = min(4, processors())
    with ThreadPoolExecutor(threads, thread_name_prefix="hash") as pool:
        try:
            list(pool.map(read, [left.popleft, *[left.pop] * (threads - 1)]))
        finally:
            left.clear()  # when interrupted, nobody goes on
    return found


def _statuses(folders: Iterable[Path]) -> Iterator[os.stat_result]:
    """Look at every file below the folders; one that vanishes meanwhile is passed over."""
    for folder in folders:
        for here, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    yield os.lstat(os.path.join(here, name))  # noqa: PTH118


def freed_bytes_of(folders: Iterable[Path]) -> int:
    """Add up the sizes of the files that removing whole folders frees: one that has a name elsewhere too stays."""
    size_bytes = 0
    names_seen: Counter[tuple[int, int]] = Counter()
    for status in _statuses(folders):
        file = (status.st_dev, status.st_ino)
        names_seen[file] += 1
        if names_seen[file] == status.st_nlink:
            size_bytes += status.st_size
    return size_bytes
