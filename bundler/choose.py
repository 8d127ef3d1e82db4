"""Which locks to bundle, where their indexes are, what the bundles are called."""

import platform
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from locks import Lock, Problem
from locks.files import lock_files, manifests_near, read_lock_file
from locks.lock import ORDINARY_INDEX
from locks.read import read_lock

from .errors import OutputError
from .texts import default_name


def _read(path: Path) -> tuple[Lock, bytes]:
    data = read_lock_file(path)
    return read_lock(data, document=str(path)), data


def fits_here(lock: Lock) -> bool:
    """Say whether the lock is for this system, machine and Python minor."""
    target = lock.target
    here = (sys.platform, platform.machine().lower(), "{}.{}".format(*sys.version_info))
    return (target.platform.sys_platform, target.platform.machine.lower(), target.python) == here


def _choose_in_folder(folder: Path, *, take_all: bool) -> list[Path]:
    paths = lock_files(folder)
    chosen = paths if take_all else [path for path in paths if fits_here(_read(path)[0])]
    if len(chosen) == 1 or (chosen and take_all):
        return chosen
    names = ", ".join(path.name for path in chosen or paths) or "no lock at all"
    raise OutputError(
        Problem(
            code="lock-not-chosen",
            where=str(folder),
            expected="one lock for this machine",
            found=f"{'several' if chosen else 'none among'}: {names}",
            hint="name one of them, or give --all",
        )
    )


def default_place(folder: Path) -> Path:
    """Give where to look for locks when nothing is named: in `folder`, else beside the manifest that is meant there."""
    manifests = [] if lock_files(folder) else manifests_near(folder)
    return manifests[0].parent if len(manifests) == 1 else folder


def read_locks(places: Iterable[Path], *, take_all: bool) -> list[tuple[Path, Lock, bytes]]:
    """Read the locks at `places`; of a folder, the one for this machine, or all.

    Raises:
        LockError: a lock cannot be read.
        OutputError: a folder does not hold exactly one lock for this machine.
    """
    paths: list[Path] = []
    for place in places:
        paths += _choose_in_folder(place, take_all=take_all) if place.is_dir() else [place]
    return [(path, *_read(path)) for path in paths]


def index_addresses(lock: Lock, path: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Give the address of every index alias in the lock but the ordinary one.

    Taken from `given`, else from the manifest beside the lock: the lock itself holds no address.

    Raises:
        OutputError: an alias has no address.
    """
    aliases = sorted({wheel.index for wheel in lock.wheels} - {ORDINARY_INDEX})
    known = {**_manifest_addresses(path.parent / "manifest.toml"), **given}
    problems = [
        Problem(
            code="index-address-unknown",
            where=str(path),
            expected=f"the address of index {alias!r}",
            found="none",
            hint=f"give --index {alias}=ADDRESS, or keep the manifest beside the lock",
        )
        for alias in aliases
        if alias not in known
    ]
    if problems:
        raise OutputError(problems)
    return {alias: known[alias] for alias in aliases}


def _manifest_addresses(manifest: Path) -> dict[str, str]:
    try:
        variants = tomllib.loads(manifest.read_text("utf-8")).get("variants", {})
        return {name: table["index"] for name, table in variants.items() if "index" in table}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def output_name(lock: Lock, *, alone: bool, update: bool) -> str:
    """Give a bundle's default file name; the whole target is in it when there are several.

    An update never has its base's name, as the two are wanted side by side.
    """
    if update:
        return f"update-{lock.target.variant if alone else lock.target.name}.zip"
    return default_name(lock) if alone else f"bundle-{lock.target.name}.zip"
