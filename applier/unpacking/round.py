"""A round: which job may begin when, whoever asks. Threads wait here for jobs; processes are not known."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from math import inf

from .job import Job, Reply, Stamp


class Round:
    """A list of jobs, being done in its order; but no file of a wheel is written before the wheel's hash stands.

    What was seen in a look need not be hashed again: a job that takes the file waits for the look, and is told of it.
    """

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._begun = 0
        """How many are being done."""
        self._at_once: float = inf
        self._is_complete = False
        self._hashed: set[str] = set()
        """Wheels whose hashing was begun."""
        self._unproven: set[str] = set()
        self._damaged: set[str] = set()
        self._looked_at: set[str] = set()
        """Paths that somebody looks at just now."""
        self._seen: dict[tuple[str, str], Stamp] = {}
        """By path and digest: where RECORD has another digest than the look went by, nothing was seen."""
        self._changed = threading.Condition()

    def take_over(self, jobs: Sequence[Job], *, is_complete: bool) -> None:
        """Do these jobs, but for hashing what is or was hashed, and none of those given before that was not begun.

        When they are complete, the round ends with them.
        """
        with self._changed:
            self._unproven |= {job.wheel for job in jobs if job.hashes} - self._hashed
            left = (job for job in jobs if not (job.hashes and job.wheel in self._hashed))
            self._jobs = [job for job in left if job.wheel not in self._damaged]
            self._is_complete = is_complete
            self._changed.notify_all()

    def allow(self, at_once: int) -> None:
        """Let no more than so many jobs be done at once; one at least. Those that were begun go on."""
        with self._changed:
            self._at_once = max(at_once, 1)
            self._changed.notify_all()

    def _may_begin(self, job: Job) -> bool:
        if self._begun >= self._at_once:
            return False
        if job.hashes or job.looks:
            return True
        return job.wheel not in self._unproven and self._looked_at.isdisjoint(file.path for file in job.files)

    def next_job(self) -> Job | None:
        """Give the next job that may begin, waiting for it; None when there are no more."""
        with self._changed:
            while self._jobs or not self._is_complete:
                for place, job in enumerate(self._jobs):
                    if self._may_begin(job):
                        self._hashed |= {job.wheel} if job.hashes else set()
                        self._looked_at |= {file.path for file in job.files if job.looks}
                        self._begun += 1
                        return self._jobs.pop(place)
                self._changed.wait()
        return None

    def informed(self, job: Job) -> Job:
        """Give the job with what was seen of its files."""
        if job.looks or self._seen.keys().isdisjoint((file.path, file.digest) for file in job.files):
            return job
        seen = ((file, self._seen.get((file.path, file.digest))) for file in job.files)
        return replace(job, files=tuple(replace(file, seen=stamp) if stamp else file for file, stamp in seen))

    def note_end(self, job: Job, reply: Reply) -> None:
        """Note how a job ended, which may let others begin: of a wheel that is not what it must be, none does."""
        with self._changed:
            self._begun -= 1
            if job.hashes and reply.refusals:
                self._damaged.add(job.wheel)
                self._jobs = [left for left in self._jobs if left.wheel != job.wheel]
            elif job.hashes:
                self._unproven.discard(job.wheel)
            elif job.looks:
                self._looked_at -= {file.path for file in job.files}
                stamps = dict(reply.stamps)
                self._seen |= {(file.path, file.digest): stamps[file.path] for file in job.files if file.path in stamps}
            self._changed.notify_all()
