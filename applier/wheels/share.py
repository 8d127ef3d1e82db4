"""The plan as jobs: which bytes of which wheel become which file. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from locks import LockedWheel

from ..bundle.extent import Extent
from ..environment.receipt import InstalledFile
from ..unpacking.job import File, Job, Old, share_out
from .place import PlannedFile
from .plan import Plan

_JOB_COST_BYTES = 16 << 20
# What the umask leaves of them is what any program's new files have.
_PLAIN, _EXECUTABLE = 0o666, 0o777


def _is_copied(file: PlannedFile, plan: Plan) -> bool:
    """Say whether workers write the file; what is made while installing is in no wheel."""
    return file.entry is not None and plan.wheels[file.owner].is_copied(file.entry.name, file.digest)


def _is_held(planned: PlannedFile, old: Mapping[str, InstalledFile]) -> bool:
    """Say whether the old environment has the file, by its receipt; the file itself is yet to be looked at."""
    found = old.get(planned.path)
    if found is None or found.size_bytes != planned.size_bytes:
        return False
    return planned.algorithm != "sha256" or planned.digest == found.sha256


def _file_of(planned: PlannedFile, *, is_spare: bool, is_held: bool) -> File:
    entry = planned.entry
    assert entry is not None, "only what is copied gets here"
    return File(
        path=planned.path,
        start=entry.data_offset,
        compressed_bytes=entry.compressed_bytes,
        size_bytes=entry.size_bytes,
        is_deflated=entry.is_deflated,
        crc=entry.crc,
        algorithm=planned.algorithm,
        digest=planned.digest,
        mode=_EXECUTABLE if planned.is_executable else _PLAIN,
        is_spare=is_spare,
        is_held=is_held,
    )


def copied_files(plan: Plan, old: Mapping[str, InstalledFile]) -> dict[str, list[File]]:
    """Give what the crew has to write, or to check when another wheel writes it: wheel's file name -> files.

    `old` is what the receipt of the old environment lists, if there is one.
    """
    copied: dict[str, list[File]] = {name: [] for name in plan.wheels}
    for files, is_spare in ((plan.files.values(), False), (plan.shared, True)):
        for file in files:
            if _is_copied(file, plan):
                copied[file.owner].append(_file_of(file, is_spare=is_spare, is_held=_is_held(file, old)))
    return copied


def hash_job(wheel: LockedWheel, extent: Extent) -> Job:
    """Give the job that hashes the whole of a wheel."""
    return Job(wheel=wheel.filename, extent=extent, sha256=wheel.sha256)


def jobs_of(
    wheel: LockedWheel, extent: Extent, files: Sequence[File], old: Old | None, *, is_outlined: bool
) -> Iterator[Job]:
    """Give the jobs that bring one wheel's `files` in: the whole of it hashed, then its files taken or written.

    A crew that began to hash the wheel before does so once all the same. One that `is_outlined` is not read when the
    old environment holds all its files.
    """
    is_taken = is_outlined and (not extent.pieces or all(file.is_held for file in files))
    job = Job(wheel=wheel.filename, extent=extent, sha256=wheel.sha256 if is_taken else "", old=old)
    if not is_taken:
        yield hash_job(wheel, extent)
    elif old and not extent.pieces:
        job = replace(job, old=replace(old, links=False))
    for share in share_out(files, job_cost=_JOB_COST_BYTES):
        yield replace(job, files=share)
