"""The stack's extra files: where they go in the environment, and how they get there, hashed while they are written."""

from collections.abc import Callable
from pathlib import Path

from installer.utils import copyfileobj_with_hashing

from locks import Lock, Problem

from .bundle.layout import file_member
from .bundle.reader import Bundle
from .digest import recorded
from .environment.receipt import InstalledFile
from .errors import COPY_AGAIN, BundleDamaged
from .wheels.place import PlannedFile
from .wheels.plan import Plan

_ALGORITHM = "sha256"


def plan_files(lock: Lock) -> tuple[PlannedFile, ...]:
    """Give the place of every extra file: `share/<stack>/` and its path, on every system."""
    return tuple(
        PlannedFile(
            path=f"share/{lock.stack}/{file.path}",
            owner=file_member(file.path),
            size_bytes=file.size_bytes,
            algorithm=_ALGORITHM,
            digest=recorded(bytes.fromhex(file.sha256)),
        )
        for file in lock.files
    )


def _install_file(bundle: Bundle, planned: PlannedFile, staging: Path) -> InstalledFile:
    target = staging / planned.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with bundle.open_member(planned.owner) as stream, target.open("xb") as sink:
        digest, size_bytes = copyfileobj_with_hashing(stream, sink, _ALGORITHM)
    if (digest, size_bytes) != (planned.digest, planned.size_bytes):
        raise BundleDamaged(
            Problem(
                code="file-not-as-recorded",
                where=planned.owner,
                expected=f"{planned.size_bytes} bytes of {_ALGORITHM}={planned.digest} (lock)",
                found=f"{size_bytes} bytes of {_ALGORITHM}={digest}",
                hint=COPY_AGAIN,
            )
        )
    return InstalledFile(sha256=digest, size_bytes=size_bytes)


def install_files(
    bundle: Bundle, plan: Plan, *, staging: Path, report: Callable[[str], None]
) -> dict[str, InstalledFile]:
    """Write the extra files into `staging`; one that a wheel brings too, byte for byte, is there already.

    Raises:
        BundleDamaged: one is not what the lock says.
    """
    members = {file_member(file.path) for file in bundle.lock.files}
    written = {}
    for path, planned in plan.files.items():
        if planned.owner in members:
            written[path] = _install_file(bundle, planned, staging)
            report(f"installed {path}")
    return written
