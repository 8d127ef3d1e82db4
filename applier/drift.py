"""What differs between an environment and its receipt, sorted by what is to be done about it. Pure.

A path is of one kind only. A foreign one is looked at again: the name it would be imported by, or the distribution it
belongs to, may be on the blacklist. What another tool did to a package is told once, for the package.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from locks import Lock
from locks.problem import printable

from .checks.built_in import TORCH, expected_torch
from .checks.result import CheckResult
from .environment.receipt import InstalledFile, Receipt
from .environment.scheme import same_file_key, scheme_paths
from .wheels.ban import import_name

_SHOWN = 20
"""Paths of one kind that are put in words; JSON has all."""

TODO = {
    "altered": "apply the bundle again",
    "missing": "apply the bundle again",
    "foreign": "remove it, or ask for a bundle that brings it",
    "blacklisted": "remove it: programs may take it and break",
    "wrong build": "another tool replaced it: apply the bundle again",
    "check failed": "apply the bundle again; if it fails then too, send a report (--report FILE) to the bundle's maker",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBuild:
    """A package of the lock that lies there in another version or build."""

    package: NormalizedName
    expected: str
    found: str
    where: str
    """The file or folder that tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What differs from the receipt; all paths relative to the environment, sorted."""

    receipt: Receipt
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """Files the receipt does not know, the blacklisted left out; bytecode caches are none."""
    blacklisted: tuple[str, ...] = ()
    wrong_builds: tuple[WrongBuild, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    """Empty when only files were compared."""

    @property
    def has_whole_files(self) -> bool:
        """Say whether no file differs."""
        return not (self.altered or self.missing or self.foreign or self.blacklisted or self.wrong_builds)

    @property
    def is_clean(self) -> bool:
        """Say whether nothing differs and no critical check failed."""
        return self.has_whole_files and not any(check.spoils for check in self.checks)

    def _by_kind(self) -> dict[str, list[str]]:
        """Give every finding in words, by kind, the worst kind first; anybody may have named a foreign file."""
        builds = [f"{build.package}: {build.expected} expected, {build.found} found" for build in self.wrong_builds]
        failed = [f"{check.name}: {check.output}" for check in self.checks if check.outcome == "failed"]
        paths = {"altered": self.altered, "missing": self.missing, "foreign": self.foreign}
        return {
            "wrong build": builds,
            "blacklisted": [*map(printable, self.blacklisted)],
            **{kind: [*map(printable, of_kind)] for kind, of_kind in paths.items()},
            "check failed": failed,
        }

    def findings(self) -> list[str]:
        """Give every finding in words, one line each."""
        return [f"{kind}: {finding}" for kind, findings in self._by_kind().items() for finding in findings]

    def lines(self) -> list[str]:
        """Put the drift in words: each kind with what to do."""
        lines: list[str] = []
        for kind, findings in self._by_kind().items():
            lines += [f"{kind}: {finding}" for finding in findings[:_SHOWN]]
            if len(findings) > _SHOWN:
                lines.append(f"{kind}: ... and {len(findings) - _SHOWN} more (--json tells all)")
            if findings:
                lines.append(f"  do: {TODO[kind]}")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give the drift as a JSON-ready mapping."""
        return {
            "altered": list(self.altered),
            "missing": list(self.missing),
            "foreign": list(self.foreign),
            "blacklisted": list(self.blacklisted),
            "wrong-builds": [
                {"package": build.package, "expected": build.expected, "found": build.found, "where": build.where}
                for build in self.wrong_builds
            ],
            "checks": [check.to_dict() for check in self.checks],
            "do": {kind: TODO[kind] for kind, findings in self._by_kind().items() if findings},
        }


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
