"""What differs between an environment and its receipt, sorted. Pure.

A path is of one kind only. A foreign one is looked at again: the name it would be imported by, or the distribution it
belongs to, may be on the blacklist. What another tool did to a package is told once, for the package.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from locks import Lock

from ..checks.built_in import TORCH, expected_torch
from ..checks.result import CheckResult
from ..environment.receipt import InstalledFile, Receipt
from ..environment.scheme import same_file_key, scheme_paths
from ..wheels.ban import import_name
from .drift import Drift, WrongBuild


def compare(
    expected: Mapping[str, InstalledFile], found: Mapping[str, InstalledFile | None]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Sort paths into altered, missing and foreign; a known file that cannot be read any more counts as missing."""
    missing = sorted(path for path in expected if found.get(path) is None)
    altered = sorted(path for path in expected.keys() - missing if found[path] != expected[path])
    return tuple(altered), tuple(missing), tuple(sorted(found.keys() - expected.keys()))


def _below_library(path: str, lock: Lock) -> str | None:
    """Give the path relative to site-packages; None when it is elsewhere."""
    library = scheme_paths(lock.target, "")["purelib"] + "/"
    inside = same_file_key(path, lock.target).startswith(same_file_key(library, lock.target))
    return path[len(library) :] if inside else None


def _distribution(inner: str) -> tuple[NormalizedName, Version] | None:
    """Give name and version of the distribution whose metadata `inner` is part of. Source: PEP 427, PEP 503."""
    folder = inner.partition("/")[0]
    name, _, version = folder.removesuffix(".dist-info").partition("-")
    try:
        return (canonicalize_name(name), Version(version)) if folder.endswith(".dist-info") else None
    except InvalidVersion:
        return None


def is_blacklisted(path: str, lock: Lock) -> bool:
    """Say whether a foreign file can be imported by a banned name, or is metadata of a banned distribution."""
    inner = _below_library(path, lock)
    if inner is None:
        return False
    distribution = inner.partition("/")[0].partition("-")[0] if ".dist-info/" in inner else ""
    return bool({canonicalize_name(import_name(inner) or ""), canonicalize_name(distribution)} & lock.blacklist.keys())


def _wrong_versions(foreign: Iterable[str], lock: Lock) -> Iterator[WrongBuild]:
    """Find metadata of other versions of the lock's packages: what an upgrade behind our back leaves."""
    locked = {wheel.name: wheel.version for wheel in lock.wheels}
    seen: set[str] = set()
    for path in foreign:
        inner = _below_library(path, lock) or ""
        found = _distribution(inner)
        where = path[: len(path) - len(inner)] + inner.partition("/")[0]
        if found and found[0] in locked and found[1] != locked[found[0]] and where not in seen:
            seen.add(where)
            yield WrongBuild(package=found[0], expected=str(locked[found[0]]), found=str(found[1]), where=where)


def torch_version_file(lock: Lock) -> str:
    """Give the path of the file in which torch tells its build."""
    return f"{scheme_paths(lock.target, 'torch')['platlib']}/torch/version.py"


def _read_torch(text: str) -> tuple[str, str | None] | None:
    """Read release and CUDA version from torch's `version.py`; None when it does not tell."""
    version = re.search(r"^__version__\s*=\s*['\"]([^'\"+]+)", text, re.MULTILINE)
    cuda = re.search(r"^cuda\b[^=\n]*=\s*(?:None|['\"]([^'\"]+)['\"])", text, re.MULTILINE)
    return (version[1], cuda[1]) if version and cuda else None


def _wrong_torch(text: str, lock: Lock) -> Iterator[WrongBuild]:
    def words(build: tuple[str, str | None]) -> str:
        return f"{build[0]} for CUDA {build[1]}" if build[1] else f"{build[0]} for the CPU"

    expected, found = expected_torch(lock), _read_torch(text)
    if expected and found and expected != found:
        where = torch_version_file(lock)
        yield WrongBuild(package=TORCH, expected=words(expected), found=words(found), where=where)


def sort_drift(
    receipt: Receipt,
    lock: Lock,
    found: Mapping[str, InstalledFile | None],
    *,
    torch_version: str = "",
    checks: tuple[CheckResult, ...] = (),
) -> Drift:
    """Hold what lies in an environment against its receipt.

    `torch_version` is the text of torch's `version.py`, where there is one.
    """
    altered, missing, foreign = compare(receipt.files, found)
    blacklisted = tuple(path for path in foreign if is_blacklisted(path, lock))
    changed_torch = torch_version if torch_version_file(lock) in (*altered, *foreign) else ""
    return Drift(
        receipt=receipt,
        altered=altered,
        missing=missing,
        foreign=tuple(path for path in foreign if path not in set(blacklisted)),
        blacklisted=blacklisted,
        wrong_builds=(*_wrong_versions(foreign, lock), *_wrong_torch(changed_torch, lock)),
        checks=checks,
    )
