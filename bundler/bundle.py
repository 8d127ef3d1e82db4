"""lock -> bundle: fetch, plan the installation on the release engineer's desk, write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from locks import Lock, LockedWheel
from locks.index import Http, SimpleIndex
from locks.progress import SILENT, Reporter, phase

from applier.bundle.layout import (
    CONTENTS,
    LOCK,
    MAIN,
    REQUIREMENTS,
    START_HERE,
    Contents,
    Member,
    contents_to_bytes,
    wheel_member,
)
from applier.bundle.reader import Slice
from applier.errors import BundleDamaged
from applier.wheels.ban import refuse_banned_imports
from applier.wheels.plan import Plan, plan_wheels

from .archive import Source, describe, write_archive
from .errors import OutputError, StoreDamaged, WheelConflict, not_written
from .fetch import Fetcher
from .metadata import judge_metadata
from .runner import Runner, collect_runner
from .store import Store
from .texts import main_text, requirements_text, start_here_text
from .verification import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBundle:
    """A bundle and where it was written."""

    path: Path
    lock: Lock
    contents: Contents

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        return {
            "path": str(self.path),
            "target": self.lock.target.name,
            "size_bytes": self.path.stat().st_size,
            "packages": len(self.lock.wheels),
            "installed_bytes": self.contents.installed_bytes,
            "installed_files": self.contents.installed_files,
        }

    def summary(self) -> str:
        """Say in words what was bundled."""
        return (
            f"{self.path}: {len(self.lock.wheels)} wheels, {self.path.stat().st_size / 1e6:,.1f} MB; "
            f"installed {self.contents.installed_files} files, {self.contents.installed_bytes / 1e6:,.1f} MB"
        )


def _plan(lock: Lock, wheels: Mapping[str, Path]) -> Plan:
    """Plan the installation as the target will, so that what cannot be installed never leaves this desk."""

    def open_stream(wheel: LockedWheel) -> BinaryIO:
        raw = Slice(wheels[wheel.filename], start=0, size_bytes=wheel.size_bytes, name=wheel.filename)
        return cast("BinaryIO", raw)

    try:
        plan = plan_wheels(lock.in_install_order(), lock.target, open_stream)
        refuse_banned_imports(plan, lock)
    except BundleDamaged as error:
        raise WheelConflict(error.problems) from None
    if problems := judge_metadata(lock, open_stream):
        raise WheelConflict(problems)
    return plan


def _contents(lock: Lock, plan: Plan, runner: Runner, members: tuple[Member, ...]) -> Contents:
    return Contents(
        stack=lock.stack,
        stack_version=lock.stack_version,
        target=lock.target.name,
        members=tuple(sorted(members, key=lambda member: member.name)),
        installed_files=len(plan.files),
        installed_bytes=plan.size_bytes,
        longest_path=plan.longest_path,
        runner=runner.versions,
    )


def _members(
    lock: Lock, lock_bytes: bytes, plan: Plan, paths: Mapping[str, Path]
) -> tuple[Contents, dict[str, Source]]:
    runner = collect_runner(lock.target)
    small = {
        LOCK: lock_bytes,
        MAIN: main_text(lock).encode("utf-8"),
        REQUIREMENTS: requirements_text(lock).encode("utf-8"),
        START_HERE: start_here_text(lock).encode("utf-8"),
        **runner.members,
    }
    described = [describe(name, data) for name, data in small.items()]
    described += [
        Member(name=wheel_member(wheel.filename), size_bytes=wheel.size_bytes, sha256=wheel.sha256)
        for wheel in lock.wheels
    ]
    contents = _contents(lock, plan, runner, tuple(described))
    wheels = {wheel_member(name): path for name, path in paths.items()}
    return contents, {**small, CONTENTS: contents_to_bytes(contents), **wheels}


def _write(
    lock: Lock, lock_bytes: bytes, output: Path, *, verification: Verification, store: Store, reporter: Reporter
) -> Contents:
    """Plan and write while the wheels are hashed; nothing counts before every hash is right."""
    paths = {wheel.filename: store.path(wheel.sha256) for wheel in lock.wheels}
    try:
        plan = _plan(lock, paths)
        contents, members = _members(lock, lock_bytes, plan, paths)
        total_bytes = sum(member.size_bytes for member in contents.members)
        output.parent.mkdir(parents=True, exist_ok=True)
        with phase(reporter, "writing", total_bytes=total_bytes) as progress:
            write_archive(output, members, advance=progress.advance, confirm=verification.confirm)
    except (WheelConflict, OSError):
        verification.confirm()  # a wheel that rotted explains it better
        raise
    return contents


def write_bundle(
    lock: Lock,
    lock_bytes: bytes,
    output: Path,
    *,
    store: Store,
    http: Http,
    indexes: Mapping[str, SimpleIndex],
    reporter: Reporter = SILENT,
) -> WrittenBundle:
    """Fetch the lock's wheels into the store and write the bundle; `lock_bytes` is the lock file, byte for byte.

    A wheel that rotted in the store is fetched anew, once.

    Raises:
        StoreError: a wheel cannot be had as the lock has it.
        WheelConflict: the wheels cannot be installed together, or bring what the blacklist bans.
        OutputError: the bundle cannot be written.
    """
    fetcher = Fetcher(store, http, indexes, reporter)
    with store.leased():
        for again in (True, False):
            fetcher.fetch(lock.wheels)
            try:
                with Verification(store, lock.wheels) as verification:
                    contents = _write(
                        lock, lock_bytes, output, verification=verification, store=store, reporter=reporter
                    )
                break
            except StoreDamaged as error:
                if not again:
                    raise
                reporter.noted(f"damaged in the store: {', '.join(problem.where for problem in error.problems)}")
            except OSError as error:
                raise OutputError(not_written("bundle-not-written", output, error)) from None
    return WrittenBundle(path=output, lock=lock, contents=contents)
