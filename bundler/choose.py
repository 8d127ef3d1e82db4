"""Which locks to bundle, and what the bundles are called."""

import platform
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from os.path import realpath
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from locks import Lock, Problem
from locks.files import lock_files, manifests_near, read_lock_file
from locks.read import read_lock

from applier.bundle.layout import CONTENTS
from applier.bundle.volumes import bundle_of

from .errors import OutputError
from .texts import default_name


def read(path: Path) -> tuple[Lock, bytes]:
    """Read the lock at `path`, and give its bytes too.

    Raises:
        LockError: it cannot be read.
    """
    data = read_lock_file(path)
    return read_lock(data, document=str(path)), data


def fits_here(lock: Lock) -> bool:
    """Say whether the lock is for this system, machine and Python minor."""
    target = lock.target
    here = (sys.platform, platform.machine().lower(), "{}.{}".format(*sys.version_info))
    return (target.platform.sys_platform, target.platform.machine.lower(), target.python) == here


def _choose_in_folder(folder: Path, *, take_all: bool) -> list[Path]:
    paths = lock_files(folder)
    chosen = paths if take_all else [path for path in paths if fits_here(read(path)[0])]
    if len(chosen) == 1 or (chosen and take_all):
        return chosen
    names = ", ".join(path.name for path in chosen or paths)
    raise OutputError(
        Problem(
            code="lock-not-chosen",
            where=str(folder),
            expected="one lock for this machine",
            found=f"{'several' if chosen else 'none among'}: {names}" if paths else "no lock at all",
            hint="name one of them, or give --all" if paths else "compile first, or name the folder that has the locks",
        )
    )


def default_place(folder: Path) -> Path:
    """Give where to look for locks when nothing is named: in `folder`, else beside the manifest that is meant there."""
    manifests = [] if lock_files(folder) else manifests_near(folder)
    return manifests[0].parent if len(manifests) == 1 else folder


def choose_locks(places: Iterable[Path], *, take_all: bool) -> list[Path]:
    """Choose the locks at `places`; of a folder, the one for this machine, or all.

    Raises:
        LockError: a lock among which to choose cannot be read.
        OutputError: a folder does not hold exactly one lock for this machine.
    """
    paths: list[Path] = []
    for place in places:
        paths += _choose_in_folder(place, take_all=take_all) if place.is_dir() else [place]
    return paths


def output_name(lock: Lock, *, alone: bool, update: bool) -> str:
    """Give a bundle's default file name; the whole target is in it when there are several.

    An update never has its base's name, as the two are wanted side by side.
    """
    if alone:
        return default_name(lock, is_update=update)
    return f"{'update' if update else 'bundle'}-{lock.target.name}.zip"


def output_paths(
    locks: Sequence[Lock], output: Path | None, *, alone: bool, in_folder: bool = False, since: Path | None
) -> list[Path]:
    """Give each lock's bundle a path of its own; not `alone`, they go into a folder, as with `in_folder`.

    Raises:
        OutputError: several bundles for one file, or of one name, or one in the place of its own base `since`.
    """
    if alone and output is not None and not (in_folder or output.is_dir()):
        paths = [output]
    else:
        paths = _distinct_paths(locks, output, alone=alone, update=since is not None)
    if since is not None and realpath(bundle_of(since)) in map(realpath, paths):  # resolve() fails of links in a circle
        expected, found = "another place than the base's", "the base"
        raise OutputError(Problem(code="output-is-the-base", where=str(since), expected=expected, found=found))
    return paths


def _distinct_paths(locks: Sequence[Lock], output: Path | None, *, alone: bool, update: bool) -> list[Path]:
    if output is not None and output.is_file():
        expected = "a folder for bundles"
        raise OutputError(Problem(code="output-is-a-file", where=str(output), expected=expected, found="a file"))
    paths = [(output or Path()) / output_name(lock, alone=alone, update=update) for lock in locks]
    problems = [
        Problem(
            code="output-names-clash",
            where=str(path),
            expected="one lock for it",
            found=f"{count} locks of one target",
            hint="bundle them one by one, each with --output",
        )
        for path, count in Counter(paths).items()
        if count > 1
    ]
    if problems:
        raise OutputError(problems)
    return paths


def judge_output(path: Path) -> list[Problem]:
    """Say whether a bundle may be put at `path`: an older bundle is replaced, nothing else is."""
    if not path.exists() or (path.is_file() and _is_bundle(path)):
        return []
    return [
        Problem(
            code="output-not-a-bundle",
            where=str(path),
            expected="nothing, or an older bundle to be replaced",
            found="a folder" if path.is_dir() else "a file that is no bundle",
            hint="name another --output, or move it away",
        )
    ]


def _is_bundle(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return CONTENTS in archive.namelist()
    except (OSError, BadZipFile, ValueError):
        return False
