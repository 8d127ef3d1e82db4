"""An environment held against its receipt: every file read, and the checks run again. The edge; `drift` sorts."""

from collections.abc import Callable
from pathlib import Path

from locks import Problem
from locks.read import read_lock

from .checks.built_in import checks_of
from .checks.result import CheckResult
from .checks.runner import Checking
from .drift import Drift, sort_drift, torch_version_file
from .environment.receipt import Receipt, read_receipt
from .environment.scheme import RECEIPT
from .environment.skeleton import python_of
from .environment.tree import list_files, read_files
from .errors import ApplyRefused
from .machine.facts import Machine


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


def verify_environment(
    environment: Path,
    *,
    machine: Machine,
    files_only: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Drift:
    """Hold the environment against its receipt, and run its checks again unless `files_only`.

    Raises:
        ApplyRefused: there is no usable receipt.
        LockError: the lock in it is damaged.
    """
    receipt = read_receipt_of(environment)
    lock = read_lock(receipt.lock.encode("utf-8"), document=f"{RECEIPT}: lock")
    report(f"comparing {len(receipt.files)} files")
    found = read_files(environment, list_files(environment))
    checks: tuple[CheckResult, ...] = ()
    if not files_only:
        python = python_of(environment.absolute(), lock.target)
        with Checking(checks_of(lock), python, machine, report=report) as checking:
            checks = checking.finish(to_the_end=True)
    return sort_drift(
        receipt, lock, found, torch_version=_text_of(environment / torch_version_file(lock)), checks=checks
    )


def _text_of(path: Path) -> str:
    """Read a file as far as it can be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
