"""A crew without processes: its jobs are done here and now, where a test can make an operation fail."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import applier.unpacking.take
from applier.framing.inflate import find_inflater
from applier.unpacking.crew import Crew
from applier.unpacking.job import Job, Reply
from applier.unpacking.round import Round
from applier.unpacking.unpack import do


class CrewHere(Crew):
    """Fulfils the crew's contract in this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(())
        self._folder = folder
        self._looks = Round()

    def begin(self, jobs: Sequence[Job]) -> None:
        """Look, and begin nothing else: `do` is given the rest."""
        for job in jobs:
            if job.looks:
                self._looks.note_end(job, do(job, self._folder, find_inflater(None), lambda count: None))

    def do(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Reply]]:
        for job in jobs:
            moved: list[int] = []
            reply = do(self._looks.informed(job), self._folder, find_inflater(None), moved.append)
            yield job, Reply(moved_bytes=sum(moved))
            yield job, reply


@contextmanager
def hired_here(folder: Path, _accelerator: Path | None = None, *, workers: int = 1) -> Iterator[Crew]:  # noqa: ARG001
    """Stands in for `hired`."""
    yield CrewHere(folder)


def settle(environment: Path) -> None:
    """Have the file system's clock go on, so that nothing in the environment was changed just now, as it seems."""
    youngest = max(path.lstat().st_ctime_ns for path in environment.rglob("*"))
    beside = environment.with_name(f"{environment.name}.beside")
    while environment.parent.stat().st_ctime_ns <= youngest:
        beside.touch()
        beside.unlink()


def on_a_file_system_without_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process's crew find none, whatever the tests run on: what could be cloned is linked."""
    monkeypatch.setattr(applier.unpacking.take, "clone", lambda source, target, mode: False)
