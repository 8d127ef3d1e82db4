"""Looking after the store: what is in it, whether it is sound, and what of it nobody needs any more."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from locks import Lock, Problem
from locks.digest import sha256_of_file
from locks.files import lock_files, no_locks
from locks.progress import Phase, Reporter, phase
from locks.read import read_lock
from locks.sizes import megabytes

from applier.bundle.sources import bundles_in
from applier.errors import BundleDamaged

from .accelerator import accelerator_for
from .errors import StoreError
from .since import read_lock_of
from .store import Store

_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file in the store."""

    path: Path
    sha256: str
    """Of the wheel that it is, or was to become."""
    distribution: str
    """Name and version, as "torch-2.5.1"; what is wrong with it where it has none."""
    size_bytes: int
    used: datetime
    """When it was last stored or taken, in UTC."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        return {
            "sha256": self.sha256,
            "distribution": self.distribution,
            "size_bytes": self.size_bytes,
            "used": self.used.isoformat(timespec="seconds"),
        }

    def line(self) -> str:
        """Put it in one line."""
        return f"{self.sha256[:12]}  {self.used:%Y-%m-%d}  {megabytes(self.size_bytes):>10} MB  {self.distribution}"


def _distribution_in(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            tops = {name.partition("/")[0] for name in archive.namelist()}
    except (OSError, BadZipFile, ValueError):
        return "(unreadable)"
    return next((top.removesuffix(".dist-info") for top in sorted(tops) if top.endswith(".dist-info")), "(no wheel)")


def _stored(store: Store, path: Path, distribution: str) -> Stored:
    return Stored(
        path=path,
        sha256=path.stem,
        distribution=distribution,
        size_bytes=path.stat().st_size,
        used=datetime.fromtimestamp(store.used_s(path), UTC),
    )


def _wheels(store: Store) -> list[Stored]:
    return [*_still_there(store, ((path, _distribution_in(path)) for path in store.wheels()))]


def _still_there(store: Store, found: Iterable[tuple[Path, str]]) -> Iterator[Stored]:
    """Give files with their distributions, but for those that were moved or removed since they were found."""
    for path, distribution in found:
        try:
            stored = _stored(store, path, distribution)
        except FileNotFoundError:
            continue
        yield stored


def list_store(store: Store) -> list[Stored]:
    """Give what is in the store, the largest first."""
    partials = _still_there(store, ((path, "(download that broke off)") for path in store.partials()))
    return sorted((*_wheels(store), *partials), key=lambda item: (-item.size_bytes, item.sha256))


def verify_store(store: Store, reporter: Reporter) -> list[Stored]:
    """Hash every wheel; give them when all are sound. Nothing is changed.

    Raises:
        StoreError: with every wheel that is not what its name says.
    """
    wheels = _wheels(store)
    total_bytes = sum(item.size_bytes for item in wheels)
    with (
        store.leased(),
        phase(reporter, "hashing", total_bytes=total_bytes, total=len(wheels), unit="wheels") as progress,
        ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as pool,
    ):
        problems = [*filter(None, pool.map(lambda item: _judge(item, progress), wheels))]
    if problems:
        raise StoreError(problems)
    return wheels


def _judge(item: Stored, progress: Phase) -> Problem | None:
    try:
        found = f"sha256 {sha256_of_file(item.path)[0]}"
    except OSError as error:
        found = error.strerror or str(error)
    progress.advance(item.distribution, item.size_bytes, 1)
    if found == f"sha256 {item.sha256}":
        return None
    return Problem(
        code="store-damaged",
        where=f"{item.path}: {item.distribution}",
        expected=f"sha256 {item.sha256}",
        found=found,
        hint="nothing need be done: the next bundle removes it and fetches it anew",
    )


def _lock_at(path: Path) -> Lock:
    return read_lock(read_lock_of(path), document=str(path))


def _locks_in(folder: Path) -> Iterator[Lock]:
    """Read all locks, and those of all bundles; a zip that never was a bundle may lie there too."""
    yield from map(_lock_at, lock_files(folder))
    for path in bundles_in(folder):
        try:
            yield _lock_at(path)
        except BundleDamaged as error:
            if any(problem.code != "not-a-bundle" for problem in error.problems):
                raise


def _needed_by(place: Path) -> Iterator[str]:
    """Give the digests that bundles of the locks at a place need, the accelerator's among them."""
    locks = [*_locks_in(place)] if place.is_dir() else [_lock_at(place)]
    if not locks:
        raise no_locks(str(place))  # nothing would be needed, which nobody means who names a folder
    for lock in locks:
        yield from (wheel.sha256 for wheel in lock.wheels)
        if accelerator := accelerator_for(lock.target):
            yield accelerator.sha256


def prune_store(store: Store, *, needed: Iterable[Path], before: datetime | None, remove: bool) -> list[Stored]:
    """Give what none of the locks and bundles at `needed` needs and what was not used since `before`; None: all of it.

    Raises:
        LockError, BundleDamaged: a lock or bundle cannot be read, or a folder has none; nothing is removed.
        StoreError: a bundle is being made from the store; nothing is removed.
    """
    kept = {digest for place in needed for digest in _needed_by(place)}
    with store.unused():
        pruned = [
            item for item in list_store(store) if item.sha256 not in kept and (before is None or item.used < before)
        ]
        for item in pruned if remove else ():
            store.remove(item.path)
    return pruned
