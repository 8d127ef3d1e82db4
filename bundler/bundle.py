"""lock -> bundle: fetch, plan the installation on the release engineer's desk, write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from locks import Lock, LockedWheel
from locks.index import Http, SimpleIndex
from locks.progress import SILENT, Reporter, phase

from applier.bundle.extent import Extent
from applier.bundle.layout import Base, Contents, wheel_member
from applier.errors import BundleDamaged
from applier.extra_files import plan_files
from applier.wheels.ban import refuse_banned_imports
from applier.wheels.plan import Plan, plan_wheels

from .accelerator import as_member, is_had
from .archive import Source, WrittenArchive, size_of, write_archive
from .copying import Altered, Pinned
from .desk import judge_at_desk
from .errors import OutputError, StoreDamaged, WheelConflict, not_written
from .extra_files import find_files, refuse_altered
from .fetch import Fetcher
from .members import bundle_members
from .runner import write_beside
from .since import read_base
from .store import Store
from .verification import refuse_damaged, verify_wheels
from .written import WrittenBundle


def _plan(lock: Lock, store: Store, reporter: Reporter) -> Plan:
    """Plan the installation as the target will, so that what cannot be installed never leaves this desk."""
    wheels = {wheel.filename: store.path(wheel.sha256) for wheel in lock.wheels}

    def open_stream(wheel: LockedWheel) -> BinaryIO:
        return Extent.of_files([wheels[wheel.filename]]).open(wheel.filename)

    try:
        plan = plan_wheels(lock.in_install_order(), lock.target, open_stream, extra=plan_files(lock))
        refuse_banned_imports(plan, lock)
    except BundleDamaged as error:
        raise WheelConflict(error.problems) from None
    judge_at_desk(lock, plan, wheels, store, reporter)
    return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One bundle to be written."""

    lock: Lock
    lock_bytes: bytes
    output: Path
    files: Mapping[str, Pinned]
    """The extra files, by member name."""
    base: Base | None
    volume_bytes: int | None
    accelerator: LockedWheel | None
    serial: int
    signing_keys: Sequence[Path]

    @property
    def wheels(self) -> dict[str, LockedWheel]:
        """What is taken from the store, by member name."""
        accelerator = {as_member(self.accelerator).name: self.accelerator} if self.accelerator else {}
        return {wheel_member(wheel.filename): wheel for wheel in self.lock.wheels} | accelerator

    def _members(self, plan: Plan, store: Store) -> tuple[Contents, dict[str, Source]]:
        wheels = {name: store.pinned(wheel) for name, wheel in self.wheels.items()}
        return bundle_members(
            self.lock,
            self.lock_bytes,
            plan,
            bulk=wheels | dict(self.files),
            base=self.base,
            accelerator=self.accelerator,
            serial=self.serial,
            signing_keys=self.signing_keys,
        )

    def write(self, store: Store, reporter: Reporter) -> WrittenBundle:
        """Plan and write; nothing counts before every wheel was hashed.

        Raises:
            StoreDamaged: a wheel in the store was not what it should be; it is there no more.
            WheelConflict, OutputError, OSError.
        """
        try:
            plan = _plan(self.lock, store, reporter)
            contents, members = self._members(plan, store)
        except Exception:  # whatever a wheel that rotted led to: that it rotted explains it
            verify_wheels(store, self.wheels.values())
            raise
        verify_wheels(store, (wheel for name, wheel in self.wheels.items() if name not in members))
        archive = self._write_archive(members, store, reporter)
        beside = None if archive.starts_itself else write_beside(self.output.parent)
        return WrittenBundle(path=self.output, lock=self.lock, contents=contents, archive=archive, beside=beside)

    def _write_archive(self, members: Mapping[str, Source], store: Store, reporter: Reporter) -> WrittenArchive:
        """Write `members`; files are hashed in the pass that copies them."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        total_bytes = sum(map(size_of, members.values()))
        try:
            with phase(reporter, "writing", total_bytes=total_bytes) as progress:
                archive = write_archive(self.output, members, volume_bytes=self.volume_bytes, advance=progress.advance)
        except Altered as error:
            refuse_damaged(store, (wheel for name, wheel in self.wheels.items() if name in error.names))
            refuse_altered(file for name, file in self.files.items() if name in error.names)
            raise
        for wheel in self.wheels.values():
            store.note_use(wheel.sha256)
        return archive


def write_bundle(
    lock: Lock,
    lock_bytes: bytes,
    output: Path,
    *,
    store: Store,
    http: Http,
    indexes: Mapping[str, SimpleIndex],
    files_folder: Path = Path(),
    since: Path | None = None,
    volume_bytes: int | None = None,
    accelerator: LockedWheel | None = None,
    serial: int = 0,
    signing_keys: Sequence[Path] = (),
    reporter: Reporter = SILENT,
) -> WrittenBundle:
    """Fetch the lock's wheels into the store and write the bundle; `lock_bytes` is the lock file, byte for byte.

    `serial` counts the releases of a stack, 0 for none. `signing_keys` are files that `ssh-keygen` signs with.
    What the older bundle or lock `since` has is left out; what is larger than `volume_bytes` is cut in volumes. A wheel
    that rotted in the store is fetched anew, once. Extra files lie below `files_folder`, and are never left out. An
    `accelerator` that cannot be had is done without, and said.

    Raises:
        StoreError: a wheel cannot be had as the lock has it.
        WheelConflict: the wheels cannot be installed together, are not as the lock has them, or bring what it bans.
        OutputError: the bundle cannot be written or not be signed, or an extra file is not as the lock has it.
        LockError, BundleDamaged: `since` cannot be read.
    """
    job = _Job(
        lock=lock,
        lock_bytes=lock_bytes,
        output=output,
        files=find_files(lock, files_folder),
        base=read_base(since, lock) if since else None,
        volume_bytes=volume_bytes,
        accelerator=accelerator,
        serial=serial,
        signing_keys=signing_keys,
    )
    fetcher = Fetcher(store, http, indexes, reporter)
    with store.leased():
        fetcher.fetch(lock.wheels)
        if accelerator and not is_had(accelerator, store, fetcher, reporter):
            job = replace(job, accelerator=None)
        try:
            return _verified(job, store, reporter)
        except StoreDamaged as error:
            reporter.noted(f"damaged in the store: {', '.join(problem.where for problem in error.problems)}")
        fetcher.fetch(job.wheels.values())
        return _verified(job, store, reporter)


def _verified(job: _Job, store: Store, reporter: Reporter) -> WrittenBundle:
    try:
        return job.write(store, reporter)
    except OSError as error:
        raise OutputError(not_written("bundle-not-written", job.output, error)) from None
