"""The plan as jobs: which bytes of which wheel become which file. Pure."""

from collections.abc import Iterable, Iterator

from locks import LockedWheel

from ..bundle.extent import Extent
from ..unpacking.job import File, Job, share_out
from .place import PlannedFile
from .plan import Plan

_JOB_COST_BYTES = 16 << 20
# What the umask leaves of them is what any program's new files have.
_PLAIN, _EXECUTABLE = 0o666, 0o777


def _is_copied(file: PlannedFile, plan: Plan) -> bool:
    """Say whether the file's bytes are those in the wheel, and RECORD has their digest: workers write such files.

    Not so what is made while installing, RECORD among it, and scripts, whose first line is set.
    """
    if file.entry is None or file.record is None or file.record.hash_ is None:
        return False
    return not file.entry.name.startswith(f"{plan.wheels[file.owner].data_dir}/scripts/")


def _file_of(planned: PlannedFile, *, is_spare: bool) -> File:
    entry, record = planned.entry, planned.record
    assert entry is not None, "only what is copied gets here"
    assert record is not None
    assert record.hash_ is not None
    return File(
        path=planned.path,
        start=entry.data_offset,
        compressed_bytes=entry.compressed_bytes,
        size_bytes=entry.size_bytes,
        is_deflated=entry.is_deflated,
        crc=entry.crc,
        algorithm=record.hash_.name,
        digest=record.hash_.value,
        mode=_EXECUTABLE if planned.is_executable else _PLAIN,
        is_spare=is_spare,
    )


def copied_files(plan: Plan) -> dict[str, list[File]]:
    """Give what the crew has to write, or to check when another wheel writes it: wheel's file name -> files."""
    copied: dict[str, list[File]] = {name: [] for name in plan.wheels}
    for files, is_spare in ((plan.files.values(), False), (plan.shared, True)):
        for file in files:
            if _is_copied(file, plan):
                copied[file.owner].append(_file_of(file, is_spare=is_spare))
    return copied


def jobs_of(wheel: LockedWheel, extent: Extent, files: Iterable[File]) -> Iterator[Job]:
    """Give the jobs that bring one wheel's `files` in: the whole of it hashed, then its files written."""
    yield Job(wheel=wheel.filename, extent=extent, sha256=wheel.sha256)
    for share in share_out(files, job_cost=_JOB_COST_BYTES):
        yield Job(wheel=wheel.filename, extent=extent, files=share)
