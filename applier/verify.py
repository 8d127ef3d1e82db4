"""An environment held against its receipt: altered, missing and foreign files, and the checks again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locks import Problem
from locks.read import read_lock

from .checks import CheckResult, checks_of, run_checks
from .environment.receipt import InstalledFile, Receipt, read_receipt
from .environment.scheme import RECEIPT
from .environment.siblings import Siblings
from .environment.skeleton import python_of, resolve_place
from .environment.swap import undisturbed
from .environment.tree import list_files, read_files
from .errors import ApplyRefused
from .machine.facts import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What differs from the receipt; all paths relative to the environment, sorted."""

    receipt: Receipt
    altered: tuple[str, ...]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]
    """Files the receipt does not know; bytecode caches are none."""
    checks: tuple[CheckResult, ...]
    """Empty when only files were compared."""

    @property
    def is_clean(self) -> bool:
        """Say whether nothing differs and no critical check failed."""
        failed = any(check.critical and check.outcome == "failed" for check in self.checks)
        return not (self.altered or self.missing or self.foreign or failed)

    def lines(self) -> list[str]:
        """Put the drift in words, one line each."""
        kinds = (("altered", self.altered), ("missing", self.missing), ("foreign", self.foreign))
        lines = [f"{kind}: {path}" for kind, paths in kinds for path in paths]
        failed = [check for check in self.checks if check.outcome == "failed"]
        return lines + [f"check failed: {check.name}: {check.output}" for check in failed]

    def to_dict(self) -> dict[str, Any]:
        """Give the drift as a JSON-ready mapping."""
        return {
            "altered": list(self.altered),
            "missing": list(self.missing),
            "foreign": list(self.foreign),
            "checks": [check.to_dict() for check in self.checks],
        }


def compare(
    expected: Mapping[str, InstalledFile], found: Mapping[str, InstalledFile | None]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Sort paths into altered, missing and foreign; a known file that cannot be read any more counts as missing."""
    missing = sorted(path for path in expected if found.get(path) is None)
    altered = sorted(path for path in expected.keys() - missing if found[path] != expected[path])
    return tuple(altered), tuple(missing), tuple(sorted(found.keys() - expected.keys()))


def read_receipt_of(environment: Path) -> Receipt:
    """Read the receipt of the environment at that path.

    Raises:
        ApplyRefused: there is none, or it is damaged.
    """
    path = environment / RECEIPT
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = Problem(
            code="no-receipt",
            where=str(path),
            expected="the receipt of an applied environment",
            found=error.strerror or str(error),
            hint="name the environment's folder, or apply a bundle first",
        )
        raise ApplyRefused(problem) from None
    return read_receipt(data, document=str(path))


def compare_files(environment: Path, receipt: Receipt) -> Drift:
    """Hold every file of the environment against its receipt; checks are not run."""
    altered, missing, foreign = compare(receipt.files, read_files(environment, list_files(environment)))
    return Drift(receipt=receipt, altered=altered, missing=missing, foreign=foreign, checks=())


def verify_environment(
    environment: Path,
    *,
    machine: Machine,
    files_only: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Drift:
    """Hold the environment against its receipt, and run its checks again unless `files_only`.

    Waits for a run that is changing it; what one left that was cut off is told, and not touched.

    Raises:
        ApplyRefused: there is no usable receipt.
    """
    siblings = Siblings(resolve_place(environment))
    with undisturbed(siblings, report):
        if siblings.journal.exists():
            report("an earlier run was cut off here: the next apply or rollback finishes or undoes it")
        receipt = read_receipt_of(environment)
        report(f"comparing {len(receipt.files)} files")
        drift = compare_files(environment, receipt)
        if files_only:
            return drift
        lock = read_lock(receipt.lock.encode("utf-8"), document=f"{RECEIPT}: lock")
        python = python_of(environment.absolute(), lock.target)
        return replace(drift, checks=tuple(run_checks(checks_of(lock), python, machine)))
