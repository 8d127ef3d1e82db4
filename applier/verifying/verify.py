"""An environment held against its receipt: every file read, and the checks run again. The edge; `judge` sorts."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from locks import Lock
from locks.progress import SILENT, Advance, Reporter, phase
from locks.read import read_lock

from ..checks.built_in import checks_of
from ..checks.runner import Checking
from ..environment.alone import undisturbed
from ..environment.bytecode import has_bytecode
from ..environment.receipt import InstalledFile, Receipt
from ..environment.receipt_file import read_receipt_of
from ..environment.scheme import RECEIPT
from ..environment.siblings import Siblings
from ..environment.skeleton import python_of, resolve_place
from ..environment.tree import list_files, read_files
from ..machine.facts import Machine
from .drift import Drift
from .judge import sort_drift, torch_version_file


def lock_of(receipt: Receipt) -> Lock:
    """Read the lock that a receipt holds.

    Raises:
        LockError: it is damaged.
    """
    return read_lock(receipt.lock.encode("utf-8"), document=f"{RECEIPT}: lock")


def _text_of(path: Path) -> str:
    """Read a file as far as it can be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _read_known(environment: Path, receipt: Receipt, advance: Advance) -> dict[str, InstalledFile | None]:
    """Read what the receipt knows, and list whatever else lies there meanwhile; of that no byte is read."""
    by_size = sorted(receipt.files, key=lambda path: receipt.files[path].size_bytes)
    with ThreadPoolExecutor(1, thread_name_prefix="list") as pool:
        listed = pool.submit(lambda: list(list_files(environment)))
        found = read_files(environment, by_size, advance)
        return {path: found.get(path) for path in listed.result()}


def compare_files(environment: Path, receipt: Receipt, reporter: Reporter) -> Drift:
    """Hold every file of the environment against its receipt; checks are not run.

    Raises:
        LockError: the lock in the receipt is damaged.
    """
    lock = lock_of(receipt)
    total_bytes = sum(file.size_bytes for file in receipt.files.values())
    with phase(reporter, "comparing", total_bytes=total_bytes, total=len(receipt.files), unit="files") as comparing:
        found = _read_known(environment, receipt, comparing.advance)
    return sort_drift(receipt, lock, found, torch_version=_text_of(environment / torch_version_file(lock)))


def verify_environment(
    environment: Path,
    *,
    machine: Machine,
    files_only: bool = False,
    reporter: Reporter = SILENT,
) -> Drift:
    """Hold the environment against its receipt, and run its checks again unless `files_only`.

    Waits for a run that is changing it; what one left that was cut off is told, and not touched. `reporter` hears of
    comparing, in bytes and files, and of checking, from any thread.

    Raises:
        ApplyRefused: there is no usable receipt.
        LockError: the lock in it is damaged.
    """
    siblings = Siblings(resolve_place(environment))
    with undisturbed(siblings, reporter):
        if os.path.exists(siblings.journal):  # noqa: PTH110  # Path.exists raises where nothing may be looked at
            reporter.warned("an earlier run was cut off here: the next apply or rollback finishes or undoes it")
        receipt = read_receipt_of(environment)
        drift = compare_files(environment, receipt, reporter)
        if files_only:
            return drift
        lock = lock_of(receipt)
        python = python_of(environment.absolute(), lock.target)
        compiled = has_bytecode(environment, lock.target)
        with Checking(checks_of(lock), python, machine, has_bytecode=compiled, reporter=reporter) as checking:
            return replace(drift, checks=checking.finish(to_the_end=True))
