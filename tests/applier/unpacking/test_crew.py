"""Real workers: processes that are started, given jobs, and never outlive their master."""

import hashlib
import io
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from applier.bundle.extent import NOWHERE
from applier.unpacking.crew import Word, _drive, crew_size, hired
from applier.unpacking.job import Job, Old, Reply, Stamp
from applier.unpacking.round import Round
from tests.crews import hired_here

from .test_unpack import CONTENT, make_job, spelled

ROOT = Path(__file__).parent.parent.parent.parent


def jobs_for(folder: Path) -> list[Job]:
    """The wheel's hash, and one job for each of its files."""
    job = make_job(folder)
    sha256 = hashlib.sha256((folder / "w.whl").read_bytes()).hexdigest()
    return [replace(job, sha256=sha256, files=()), *(replace(job, files=(file,)) for file in job.files)]


def test_a_crew_does_every_job_once(tmp_path: Path) -> None:
    """All files are there; each job is answered by one last word; the bytes moved are those of the files and wheel."""
    jobs = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=3) as crew:
        (tmp_path / "out" / "sub").mkdir(parents=True)
        words = list(crew.do(jobs))
    ended = [job for job, reply in words if reply.is_done]

    assert sorted(map(id, ended)) == sorted(map(id, jobs))
    assert (
        sum(reply.moved_bytes for _, reply in words)
        == sum(map(len, CONTENT.values())) + (tmp_path / "w.whl").stat().st_size
    )
    assert {path: (tmp_path / "out" / path).read_bytes() for path in CONTENT} == CONTENT


def test_no_file_is_written_before_its_wheels_hash_stands(tmp_path: Path) -> None:
    """However many workers are free, and however long the hash takes; other wheels go on meanwhile."""
    hashed, *files = jobs_for(tmp_path)
    other = [replace(job, wheel="other.whl") for job in files]
    waiting = Round()
    waiting.take_over([*files, hashed, *other], is_complete=True)
    begun = [waiting.next_job() for _ in (hashed, *other)]
    with hired(tmp_path / "out", workers=4) as crew:
        (tmp_path / "out" / "sub").mkdir(parents=True)
        ended = [job for job, reply in crew.do([*files, hashed]) if reply.is_done]

    assert begun == [hashed, *other]
    assert ended[0] is hashed
    assert len(ended) == 1 + len(files)


@pytest.mark.parametrize("is_begun", [False, True])
@pytest.mark.parametrize("workers", [1, 4])
def test_of_a_wheel_whose_hash_is_wrong_nothing_is_written(workers: int, is_begun: bool, tmp_path: Path) -> None:
    """Not even for a moment, when its files are sound by themselves; and nobody waits for it for ever."""
    hashed, *files = jobs_for(tmp_path)
    wrong = replace(hashed, sha256="0" * 64)
    with hired(tmp_path / "out", workers=workers) as crew:
        (tmp_path / "out" / "sub").mkdir(parents=True)
        crew.begin([wrong] if is_begun else [])
        ended = [job for job, reply in crew.do([*files, wrong]) if reply.is_done]

    assert ended == [wrong]
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_the_double_keeps_the_crews_contract(tmp_path: Path) -> None:
    """What other tests do without processes is answered like what workers do, job by job."""
    jobs = jobs_for(tmp_path)
    answers = []
    for name, hire in (("out", lambda folder: hired(folder, workers=1)), ("here", hired_here)):
        with hire(tmp_path / name) as crew:
            (tmp_path / name / "sub").mkdir(parents=True)
            words = list(crew.do(jobs))
        answers.append(([(job, reply) for job, reply in words if reply.is_done], sum(r.moved_bytes for _, r in words)))

    assert answers[0] == answers[1]


def test_a_crew_can_be_given_more_to_do(tmp_path: Path) -> None:
    """One crew serves several rounds; a round of nothing is over at once."""
    first, *others = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=2) as crew:
        (tmp_path / "out" / "sub").mkdir(parents=True)

        assert [reply.refusals for _, reply in crew.do([first]) if reply.is_done] == [()]
        assert list(crew.do([])) == []
        assert sum(reply.is_done for _, reply in crew.do(others)) == len(CONTENT)


def test_what_is_begun_before_all_is_known_is_done_once(tmp_path: Path) -> None:
    """Some jobs can be begun while nobody knows the rest; the rest follows in its order, none of them twice."""
    jobs = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=2) as crew:
        crew.begin(jobs[:1])
        (tmp_path / "out" / "sub").mkdir(parents=True)
        ended = [job for job, reply in crew.do(jobs) if reply.is_done and not reply.refusals]

    assert sorted(ended, key=jobs.index) == jobs


def look_for(job: Job, folder: Path) -> Job:
    """The job to look at the files of another, in that old environment."""
    files = tuple(
        replace(file, algorithm="sha256", digest=spelled(CONTENT[file.path]), is_spare=True, is_held=True)
        for file in job.files
    )
    return replace(job, extent=NOWHERE, files=files, old=Old(folder=str(folder), mode_mask=0), looks=True)


def test_who_takes_a_file_waits_for_a_look_at_it_and_is_told(tmp_path: Path) -> None:
    """Other jobs go on meanwhile; what was not seen, or not looked at, is as it was."""
    _, first, second, third = jobs_for(tmp_path)
    looks, waiting = [look_for(first, tmp_path), look_for(second, tmp_path)], Round()
    waiting.take_over(looks, is_complete=False)
    begun = [waiting.next_job(), waiting.next_job()]
    waiting.take_over([first, second, third], is_complete=True)

    assert (begun, waiting.next_job()) == (looks, third)
    waiting.note_end(looks[1], Reply(is_done=True))
    assert waiting.next_job() is second
    assert waiting.informed(second) is second
    stamp = Stamp.of(tmp_path.stat())
    waiting.note_end(looks[0], Reply(is_done=True, stamps=((first.files[0].path, stamp),)))
    assert waiting.next_job() is first
    assert [file.seen for file in waiting.informed(first).files] == [stamp]
    other = replace(first, files=(replace(first.files[0], algorithm="sha512", digest="other"),))
    assert waiting.informed(other) is other
    assert waiting.next_job() is None


def test_a_look_that_was_not_begun_is_let_be_once_all_is_known(tmp_path: Path) -> None:
    """The files are taken then, which hashes them too."""
    _, first, second, _ = jobs_for(tmp_path)
    waiting = Round()
    waiting.take_over([look_for(first, tmp_path)], is_complete=False)
    waiting.take_over([second], is_complete=True)

    assert [waiting.next_job(), waiting.next_job()] == [second, None]


def test_no_more_jobs_are_done_at_once_than_are_allowed(tmp_path: Path) -> None:
    """Who asks for more waits until one has ended; one is allowed whatever else there is to do."""
    _, first, second, third = jobs_for(tmp_path)
    waiting, given = Round(), queue.SimpleQueue[Job | None]()
    waiting.take_over([first, second, third], is_complete=True)
    waiting.allow(-1)
    assert waiting.next_job() is first

    other = threading.Thread(target=lambda: given.put(waiting.next_job()))
    other.start()
    other.join(0.1)
    assert other.is_alive()
    waiting.note_end(first, Reply(is_done=True))
    assert given.get() is second
    waiting.allow(2)
    assert waiting.next_job() is third
    other.join()


def test_of_a_look_nothing_is_heard(tmp_path: Path) -> None:
    """But for what was seen, which the jobs with these files are told by the crew itself."""
    hashed, *files = jobs_for(tmp_path)
    old = tmp_path.resolve() / "old"
    with hired(tmp_path / "out", workers=2) as crew:
        for folder in (tmp_path / "out", old):
            (folder / "sub").mkdir(parents=True)
        for path, data in CONTENT.items():
            (old / path).write_bytes(data)
        crew.begin([look_for(job, old) for job in files])
        words = list(crew.do([hashed, *files]))

    assert sorted(id(job) for job, reply in words if reply.is_done) == sorted(map(id, [hashed, *files]))
    assert not any(reply.refusals for _, reply in words)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_worker_lost_in_a_look_is_told(tmp_path: Path) -> None:
    """Who waits for the look does not wait for ever."""
    _, first, *_ = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=1) as crew:
        crew._processes[0].kill()
        crew._processes[0].wait()
        crew.begin([look_for(first, tmp_path)])
        words = list(crew.do([first]))

    assert {refusal.code for _, reply in words for refusal in reply.refusals} == {"worker-lost"}


def test_a_crew_that_was_never_told_the_rest_can_be_dismissed(tmp_path: Path) -> None:
    """When planning fails, workers and threads end all the same."""
    with hired(tmp_path / "out", workers=2) as crew:
        crew.begin(jobs_for(tmp_path)[:1])

    assert all(process.returncode is not None for process in crew._processes)
    assert not any(driver.is_alive() for driver in crew._drivers)


def test_a_refusal_comes_back(tmp_path: Path) -> None:
    """What a worker finds wrong is told in the master's process."""
    first, *_ = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=1) as crew:
        words = list(crew.do([replace(first, sha256="0" * 64)]))

    assert [refusal.code for _, reply in words for refusal in reply.refusals] == ["bundle-damaged"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_lost_worker_is_told_and_its_job_not_taken_for_done(tmp_path: Path) -> None:
    """A worker that is killed, as by a system short of memory, fails its job."""
    first, *_ = jobs_for(tmp_path)
    with hired(tmp_path / "out", workers=1) as crew:
        for process in crew._processes:
            process.kill()
            process.wait()
        words = list(crew.do([first]))

    assert [reply.refusals[0].code for _, reply in words] == ["worker-lost"]
    assert "-9" in words[0][1].refusals[0].found


class CutOff:
    """Stands in for a worker that is killed while it answers."""

    def __init__(self, left: bytes) -> None:
        self.stdin, self.stdout = io.BytesIO(), io.BytesIO(left)

    def wait(self) -> int:
        return -9


@pytest.mark.parametrize("left", [b"", b'{"moved_by', Reply().to_line() + Reply(is_done=True).to_line()[:-1]])
def test_a_worker_that_is_killed_while_it_answers_is_lost(left: bytes, tmp_path: Path) -> None:
    """Half a line is no answer; whoever waits hears of the loss, and that there is no more to come."""
    first, *_ = jobs_for(tmp_path)
    current, heard = Round(), queue.SimpleQueue[Word]()
    current.take_over([first], is_complete=True)
    _drive(CutOff(left), current, heard)  # type: ignore[arg-type]  # only what is used of it
    words = [heard.get_nowait() for _ in range(heard.qsize())]

    assert words[-1] is None
    assert isinstance(words[-2], tuple)
    assert [refusal.code for refusal in words[-2][1].refusals] == ["worker-lost"]


def test_what_is_no_answer_is_raised_where_it_is_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is neither waited for for ever nor taken for the end of the work, whatever others do."""
    with hired(tmp_path / "out", workers=2) as crew:
        process = crew._processes[0]
        assert process.stdout is not None
        process.stdout.close()
        monkeypatch.setattr(process, "stdout", io.BytesIO(b"nonsense\n"))
        jobs = [replace(job, wheel=f"{number}.whl") for number, job in enumerate(jobs_for(tmp_path)[:1] * 9)]
        with pytest.raises(ValueError, match="Expecting value"):
            list(crew.do(jobs))


def test_no_worker_is_left(tmp_path: Path) -> None:
    """Whatever ends the work, the workers end with it."""
    with pytest.raises(KeyboardInterrupt), hired(tmp_path / "out", workers=2) as crew:
        raise KeyboardInterrupt

    assert all(process.returncode is not None for process in crew._processes)


_MASTER = """\
import sys, time
from pathlib import Path
from applier.unpacking.crew import hired
with hired(Path(sys.argv[1]), workers=2) as crew:
    print(*(process.pid for process in crew._processes), flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    """Whether a process of that number is there, one that only waits to be buried not counted."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_workers_end_with_a_master_that_is_killed(tmp_path: Path) -> None:
    """Nothing is written any more once the process that holds the place is gone."""
    command = [sys.executable, "-c", _MASTER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as master:
        assert master.stdout is not None
        workers = [int(pid) for pid in master.stdout.readline().split()]
        master.kill()
    for _ in range(400):
        if not any(map(is_running, workers)):
            break
        time.sleep(0.05)

    assert len(workers) == 2
    assert not any(map(is_running, workers))


@pytest.mark.parametrize(
    ("processors", "size_bytes", "workers"),
    [
        pytest.param(4, 0, 1, id="nothing to write"),
        pytest.param(4, 40_000_000, 1, id="too little for a second"),
        pytest.param(4, 100_000_000, 2, id="enough for a second"),
        pytest.param(4, 6_600_000_000, 4, id="one for each processor"),
        pytest.param(64, 6_600_000_000, 8, id="no more than are of use"),
    ],
)
def test_as_many_workers_as_are_of_use(
    processors: int, size_bytes: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker for each processor, unless starting it would take longer than what it takes off the others."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(processors)), raising=False)

    assert crew_size(size_bytes) == workers
