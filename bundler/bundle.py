"""lock -> bundle: fetch, plan the installation on the release engineer's desk, write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from locks import Lock, LockedWheel
from locks.index import Http, SimpleIndex
from locks.progress import SILENT, Reporter, phase

from applier.bundle.extent import Extent
from applier.bundle.layout import (
    CONTENTS,
    LICENCES,
    LOCK,
    MAIN,
    REQUIREMENTS,
    SBOM,
    START_HERE,
    Base,
    Contents,
    Member,
    bulk_members,
    contents_to_bytes,
    wheel_member,
)
from applier.errors import BundleDamaged
from applier.extra_files import plan_files
from applier.wheels.ban import refuse_banned_imports
from applier.wheels.plan import Plan, plan_wheels

from .accelerator import accelerated, as_member, is_had
from .archive import Source, WrittenArchive, describe, write_archive
from .desk import judge_at_desk
from .errors import OutputError, StoreDamaged, WheelConflict, not_written
from .extra_files import find_files
from .fetch import Fetcher
from .licence_page import licence_page
from .licences import read_licences
from .runner import Runner, collect_runner, write_beside
from .sign import sign_contents
from .since import read_base
from .store import Store
from .texts import line_end, main_text, requirements_text, start_here_text
from .verification import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBundle:
    """A bundle and where it was written."""

    path: Path
    lock: Lock
    contents: Contents
    archive: WrittenArchive
    beside: Path | None
    """The runner that starts a bundle that cannot start itself; None when it can."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        base = self.contents.base
        return {
            "path": str(self.path),
            "files": [str(path) for path in (*self.archive.files, *([self.beside] if self.beside else []))],
            "target": self.lock.target.name,
            "base": base.name if base else None,
            "size_bytes": self.archive.size_bytes,
            "packages": len(self.lock.wheels),
            "installed_bytes": self.contents.installed_bytes,
            "installed_files": self.contents.installed_files,
        }

    def summary(self) -> str:
        """Say in words what was bundled."""
        base = self.contents.base
        update = f", {len(base.wheels)} more ({base.size_bytes / 1e6:,.1f} MB) from {base.name}" if base else ""
        split = f" in {len(self.archive.files) - 1} volumes" if len(self.archive.files) > 1 else ""
        start = f"; start it with {self.beside.name}" if self.beside else ""
        return (
            f"{self.path}: {len(self.lock.wheels) - (len(base.wheels) if base else 0)} wheels, "
            f"{self.archive.size_bytes / 1e6:,.1f} MB{split}{update}; "
            f"installed {self.contents.installed_files} files, {self.contents.installed_bytes / 1e6:,.1f} MB{start}"
        )


def _plan(lock: Lock, wheels: Mapping[str, Path], store: Store, reporter: Reporter) -> Plan:
    """Plan the installation as the target will, so that what cannot be installed never leaves this desk."""

    def open_stream(wheel: LockedWheel) -> BinaryIO:
        return Extent.of_files([wheels[wheel.filename]]).open(wheel.filename)

    try:
        plan = plan_wheels(lock.in_install_order(), lock.target, open_stream, extra=plan_files(lock))
        refuse_banned_imports(plan, lock)
    except BundleDamaged as error:
        raise WheelConflict(error.problems) from None
    judge_at_desk(lock, plan, wheels, store, reporter)
    return plan


def _describing(
    lock: Lock, lock_bytes: bytes, plan: Plan, runner: Runner, wheels: Mapping[str, Path]
) -> Iterator[tuple[str, str]]:
    """Give the members that tell people and other tools what is in the bundle."""
    from .sbom import sbom  # half a second that `--help` and refusals need not wait for

    yield START_HERE, start_here_text(lock, plan)
    yield REQUIREMENTS, requirements_text(lock)
    yield SBOM, sbom(lock, lock_bytes, runner=runner.versions)
    yield LICENCES, licence_page(read_licences(lock, wheels), line_end=line_end(lock))


def _contents(
    lock: Lock, plan: Plan, runner: Runner, members: tuple[Member, ...], base: Base | None, serial: int
) -> Contents:
    return Contents(
        stack=lock.stack,
        stack_version=lock.stack_version,
        target=lock.target.name,
        members=tuple(sorted(members, key=lambda member: member.name)),
        installed_files=len(plan.files),
        installed_bytes=plan.size_bytes,
        longest_path=plan.longest_path,
        runner=runner.versions,
        base=base,
        serial=serial,
    )


def _members(
    lock: Lock,
    lock_bytes: bytes,
    plan: Plan,
    *,
    wheels: Mapping[str, Path],
    files: Mapping[str, Path],
    base: Base | None,
    accelerator: LockedWheel | None,
    serial: int,
    signing_keys: Sequence[Path],
) -> tuple[Contents, dict[str, Source]]:
    """Give what the bundle says it holds, and what it holds: all but what its base has."""
    runner = accelerated(collect_runner(lock.target), accelerator)
    small = {
        LOCK: lock_bytes,
        MAIN: main_text(lock).encode("utf-8"),
        **{name: text.encode("utf-8") for name, text in _describing(lock, lock_bytes, plan, runner, wheels)},
        **runner.members,
    }
    left_out = {wheel.name for wheel in base.wheels} if base else set()
    described = [describe(name, data) for name, data in small.items()]
    described += [member for member in bulk_members(lock) if member.name not in left_out]
    described += [as_member(accelerator)] if accelerator else []
    contents = _contents(lock, plan, runner, tuple(described), base, serial)
    contents_bytes = contents_to_bytes(contents)
    bulk = {wheel_member(name): path for name, path in wheels.items()} | dict(files)
    carried = {name: path for name, path in bulk.items() if name not in left_out}
    return contents, {**small, CONTENTS: contents_bytes, **sign_contents(signing_keys, contents_bytes), **carried}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One bundle to be written."""

    lock: Lock
    lock_bytes: bytes
    output: Path
    files: Mapping[str, Path]
    """The extra files, by member name."""
    base: Base | None
    volume_bytes: int | None
    accelerator: LockedWheel | None
    serial: int
    signing_keys: Sequence[Path]

    @property
    def wheels(self) -> tuple[LockedWheel, ...]:
        """What is taken from the store."""
        return (*self.lock.wheels, *([self.accelerator] if self.accelerator else []))

    def _files(self, store: Store) -> dict[str, Path]:
        """Give where the members lie that are no wheels of the lock."""
        if self.accelerator is None:
            return dict(self.files)
        return {**self.files, as_member(self.accelerator).name: store.path(self.accelerator.sha256)}

    def write(self, verification: Verification, store: Store, reporter: Reporter) -> WrittenBundle:
        """Plan and write while the wheels are hashed; nothing counts before every hash is right.

        Raises:
            StoreDamaged: a wheel in the store was not what it should be; it is there no more.
            WheelConflict, OutputError, OSError.
        """
        paths = {wheel.filename: store.path(wheel.sha256) for wheel in self.lock.wheels}
        try:
            plan = _plan(self.lock, paths, store, reporter)
            contents, members = _members(
                self.lock,
                self.lock_bytes,
                plan,
                wheels=paths,
                files=self._files(store),
                base=self.base,
                accelerator=self.accelerator,
                serial=self.serial,
                signing_keys=self.signing_keys,
            )
            total_bytes = sum(member.size_bytes for member in contents.members) + len(contents_to_bytes(contents))
            self.output.parent.mkdir(parents=True, exist_ok=True)
            with phase(reporter, "writing", total_bytes=total_bytes, total=len(members), unit="files") as progress:
                archive = write_archive(
                    self.output,
                    members,
                    volume_bytes=self.volume_bytes,
                    advance=progress.advance,
                    confirm=verification.confirm,
                )
            beside = None if archive.starts_itself else write_beside(self.output.parent)
        except Exception:  # whatever a wheel that rotted led to: that it rotted explains it
            verification.confirm()
            raise
        return WrittenBundle(path=self.output, lock=self.lock, contents=contents, archive=archive, beside=beside)


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
            reporter.warned(f"damaged in the store: {', '.join(problem.where for problem in error.problems)}")
        fetcher.fetch(job.wheels)
        return _verified(job, store, reporter)


def _verified(job: _Job, store: Store, reporter: Reporter) -> WrittenBundle:
    try:
        with Verification(store, job.wheels) as verification:
            return job.write(verification, store, reporter)
    except OSError as error:
        raise OutputError(not_written("bundle-not-written", job.output, error)) from None
