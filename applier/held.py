"""What the old environment holds of a bundle: files, by its receipt, and wheels, by their outlines.

Nothing of it is believed. The bundle says which outlines count, and a file counts when it was hashed.
"""

import os
from collections.abc import Iterator, Mapping
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
from .wheels.outline import digests_in, outlines_in

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
