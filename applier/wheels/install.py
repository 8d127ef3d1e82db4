"""The write pass: wheels into the skeleton, whatever is read hashed, and whatever is written."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from packaging.utils import NormalizedName

from locks import Error, LockedWheel, Problem
from locks.progress import SILENT, Reporter, phase

from ..bundle.extent import NOWHERE, Extent
from ..bundle.layout import wheel_member
from ..bundle.reader import Bundle
from ..checks.order import wheels_in_order
from ..environment.receipt import InstalledFile
from ..environment.sharing import Sharing
from ..errors import COPY_AGAIN, GIVE_BASE, MAKE_ROOM, ApplyRefused, BundleDamaged
from ..unpacking.crew import Crew
from ..unpacking.job import Job, Refusal, Reply
from .plan import Plan
from .share import copied_files, hash_job, jobs_of
from .writer import finish_wheel

_HINTS = {
    "bundle-damaged": COPY_AGAIN,
    "file-changed": "leave the bundle alone while it is read, then start again",
    "file-not-held": GIVE_BASE,
    "file-not-as-recorded": "report it to the bundle's maker",
    "write-failed": MAKE_ROOM,
    "worker-lost": "something ended a process of ours, perhaps for want of memory; try again",
}
_NOT_THE_BUNDLES = {"file-not-held", "write-failed", "worker-lost"}


def _current_umask() -> int:
    """Read the umask the only way there is, by setting it; done once, before anything is written."""
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


def _refused(refusals: Iterable[Refusal]) -> Error:
    """Give the error that workers' refusals amount to."""
    problems = [
        Problem(
            code=refusal.code,
            where=refusal.where,
            expected=refusal.expected,
            found=refusal.found,
            hint=_HINTS[refusal.code],
        )
        for refusal in refusals
    ]
    is_ours = any(problem.code in _NOT_THE_BUNDLES for problem in problems)
    return ApplyRefused(problems) if is_ours else BundleDamaged(problems)


class _Done:
    """What is done of each wheel."""

    def __init__(self, wheels: Iterable[LockedWheel], jobs: Iterable[Job]) -> None:
        self._wheels = {wheel.filename: wheel for wheel in wheels}
        self._left = Counter(job.wheel for job in jobs)
        self.copied: dict[str, dict[str, InstalledFile]] = {name: {} for name in self._wheels}
        """Wheel's file name -> what the crew wrote of it."""

    def note(self, job: Job, reply: Reply) -> LockedWheel | None:
        """Note the end of a job; give its wheel when that was the last one."""
        self.copied[job.wheel] |= {
            file.path: InstalledFile(sha256=reply.sha256_of(file), size_bytes=file.size_bytes) for file in job.files
        }
        self._left[job.wheel] -= 1
        return None if self._left[job.wheel] else self._wheels[job.wheel]


def _placed_extents(bundle: Bundle) -> list[tuple[LockedWheel, Extent]]:
    """Give the wheels in the order of checks, each with where its bytes are, if anywhere."""
    members = ((wheel, wheel_member(wheel.filename)) for wheel in wheels_in_order(bundle.lock))
    return [(wheel, bundle.extents.get(member, NOWHERE)) for wheel, member in members]


def hash_jobs(bundle: Bundle, *, but: Collection[str] = ()) -> list[Job]:
    """Give the jobs that hash the wheels, `but` for those; they can begin before it is planned what becomes of them."""
    wheels = _placed_extents(bundle)
    return [hash_job(wheel, extent) for wheel, extent in wheels if wheel.filename not in but]


def _jobs(wheels: Iterable[tuple[LockedWheel, Extent]], plan: Plan, sharing: Sharing, umask: int) -> list[Job]:
    files, old = copied_files(plan, sharing.held), sharing.old(umask)
    return [
        job
        for wheel, extent in wheels
        for job in jobs_of(wheel, extent, files[wheel.filename], old, is_outlined=wheel.filename in plan.outlined)
    ]


def install_wheels(
    bundle: Bundle,
    plan: Plan,
    crew: Crew,
    *,
    staging: Path,
    final: Path,
    sharing: Sharing,
    reporter: Reporter = SILENT,
    placed: Callable[[NormalizedName], None] = lambda name: None,
    go_on: Callable[[], None] = lambda: None,
) -> dict[str, InstalledFile]:
    """Write the plan into `staging`, the wheels in the order of checks; give every file written, by its path.

    Every wheel is held against the lock's hash before a byte of it is written, every file against its wheel's RECORD.
    What the old environment holds too is taken from there, as `sharing` has it; a wheel that was planned by its outline
    need not be there at all then. `placed` is told of each package that is wholly in place, and `go_on` asked at every
    word of the crew; what they raise ends the installation.

    Raises:
        BundleDamaged: a wheel or a file is not what it must be; `Bundle.verify` names every such wheel.
        ApplyRefused: a worker could not write.
        OSError: this process could not.
    """
    umask = _current_umask()
    wheels = _placed_extents(bundle)
    jobs = _jobs(wheels, plan, sharing, umask)
    sharing.begin(jobs)
    done = _Done((wheel for wheel, _ in wheels), jobs)
    names = {wheel.filename: f"{wheel.name} {wheel.version}" for wheel, _ in wheels}
    written: dict[str, InstalledFile] = {}
    sizes_bytes = [file.size_bytes for job in jobs for file in job.files]
    with phase(
        reporter, "installing", total_bytes=sum(sizes_bytes), total=len(sizes_bytes), unit="files"
    ) as installing:
        words = crew.do(jobs)
        del jobs  # each goes as it is done: there may be hundreds of thousands of files
        for job, reply in words:
            go_on()
            if reply.refusals:
                raise _refused(reply.refusals)
            if not job.hashes:
                installing.advance(names[job.wheel], reply.moved_bytes, len(job.files) if reply.is_done else 0)
            sharing.note(job, reply)
            wheel = done.note(job, reply) if reply.is_done else None
            if wheel is not None:
                copied = done.copied.pop(wheel.filename)
                rest = finish_wheel(wheel, bundle.lock.target, plan, copied, staging=staging, final=final, umask=umask)
                written |= copied | rest
                placed(wheel.name)
    return written
