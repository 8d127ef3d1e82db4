"""`why` and `diff` from places to answers."""

from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from locks import Lock, LockError, Problem

from .diff import Comparison, compare_sets
from .places import Files, parse_locks, read_place
from .revisions import read_revision
from .why import Explanation, explain


def _by_target(locks: dict[str, Lock]) -> dict[str, Lock]:
    """Call locks by their targets, or by their files where two have the same."""
    named = {lock.target.name: lock for lock in locks.values()}
    return named if len(named) == len(locks) else locks


def why(name: str, places: Iterable[Path]) -> Explanation:
    """Say why the package is in the locks at `places` (files, or folders of them).

    Raises:
        LockError: a place holds no lock, or one that cannot be read.
        NotInLock: the package is in none of them.
    """
    files = {document: data for place in places for document, data in read_place(place).items()}
    return explain(canonicalize_name(name), _by_target(parse_locks(files)))


def _read_side(side: str, place: Path) -> Files:
    path = Path(side)
    return read_place(path) if path.exists() else read_revision(side, place)


def diff(old: str, new: str | None, *, place: Path | None) -> Comparison:
    """Compare two sides, each a lock, a folder of locks or a git revision; what exists as a path is that path.

    A revision's locks are those at `place`: by default where the other side is, else in the current folder.
    One path alone is compared with what it was at HEAD, one revision alone with the files as they are now.

    Raises:
        LockError: a side holds no lock, or one that cannot be read; no such revision, or no git; a place is given,
            but no revision to look for it in.
    """
    if new is None and Path(old).exists():
        old, new = "HEAD", old
    paths = [Path(side) for side in (old, new) if side is not None and Path(side).exists()]
    if place and len(paths) == 2:
        raise LockError(
            Problem(
                code="place-not-used",
                where=f"--in {place}",
                expected="a git revision among the sides",
                found=f"paths: {' and '.join(map(str, paths))}",
                hint="write a revision that is spelled like a path as refs/heads/NAME or refs/tags/NAME",
            )
        )
    here = place or next(iter(paths), Path())
    before = _read_side(old, here)
    after = read_place(here) if new is None else _read_side(new, here)
    return compare_sets(parse_locks(before).values(), parse_locks(after).values())
