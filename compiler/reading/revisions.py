"""Locks of a git revision. Asks git, and nothing but git."""

import os
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

from locks import LockError, Problem
from locks.files import LOCK_PATTERN, no_locks

from .places import Files

# Set inside a git hook; they would speak for another folder than the one we ask in.
_SET_BY_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def _refuse(code: str, where: str, *, expected: str, found: str, hint: str = "") -> LockError:
    return LockError(Problem(code=code, where=where, expected=expected, found=found, hint=hint))


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["git", "-C", str(folder), *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _SET_BY_HOOKS}
    try:
        return subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603  # no shell
    except OSError as error:
        raise _refuse(
            "git-missing",
            "git",
            expected="git, to read the locks of a revision",
            found=error.strerror or str(error),
            hint="install git, or name folders of locks instead",
        ) from None


def _answer(folder: Path, *arguments: str) -> bytes:
    answer = _git(folder, *arguments)
    if answer.returncode != 0:
        found = _text(answer.stderr).strip()
        raise _refuse("git-failed", f"git {' '.join(arguments)}", expected="an answer", found=found)
    return answer.stdout


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _standing(place: Path) -> Path:
    """Give the nearest folder above `place`, or itself, that is there today."""
    return next(folder for folder in (place, *place.parents) if folder.is_dir())


def _path_in_repository(place: Path, revision: str) -> tuple[Path, str]:
    """Give a folder of the repository to ask git in, and the path of `place` from its top, "" for the top itself."""
    place = place.resolve()
    folder = _standing(place)
    answer = _git(folder, "rev-parse", "--show-prefix")
    if answer.returncode != 0:
        raise _refuse(
            "no-repository",
            revision,
            expected="a lock, a folder of locks, or a revision of a git repository",
            found=f"no such path, and git says of {folder}: {_text(answer.stderr).strip()}",
        )
    below = "" if place == folder else place.relative_to(folder).as_posix()
    return folder, (_text(answer.stdout).removesuffix("\n") + below).removesuffix("/")


def _tree(folder: Path, revision: str) -> str:
    # NOTE: a leading dash would be read as an option.
    answer = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}") if revision[:1] != "-" else None
    if answer is None or answer.returncode != 0:
        raise _refuse(
            "revision-unknown",
            revision,
            expected="a lock, a folder of locks, or a git revision",
            found="no such path, and no such revision",
            hint="git log shows the revisions; a shallow clone may lack them (git fetch)",
        )
    return _text(answer.stdout).strip()


def read_revision(revision: str, place: Path) -> Files:
    """Read a lock file, or all locks of a folder, as they were at `revision`; `place` need not be there today.

    Raises:
        LockError: git or the revision is missing, or there was no lock at that place.
    """
    folder, path = _path_in_repository(place, revision)
    tree = _tree(folder, revision)
    pattern = path if fnmatchcase(place.name, LOCK_PATTERN) else f"{path}/" if path else "."
    listing = _text(_answer(folder, "ls-tree", "-z", "--full-tree", tree, "--", pattern))
    found: dict[str, bytes] = {}
    for entry in filter(None, listing.split("\0")):
        facts, _, name = entry.partition("\t")
        if fnmatchcase(name.rpartition("/")[2], LOCK_PATTERN):
            found[f"{revision}:{name}"] = _answer(folder, "cat-file", "blob", facts.split()[2])
    if not found:
        raise no_locks(f"{revision}:{path}")
    return found
