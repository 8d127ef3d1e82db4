"""Faults on command: every file operation of a run is a point, and at any point the system can be made to fail.

Points are what Python announces of the file system (its audit events), every write, flush and close of a file opened
for writing, and the calls that bring data to the disk.
"""

import builtins
import ctypes
import errno
import io
import os
import signal
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from applier.environment import durable

_EVENTS = {
    "open", "os.chmod", "os.link", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir",
    "os.symlink", "os.truncate", "os.utime",
}  # fmt: skip
_CONSUMES_SPACE = {"write", "close", "os.mkdir", "os.symlink", "os.link", "open for writing"}
# Not the run's own files: the interpreter's, and what is read of the processes that run.
_ELSEWHERE = tuple({sys.prefix, sys.base_prefix, "/proc", str(Path(__file__).parent.parent)})

Kind = Callable[[], None]
"""What happens at a point."""


def _always(error: Callable[[], BaseException]) -> Kind:
    def act() -> None:
        raise error()

    return act


def _kill() -> None:
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)


KINDS: dict[str, Kind] = {
    "exception": _always(lambda: RuntimeError("a fault")),
    "interrupt": _always(KeyboardInterrupt),
    "no permission": _always(lambda: PermissionError(errno.EACCES, "Permission denied")),
    "full disk": _always(lambda: OSError(errno.ENOSPC, "No space left on device")),
    "kill": _kill,
}


class Points:
    """Counts the points of a run, and lets one of them fail; a disk that is full stays so."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._armed = False
        self._at = -1
        self._kind = ""

    def pass_by(self, name: str) -> None:
        """Note a point, and fail there if this is the one."""
        if not self._armed:
            return
        self.names.append(name)
        number = len(self.names) - 1
        if number == self._at or (self._kind == "full disk" and number > self._at and name in _CONSUMES_SPACE):
            KINDS[self._kind]()

    @contextmanager
    def armed(self, kind: str = "exception", at: int = -1) -> Iterator[None]:
        """While this holds, points are counted from 0, and number `at` fails; none by default."""
        self.names, self._at, self._kind, self._armed = [], at, kind, True
        try:
            yield
        finally:
            self._armed = False


class _Watched:
    """A file opened for writing, whose writes are points."""

    def __init__(self, stream: Any, points: Points) -> None:
        self._stream = stream
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> "_Watched":
        return self

    def __exit__(self, *more: object) -> None:
        self.close()

    def write(self, data: Any) -> int:
        self._points.pass_by("write")
        return int(self._stream.write(data))

    def flush(self) -> None:
        self._points.pass_by("flush")
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()
        self._points.pass_by("close")


_heard: list[Points] = []


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _heard and event in _EVENTS and not str(args[0]).startswith(_ELSEWHERE):
        writing = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        _heard[0].pass_by("open for writing" if writing else event)


_is_listening: list[bool] = []


@contextmanager
def points_of_runs() -> Iterator[Points]:
    """Have the file operations of this process counted; one processor, so that they come in one order."""
    if not _is_listening:
        sys.addaudithook(_hear)  # there is no taking it back
        _is_listening.append(True)
    points, real_open = Points(), io.open

    def open_watched(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        stream = real_open(file, mode, *more, **options)
        own = isinstance(file, int) or str(file).startswith(_ELSEWHERE)
        return stream if own or not set(mode) & set("wax+") else _Watched(stream, points)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", open_watched)
        patch.setattr(builtins, "open", open_watched)
        patch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
        patch.setattr(os, "fsync", lambda descriptor: points.pass_by("fsync"))
        patch.setattr(durable, "_sync_all_beside", lambda descriptor: points.pass_by("sync"))
        _heard.append(points)
        try:
            yield points
        finally:
            _heard.clear()


def snapshot(folder: Path) -> dict[str, tuple[int, object]] | None:
    """Everything at `folder` and below: kinds, modes, bytes, links; None where there is nothing."""
    if not folder.exists():
        return None
    found: dict[str, tuple[int, object]] = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        content: object = None
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(path)  # noqa: PTH115
        elif stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[path.relative_to(folder).as_posix()] = (status.st_mode, content)
    return found


if sys.platform == "win32":

    def in_a_child(run: Callable[[], object]) -> int:
        """Windows cannot copy a process."""
        raise NotImplementedError
else:

    def in_a_child(run: Callable[[], object]) -> int:
        """Run something in a copy of this process; give the status it ended with, negative for a signal."""
        child = os.fork()
        if child == 0:
            status = 70
            try:
                run()
                status = 0
            finally:
                os._exit(status)  # whatever was raised must not go on in the copy
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def give_up_privileges() -> None:
    """Have permissions bind this process for good, the superuser's too. Source: capset(2), version 3."""
    if sys.platform == "linux":
        header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
        if ctypes.CDLL(None, use_errno=True).capset(header, none) != 0:
            raise OSError(ctypes.get_errno(), "capset")
