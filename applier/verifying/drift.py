"""What differs between an environment and its receipt, by what is to be done about it, and in words. Values."""

from dataclasses import dataclass
from typing import Any

from packaging.utils import NormalizedName

from locks.problem import printable, printable_lines

from ..checks.result import CheckResult
from ..environment.receipt import Receipt

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
        """Give every finding in words, by kind, the worst kind first; anybody may have named a file, or print."""
        builds = [f"{build.package}: {build.expected} expected, {build.found} found" for build in self.wrong_builds]
        failed = [f"{check.name}: {check.output}" for check in self.checks if check.outcome == "failed"]
        lines = {
            "wrong build": builds,
            "blacklisted": self.blacklisted,
            "altered": self.altered,
            "missing": self.missing,
            "foreign": self.foreign,
        }
        return {
            **{kind: [*map(printable, of_kind)] for kind, of_kind in lines.items()},
            "check failed": [*map(printable_lines, failed)],
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
            "wrong_builds": [
                {"package": build.package, "expected": build.expected, "found": build.found, "where": build.where}
                for build in self.wrong_builds
            ],
            "checks": [check.to_dict() for check in self.checks],
            "do": {kind: TODO[kind] for kind, findings in self._by_kind().items() if findings},
        }
