"""What one command costs, as the operating system counts it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from .tree import watching


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one or several commands in a row cost."""

    wall_s: float
    processor_s: float = 0.0
    """Of all its processes, the system's share included."""
    peak_bytes: int
    """Resident memory of the largest process at its largest, of the command itself and those it waited for; or of all
    of them together."""


class CommandFailed(Exception):
    """A measured command did not do its work."""

    def __init__(self, command: Sequence[str], status: int, said: str) -> None:
        super().__init__(f"{' '.join(command[:3])} ... ended with {status}:\n{said}")
        self.said = said


def in_a_row(samples: Iterable[Sample]) -> Sample:
    """Give what commands cost that ran one after another."""
    samples = tuple(samples)
    return Sample(
        wall_s=sum(it.wall_s for it in samples),
        processor_s=sum(it.processor_s for it in samples),
        peak_bytes=max(it.peak_bytes for it in samples),
    )


def settle() -> None:
    """Bring all that was written to the disk, so that nobody is measured while another's bytes are on their way."""
    if sys.platform != "win32":
        os.sync()


def _wait_for(pid: int) -> tuple[int, float, int]:
    """Give a process's exit status, and of its tree the processor time and the largest one's resident bytes."""
    if sys.platform != "win32":
        _, status, usage = os.wait4(pid, 0)
        peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, peak_bytes
    else:  # noqa: RET505  # so that the type checker sees one of the two
        raise NotImplementedError("Windows does not tell what a process that has ended used")


def measure(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, of_tree: bool = False) -> Sample:
    """Run a command in `folder` to its end; `of_tree`: the memory is that of all its processes together.

    Raises:
        CommandFailed: it did not end with 0.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        with watching(process.pid) if of_tree else nullcontext() as watch:
            process.returncode, processor_s, peak_bytes = _wait_for(process.pid)
        if watch is not None and watch.peak_bytes:  # the system's figure counts what we were when we started it
            peak_bytes = watch.peak_bytes
        wall_s = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            raise CommandFailed(command, process.returncode, said.read().decode("utf-8", "replace"))
    return Sample(wall_s=wall_s, processor_s=processor_s, peak_bytes=peak_bytes)
