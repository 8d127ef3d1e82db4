"""The crew: worker processes that share out jobs among them, started before there is anything to do."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .job import Job, Refusal, Reply, read_reply

_MAX_WORKERS = 8
_WAIT_S = 0.5
# Isolated from the user's own settings; the modules come from where this process has them.
_PROGRAM = (
    "import sys; from pathlib import Path; folder, accelerator, *sys.path[:0] = sys.argv[1:]; "
    "from applier.unpacking.worker import work; work(Path(folder), Path(accelerator) if accelerator else None)"
)
_HOME = Path(__file__).parent.parent.parent
Process = subprocess.Popen[bytes]


def crew_size() -> int:
    """Give how many workers keep this machine's processors busy."""
    affinity = getattr(os, "sched_getaffinity", None)  # where the system has it, a container's share is told there
    return min(len(affinity(0)) if affinity else os.cpu_count() or 1, _MAX_WORKERS)


def _start(folder: Path, accelerator: Path | None) -> Process:
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(folder), str(accelerator or ""), str(_HOME)]
    # In a session of its own: Ctrl-C is for the master, who ends the workers.
    alone: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **alone)  # noqa: S603  # ourselves


def _lost(job: Job, status: int) -> Reply:
    found = f"ended with status {status}"
    refusal = Refusal(code="worker-lost", where=job.wheel, expected="a worker that does its job", found=found)
    return Reply(is_done=True, refusals=(refusal,))


class _Round:
    """One list of jobs, being done; it may be begun with some of them only."""

    def __init__(self, jobs: Sequence[Job], *, is_complete: bool) -> None:
        self._jobs = iter(jobs)
        self._begun: list[Job] = []
        self._is_complete = is_complete
        self._changed = threading.Condition()
        self.replies: queue.SimpleQueue[tuple[Job, Reply] | None] = queue.SimpleQueue()
        """None when a worker finds no more to do."""

    def complete(self, jobs: Sequence[Job]) -> None:
        """Have what is not begun yet of all `jobs` done in their order, and nothing after that."""
        with self._changed:
            self._jobs = iter([job for job in jobs if job not in self._begun])
            self._is_complete = True
            self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            while (job := next(self._jobs, None)) is None and not self._is_complete:
                self._changed.wait()
            if job is not None and not self._is_complete:
                self._begun.append(job)
            return job

    def drive(self, process: Process) -> None:
        """Give `process` one job after another and pass its replies on, until there are no more, or it is lost."""
        assert process.stdin is not None
        assert process.stdout is not None
        while job := self._next():
            with suppress(OSError):  # a worker that is gone answers nothing, which is told below
                process.stdin.write(job.to_line())
                process.stdin.flush()
            reply = Reply()
            while not reply.is_done:
                line = process.stdout.readline()
                reply = read_reply(line) if line else _lost(job, process.wait())
                self.replies.put((job, reply))
        self.replies.put(None)


class Crew:
    """Workers that write into one folder."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._round: _Round | None = None
        self._drivers: list[threading.Thread] = []

    def _start_round(self, jobs: Sequence[Job], *, is_complete: bool) -> _Round:
        self._round = current = _Round(jobs, is_complete=is_complete)
        self._drivers = [threading.Thread(target=current.drive, args=(process,)) for process in self._processes]
        for driver in self._drivers:
            driver.start()
        return current

    def begin(self, jobs: Sequence[Job]) -> None:
        """Begin with jobs that are sure to be among those `do` will be given."""
        self._start_round(jobs, is_complete=False)

    def do(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Reply]]:
        """Have the jobs begun in their order; give every word of the workers as it comes, each with its job."""
        current = self._round or self._start_round((), is_complete=False)
        current.complete(jobs)
        working = len(self._processes)
        while working:
            try:
                reply = current.replies.get(timeout=_WAIT_S)  # NOTE: on Windows, Ctrl-C is seen only between two waits
            except queue.Empty:
                continue
            if reply is None:
                working -= 1
            else:
                yield reply
        self._round = None

    def dismiss(self) -> None:
        """End every worker, whatever it is doing."""
        if self._round is not None:
            self._round.complete(())
        for process in self._processes:
            process.kill()
        for driver in self._drivers:
            driver.join()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not sent is not needed
                        pipe.close()


@contextmanager
def hired(folder: Path, accelerator: Path | None = None, *, workers: int | None = None) -> Iterator[Crew]:
    """Give a crew that writes into `folder`, which need not be there yet; nobody of it is left afterwards.

    `accelerator` is the folder from which workers may load isal.
    """
    processes: list[Process] = []
    crew = Crew(processes)
    try:
        for _ in range(workers or crew_size()):
            processes.append(_start(folder, accelerator))  # noqa: PERF401  # those that started are ended too
        yield crew
    finally:
        crew.dismiss()
