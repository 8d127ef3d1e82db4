"""What the old environment holds of a bundle: files, by its receipt, and wheels, by their outlines.

Nothing of it is believed. The bundle says which outlines count, and a file counts when it was hashed.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .bundle.contents import Member
from .bundle.extent import NOWHERE
from .bundle.layout import wheel_member
from .bundle.reader import Bundle
from .checks.order import wheels_in_order
from .environment.receipt import InstalledFile
from .environment.receipt_file import receipt_if_any
from .unpacking.job import File, Job, Old
from .wheels.outline import digests_in, outlines_in, read_outlines
from .wheels.plan import plan_wheels
from .wheels.share import copied_files

_WORTH_A_LOOK_BYTES = 1 << 20
"""Below that, finding a file takes too large a part of what it takes to hash it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the old environment holds."""

    files: Mapping[str, InstalledFile] = field(default_factory=dict)
    """All its files."""
    outlines: Mapping[str, bytes] = field(default_factory=dict)
    """File name -> outline, of those wheels of the bundle that it has one of, in the order of checks."""

    def has(self, wheel: Member) -> bool:
        """Say whether it has the outline of a wheel."""
        return wheel.name in map(wheel_member, self.outlines)


NOTHING = Held()


def look_at_held(environment: Path, bundle: Bundle) -> Held:
    """Look at the environment that the bundle replaces, if it is one of ours."""
    receipt = receipt_if_any(environment)
    if receipt is None:
        return NOTHING
    found, named = outlines_in(environment), bundle.contents.outlines
    digests = {wheel.filename: named.get(wheel_member(wheel.filename)) for wheel in wheels_in_order(bundle.lock)}
    outlines = {filename: found[sha256] for filename, sha256 in digests.items() if sha256 in found}
    return Held(files=receipt.files, outlines=outlines)


def _is_there(environment: Path, file: File) -> bool:
    try:
        status = os.lstat(f"{environment}/{file.path}")
    except (OSError, ValueError):  # ValueError: a path that no system has, as a damaged receipt may name
        return False
    return file.is_held and stat.S_ISREG(status.st_mode) and status.st_size == file.size_bytes


def find_lacking(held: Held, environment: Path, bundle: Bundle) -> dict[str, Sequence[str]]:
    """Give the files that the bundle takes from the environment or nowhere, and that are not there in their size.

    Those of each wheel that is absent, by its file name; no byte of them is read.

    Raises:
        BundleDamaged: what is held for a wheel's outline is none.
    """
    absent = {member.name for member in bundle.absent}
    outlined = read_outlines({name: line for name, line in held.outlines.items() if wheel_member(name) in absent})
    wheels = [wheel for wheel in wheels_in_order(bundle.lock) if wheel.filename in outlined]
    plan = plan_wheels(wheels, bundle.lock.target, lambda wheel: NOWHERE.open(wheel.filename), outlined=outlined)
    return {
        filename: [file.path for file in files if not _is_there(environment, file)]
        for filename, files in copied_files(plan, held.files).items()
    }


def _look(wheel: str, path: str, file: InstalledFile, old: Old) -> Job:
    looked_at = File(
        path=path,
        start=0,
        compressed_bytes=0,
        size_bytes=file.size_bytes,
        is_deflated=False,
        crc=0,
        algorithm="sha256",
        digest=file.sha256,
        mode=0,
        is_spare=True,
        is_held=True,
    )
    return Job(wheel=wheel, extent=NOWHERE, files=(looked_at,), old=old, looks=True)


def look_jobs(held: Held, environment: Path, *, windows: bool = os.name == "nt") -> Iterator[Job]:
    """Give the jobs that hash the environment's large files, while it is not planned yet what becomes of them.

    None on Windows: it neither moves a folder nor removes a file while somebody has it open, as making way may, and of
    a file whose time of writing was set back it does not tell that.
    """
    if windows:
        return
    old = Old(folder=str(environment), mode_mask=0)
    paths: dict[str, list[str]] = {}
    for path, file in held.files.items():
        if file.size_bytes >= _WORTH_A_LOOK_BYTES:
            paths.setdefault(file.sha256, []).append(path)
    for wheel, outline in held.outlines.items():
        for digest in digests_in(outline):
            for path in paths.pop(digest, ()):
                yield _look(wheel, path, held.files[path], old)
