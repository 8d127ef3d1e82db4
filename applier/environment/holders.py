"""The processes that use an environment: found, named, and ended when asked to. The edge.

Linux tells by `/proc`, macOS by `lsof`, which it comes with; Windows by psutil where the running Python has it, else by
the Restart Manager. What the system does not let us see is not found, so an empty answer is no proof.
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .restart_manager import processes_with_open

_POLL_S = 0.1
_PATIENCE = 50
"""Looks before a process that was asked to end is ended."""
_LSOF_TIMEOUT_S = 20
# What a running program keeps open on Windows, and cannot be removed for it.
_LOADED = {".exe", ".dll", ".pyd"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Holder:
    """A process that uses an environment."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def _is_below(path: str, folder: str) -> bool:
    path, folder = os.path.normcase(path), os.path.normcase(folder).rstrip(os.sep)
    return path == folder or path.startswith(folder + os.sep)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="surrogateescape")
    except OSError:  # it ended, or is another user's
        return ""


def _links_of(process: Path) -> Iterator[str]:
    for link in [process / "exe", process / "cwd"]:
        with suppress(OSError):
            yield os.readlink(link)  # noqa: PTH115  # a Path costs more, and there are thousands
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                yield os.readlink(link)  # noqa: PTH115


def _first_word(process: Path) -> str:
    """Give what a process was started as; a relative path, as of a venv that is not activated, from its folder."""
    word = _read(process / "cmdline").partition("\0")[0]
    with suppress(OSError):
        if os.sep in word and not word.startswith(os.sep):
            return os.path.normpath(Path(os.readlink(process / "cwd"), word))  # noqa: PTH115
    return word


def _paths_of(process: Path) -> Iterator[str]:
    """Give every path by which a process of Linux uses a file: program, folder, open and mapped files, first word."""
    yield from _links_of(process)
    yield _first_word(process)
    for line in _read(process / "maps").splitlines():
        *_, path = line.split(maxsplit=5)
        yield path


def holders_by_proc(folder: Path, proc: Path) -> Iterator[Holder]:
    """Find the processes that use something below `folder`, by a `/proc`."""
    for process in proc.iterdir():
        if process.name.isdecimal() and any(_is_below(path, str(folder)) for path in _paths_of(process)):
            yield Holder(pid=int(process.name), name=_read(process / "comm").strip() or "?")


def holders_by_lsof(folder: Path, output: str) -> Iterator[Holder]:
    """Find them by what `lsof -F pcn` says: a process per `p`, its name after `c`, a file after each `n`."""
    pid, name, told = 0, "?", False
    for line in output.splitlines():
        kind, value = line[:1], line[1:]
        if kind == "p":
            pid, name, told = int(value), "?", False
        elif kind == "c":
            name = value
        elif kind == "n" and not told and _is_below(value, str(folder)):
            told = True
            yield Holder(pid=pid, name=name)


def _paths_by_psutil(process: Any, psutil: Any) -> Iterator[str]:
    for name in ("exe", "cwd"):
        with suppress(psutil.Error, OSError):
            yield getattr(process, name)()
    for name in ("open_files", "memory_maps"):
        with suppress(psutil.Error, OSError):
            yield from (file.path for file in getattr(process, name)())
    with suppress(psutil.Error, OSError):
        yield from process.cmdline()[:1]


def holders_by_psutil(folder: Path, psutil: Any) -> Iterator[Holder]:
    """Find them by the module psutil."""
    for process in psutil.process_iter(["pid", "name"]):
        if any(_is_below(path, str(folder)) for path in _paths_by_psutil(process, psutil)):
            yield Holder(pid=process.info["pid"], name=process.info["name"] or "?")


def _holders_on_windows(folder: Path) -> Iterator[Holder]:
    try:
        psutil = importlib.import_module("psutil")  # a help where there is one, and no dependency
    except ImportError:
        loaded = [str(path) for path in folder.rglob("*") if path.suffix.lower() in _LOADED]
        for pid, name in processes_with_open(loaded):
            yield Holder(pid=pid, name=name)
    else:
        yield from holders_by_psutil(folder, psutil)


def _holders_on_macos(folder: Path) -> Iterator[Holder]:
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["/usr/sbin/lsof", "-F", "pcn", "-n", "-P", "-w"],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_LSOF_TIMEOUT_S,
            check=False,
        )
        yield from holders_by_lsof(folder, done.stdout)


def find_holders(folder: Path) -> tuple[Holder, ...]:
    """Find the processes that use something below `folder` (absolute, links resolved), by process number.

    This process and the one that started it are left out.
    """
    if sys.platform == "win32":
        found = _holders_on_windows(folder)
    elif sys.platform == "darwin":
        found = _holders_on_macos(folder)
    else:
        found = holders_by_proc(folder, Path("/proc"))
    with suppress(OSError):  # no /proc, as in some sandboxes
        return tuple(sorted(holder for holder in found if holder.pid not in (os.getpid(), os.getppid())))
    return ()


def stop_holders(folder: Path, *, sleep: Callable[[float], None] = time.sleep) -> tuple[Holder, ...]:
    """Ask the processes that use `folder` to end, and end those that have not in five seconds; give who is left."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        for holder in find_holders(folder):
            with suppress(OSError):  # it is gone, or another user's
                os.kill(holder.pid, number)
        for _ in range(_PATIENCE):
            if not find_holders(folder):
                return ()
            sleep(_POLL_S)
    return find_holders(folder)
