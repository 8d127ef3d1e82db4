"""lock -> bundle: fetch, plan the installation on the release engineer's desk, write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from locks import Lock, LockedWheel
from locks.progress import SILENT, Reporter, phase

from applier.bundle.contents import Base, Contents
from applier.bundle.layout import wheel_member

from .accelerator import accelerated, as_member, is_had
from .archive import WrittenArchive, size_of, write_archive
from .copying import Altered, Pinned, Source
from .desk import Judged, judge_at_desk
from .errors import OutputError, StoreDamaged, not_written
from .extra_files import find_files, refuse_altered
from .fetch import Fetcher, OpenSources
from .members import bundle_members
from .notes import Notes, rules_sha256
from .runner import Runner, collect_runner, write_beside
from .since import read_base
from .store import Store
from .verification import refuse_damaged, verify_wheels
from .written import WrittenBundle


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

    def _members(self, judged: Judged, runner: Runner, store: Store) -> tuple[Contents, dict[str, Source]]:
        crcs = {wheel: facts.crc for wheel, facts in judged.facts.items()}
        wheels = {name: store.pinned(wheel, crcs.get(wheel)) for name, wheel in self.wheels.items()}
        return bundle_members(
            self.lock,
            self.lock_bytes,
            judged,
            runner=accelerated(runner, self.accelerator),
            bulk=wheels | dict(self.files),
            base=self.base,
            volume_bytes=self.volume_bytes,
            serial=self.serial,
            signing_keys=self.signing_keys,
        )

    def write(self, store: Store, reporter: Reporter) -> WrittenBundle:
        """Judge and write; nothing counts before every wheel was hashed.

        Raises:
            StoreDamaged: a wheel in the store was not what it should be; it is there no more.
            WheelConflict, OutputError, OSError.
        """
        runner = collect_runner(self.lock.target)
        notes = Notes(store, self.lock.target, rules=rules_sha256(runner))
        try:
            judged = judge_at_desk(self.lock, store, notes, reporter)
            contents, members = self._members(judged, runner, store)
        except Exception:  # whatever a wheel that rotted led to: that it rotted explains it
            verify_wheels(store, self.wheels.values())
            raise
        verify_wheels(store, (wheel for wheel in judged.read if wheel_member(wheel.filename) not in members))
        archive = self._write_archive(members, store, reporter)
        self._note(judged, archive, notes, store)
        beside = None if archive.starts_itself else write_beside(self.output.parent)
        return WrittenBundle(path=self.output, lock=self.lock, contents=contents, archive=archive, beside=beside)

    def _write_archive(self, members: Mapping[str, Source], store: Store, reporter: Reporter) -> WrittenArchive:
        """Write `members`; files are hashed in the pass that copies them."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        total_bytes = sum(map(size_of, members.values()))
        try:
            with phase(reporter, "writing", total_bytes=total_bytes, total=len(members), unit="files") as progress:
                return write_archive(self.output, members, volume_bytes=self.volume_bytes, advance=progress.advance)
        except Altered as error:
            refuse_damaged(store, (wheel for name, wheel in self.wheels.items() if name in error.names))
            refuse_altered(file for name, file in self.files.items() if name in error.names)
            raise

    def _note(self, judged: Judged, archive: WrittenArchive, notes: Notes, store: Store) -> None:
        """Note the use of the wheels, and the facts of those that were read, were copied, and are what they were."""
        for name, wheel in self.wheels.items():
            store.note_use(wheel.sha256)
            extent = judged.read.get(wheel)
            if extent and name in archive.crcs and extent.is_unchanged():
                notes.write(wheel, replace(judged.facts[wheel], crc=archive.crcs[name]))


def write_bundle(
    lock: Lock,
    lock_bytes: bytes,
    output: Path,
    *,
    store: Store,
    open_sources: OpenSources,
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
    `accelerator` that cannot be had is done without, and said. `reporter` hears of fetching, reading and writing, in
    bytes, from any thread.

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
    with store.leased():
        try:
            return _verified(_fetched(job, store, open_sources, reporter), store, reporter)
        except StoreDamaged as error:
            reporter.warned(f"damaged in the store: {', '.join(problem.where for problem in error.problems)}")
        return _verified(_fetched(job, store, open_sources, reporter), store, reporter)


def _fetched(job: _Job, store: Store, open_sources: OpenSources, reporter: Reporter) -> _Job:
    """Have the job's wheels in the store; give the job as it can be done: with its accelerator, or without."""
    Fetcher(store, open_sources, reporter).fetch(job.lock.wheels)
    had = job.accelerator and is_had(job.accelerator, store, open_sources, reporter)
    return job if had else replace(job, accelerator=None)


def _verified(job: _Job, store: Store, reporter: Reporter) -> WrittenBundle:
    try:
        return job.write(store, reporter)
    except OSError as error:
        raise OutputError(not_written("bundle-not-written", job.output, error)) from None
