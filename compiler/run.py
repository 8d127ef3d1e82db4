"""`compile` from file to files: read the manifest, choose targets, resolve, write every lock."""

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs

from locks import Error, Lock, LockError, Problem, Target
from locks.files import MANIFEST, lock_files, manifests_near, read_lock_file
from locks.index import read_pip_settings
from locks.progress import Reporter
from locks.read import read_lock
from locks.sizes import counted, megabytes

from .checking.check import judge_locks
from .compile import Source, compile_manifest
from .errors import LocksDiffer, ManifestError
from .manifest.extra_files import find_files
from .manifest.model import Manifest
from .manifest.parse import read_manifest
from .offers.cache import DEFAULT_FRESHNESS_S, UNPROVEN_FRESHNESS_S, MetadataCache, PageCache
from .remarks import upgraded_in_vain
from .request import Request, choose_targets, judge_drops
from .second_opinion.crosscheck import CrossCheck
from .second_opinion.run import cross_check, refuse_elsewhere
from .solving.closure import Preferences
from .write import write_locks


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLock:
    """A lock and where it was written."""

    path: Path
    lock: Lock
    cross_check: CrossCheck | None = None
    """What pip-compile said to it, if it was asked."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        return {
            "path": str(self.path),
            "target": self.lock.target.name,
            "packages": len(self.lock.wheels),
            "size_bytes": self.lock.size_bytes,
            "left_out": [{"group": item.group, "reason": item.reason} for item in self.lock.left_out],
            **({"cross_check": [item.to_dict() for item in self.cross_check.differences]} if self.cross_check else {}),
        }

    def summary(self) -> str:
        """Say in words what was locked, and what was left out."""
        lines = [f"{self.path}: {counted(len(self.lock.wheels), 'packages')}, {megabytes(self.lock.size_bytes)} MB"]
        lines += [f"  left out {item.group}: {item.reason}" for item in self.lock.left_out]
        lines += [f"  dropped {drop.package} -> {drop.requires}: {drop.reason}" for drop in self.lock.drops]
        lines += [f"  {line}" for line in (self.cross_check.lines() if self.cross_check else ())]
        return "\n".join(lines)


def find_manifest(folder: Path) -> Path:
    """Give the manifest that is meant when none is named in `folder`.

    Raises:
        ManifestError: there is none near, or several.
    """
    found = manifests_near(folder)
    if len(found) == 1:
        return found[0]
    problem = Problem(
        code="manifest-not-chosen",
        where=str(folder.absolute()),
        expected=f"one {MANIFEST} here, in a folder above, or in locks/stacks",
        found=", ".join(str(path.parent) for path in found) or "none",
        hint="name the one you want" if found else "name it, or start one with `venvault init`",
    )
    raise ManifestError(problem)


def read_manifest_file(path: Path) -> Manifest:
    """Read the manifest at `path`, or in that folder, and hash the extra files it names.

    Raises:
        ManifestError: it cannot be read, is wrong, or names files that are not there.
    """
    if path.is_dir():
        path = path / MANIFEST
    try:
        text = path.read_text("utf-8-sig")  # some editors of Windows put a byte order mark first
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else f"bytes that are no UTF-8 ({error.reason})"
        problem = Problem(
            code="manifest-unreadable",
            where=str(path),
            expected="a manifest",
            found=str(found),
            hint="name the manifest, or go to the folder that holds manifest.toml",
        )
        raise ManifestError(problem) from None
    manifest = read_manifest(text, document=str(path))
    return replace(manifest, files=find_files(path.parent, manifest.file_patterns))


def open_source(cache: Path | None, *, refresh: bool, offline: bool) -> Source:
    """Reach the indexes as pip is configured to, remembering in `cache` (default: the user's) what they say.

    Under `refresh` all that no digest proves is asked for again; under `offline` nothing is, however old it is.

    Raises:
        IndexUnavailable: pip's configuration cannot be read.
    """
    folder = cache or platformdirs.user_cache_path("venvault")

    def believed_s(ordinarily_s: float) -> float:
        return math.inf if offline else 0.0 if refresh else ordinarily_s

    return Source(
        settings=replace(read_pip_settings(), offline=offline),
        pages=PageCache(folder=folder / "pages", freshness_s=believed_s(DEFAULT_FRESHNESS_S)),
        metadata=MetadataCache(folder=folder / "metadata", freshness_s=believed_s(UNPROVEN_FRESHNESS_S)),
    )


def _previous(targets: Iterable[Target], folder: Path, upgrade: frozenset[str] | None) -> dict[str, Preferences]:
    """Give the versions in the locks that are there; None upgrades all, else the named packages are left open.

    A lock that cannot be read is no preference: it is about to be replaced.
    """
    found: dict[str, Preferences] = {}
    if upgrade is None:
        return found
    for target in targets:
        path = folder / f"pylock.{target.name}.toml"
        with suppress(OSError, LockError):
            lock = read_lock(path.read_bytes(), document=str(path))
            found[target.name] = {wheel.name: wheel.version for wheel in lock.wheels if wheel.name not in upgrade}
    return found


def _folder_of_locks(manifest: Path, out: Path | None) -> Path:
    return out or (manifest if manifest.is_dir() else manifest.parent)


def check_file(path: Path, request: Request, *, out: Path | None, today: date) -> tuple[Path, ...]:
    """Hold the locks against the manifest at `path`, by these files alone; give those that follow from it.

    Raises:
        ManifestError: the manifest is wrong, or the request asks for what it does not have.
        LocksDiffer: some lock does not follow from it; every problem of every lock is carried.
        LockError: a lock cannot be read from the disk.
    """
    manifest = request.amend(read_manifest_file(path))
    judge_drops(manifest, today)
    targets = choose_targets(manifest, request.only)
    folder = _folder_of_locks(path, out)
    files = {file: read_lock_file(file) for file in lock_files(folder)}
    if problems := judge_locks(manifest, targets, files, folder=folder, whole=not any(request.only.values())):
        raise LocksDiffer(problems)
    return tuple(folder / f"pylock.{target.name}.toml" for _, target in targets)


def compile_file(
    path: Path,
    request: Request,
    *,
    out: Path | None,
    source: Source,
    today: date,
    reporter: Reporter,
) -> tuple[WrittenLock, ...]:
    """Compile the manifest at `path` (a file, or the folder of one) and write its locks; none on any failure.

    The versions of locks that are there already are kept where nothing speaks against it.

    Raises:
        ManifestError, ResolutionError, BlacklistError, OutputError, IndexUnavailable.
        CrossCheckError: no lock is for this machine, and none is written; or pip-compile failed, and all are.
    """
    manifest = request.amend(read_manifest_file(path))
    judge_drops(manifest, today)
    targets = choose_targets(manifest, request.only)
    folder = _folder_of_locks(path, out)
    previous = _previous((target for _, target in targets), folder, request.upgrade)
    if request.cross_check:
        refuse_elsewhere(target for _, target in targets)
    locks = compile_manifest(manifest, source, targets=targets, previous=previous, reporter=reporter)
    for line in upgraded_in_vain(request.upgrade or (), locks):
        reporter.warned(line)
    written = write_locks(locks, folder)
    checks: Mapping[Target, CrossCheck] = {}
    if request.cross_check:
        try:
            checks = cross_check(manifest, locks, source, previous=previous, reporter=reporter)
        except Error as error:
            error.add_note(f"the locks are written: {', '.join(map(str, written))}")
            raise
    return tuple(
        WrittenLock(path=path, lock=lock, cross_check=checks.get(lock.target)) for path, lock in written.items()
    )
