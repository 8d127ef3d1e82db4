"""The crew: worker processes that share out jobs among them, started before there is anything to do."""

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from locks.processors import processors

from ..session import own_session
from .job import Job, Refusal, Reply, read_reply
from .round import Round

_MAX_WORKERS = 8
_WORTH_A_WORKER_BYTES = 64 << 20
"""What one worker writes in about the time that another takes to start, tenfold."""
_WAIT_S = 0.5
# Isolated from the user's own settings; the modules come from where this process has them.
_PROGRAM = (
    "import sys; from pathlib import Path; folder, accelerator, *sys.path[:0] = sys.argv[1:]; "
    "from applier.unpacking.worker import work; work(Path(folder), Path(accelerator) if accelerator else None)"
)
_HOME = Path(__file__).parent.parent.parent
Process = subprocess.Popen[bytes]
Word = tuple[Job, Reply] | Exception | None
"""None when a worker finds no more to do; an error of ours ends the round."""


def crew_size(size_bytes: int) -> int:
    """Give how many workers are of use for writing that many bytes: one at least, no more than there are processors."""
    return min(processors(), _MAX_WORKERS, 1 + size_bytes // _WORTH_A_WORKER_BYTES)


def _start(folder: Path, accelerator: Path | None) -> Process:
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(folder), str(accelerator or ""), str(_HOME)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, **own_session())  # noqa: S603  # ourselves


def _lost(job: Job, status: int) -> Reply:
    found = f"ended with status {status}"
    refusal = Refusal(code="worker-lost", where=job.wheel, expected="a worker that does its job", found=found)
    return Reply(is_done=True, refusals=(refusal,))


def _replies(process: Process, job: Job) -> Iterator[Reply]:
    """Have a worker do a job; give its words, the last of which may be that it is lost."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):  # a worker that is gone answers nothing, which is told below
        process.stdin.write(job.to_line())
        process.stdin.flush()
    reply = Reply()
    while not reply.is_done:
        line = process.stdout.readline()
        # A worker that is killed may leave half a line.
        reply = read_reply(line) if line.endswith(b"\n") else _lost(job, process.wait())
        yield reply


def _drive(process: Process, current: Round, words: "queue.SimpleQueue[Word]") -> None:
    """Give `process` one job of the round after another and pass its replies on, until there are no more."""
    try:
        while job := current.next_job():
            for reply in _replies(process, current.informed(job)):
                if reply.is_done:
                    current.note_end(job, reply)
                if not job.looks:
                    words.put((job, reply))
    except Exception as error:  # raised where somebody waits for this
        words.put(error)
    else:
        words.put(None)


class Crew:
    """Workers that write into one folder."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._round: Round | None = None
        self._words: queue.SimpleQueue[Word] = queue.SimpleQueue()
        self._drivers: list[threading.Thread] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the workers' processes."""
        return tuple(process.pid for process in self._processes)

    def _start_round(self) -> Round:
        self._round = current = Round()
        self._drivers = [
            threading.Thread(target=_drive, args=(process, current, self._words)) for process in self._processes
        ]
        for driver in self._drivers:
            driver.start()
        return current

    def begin(self, jobs: Sequence[Job]) -> None:
        """Begin to hash wheels, of which `do` will be told too, with the rest; or to look, as long as it is not told.

        Of looks nothing is heard: what could not be seen is no fault, and a lost worker is told of at its next job.
        """
        self._start_round().take_over(jobs, is_complete=False)

    def do(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Reply]]:
        """Have the jobs begun in their order, and of each wheel the files once its hash stands, if that is among them.

        Gives every word of the workers as it comes, each with its job.
        """
        current = self._round or self._start_round()
        current.take_over(jobs, is_complete=True)
        return self._heard()

    def _heard(self) -> Iterator[tuple[Job, Reply]]:
        """Give every word until all workers find no more to do."""
        working = len(self._processes)
        while working:
            try:
                word = self._words.get(timeout=_WAIT_S)  # NOTE: on Windows, Ctrl-C is seen only between two waits
            except queue.Empty:
                continue
            if isinstance(word, Exception):
                raise word
            if word is None:
                working -= 1
            else:
                yield word
        self._round = None

    def leave_room(self, others: int) -> None:
        """Let so many other processes of ours have a processor each; one worker goes on all the same."""
        if self._round is not None:
            self._round.allow(processors() - others)

    def dismiss(self) -> None:
        """End every worker, whatever it is doing."""
        if self._round is not None:
            self._round.take_over((), is_complete=True)
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
def hired(folder: Path, accelerator: Path | None = None, *, workers: int) -> Iterator[Crew]:
    """Give a crew that writes into `folder`, which need not be there yet; nobody of it is left afterwards.

    `accelerator` is the folder from which workers may load isal.
    """
    processes: list[Process] = []
    crew = Crew(processes)
    try:
        for _ in range(workers):
            processes.append(_start(folder, accelerator))  # noqa: PERF401  # those that started are ended too
        yield crew
    finally:
        crew.dismiss()
