"""bundle -> environment, in one visible order: check, plan, build beside, prove, write the receipt, swap.

Nothing of the old environment is touched before the new one is complete, proven and has its receipt; the swap is two
renames. Whatever fails before leaves the old environment as it was.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from locks import Error, Problem
from locks.digest import sha256_of_bytes

from .bundle.layout import CONTENTS, LOCK, wheel_member
from .bundle.reader import Bundle
from .bundle.sources import NOWHERE_ELSE, Sources, open_whole
from .checks import CheckResult, checks_of, refuse_failed, run_checks
from .environment.receipt import InstalledFile, Receipt, receipt_to_bytes
from .environment.scheme import RECEIPT
from .environment.serial import judge_serial, read_serials, remember_serial, serials_path
from .environment.skeleton import create_environment, judge_place, python_of
from .environment.swap import Siblings, remove_tree, swap, transaction
from .environment.tree import list_files, read_files
from .errors import ApplyRefused, MachineUnfit
from .machine.facts import Machine
from .machine.fit import judge_fit
from .signature import Trust
from .wheels.ban import refuse_banned_imports
from .wheels.install import install_wheels
from .wheels.plan import Plan, plan_wheels

Report = Callable[[str], None]


def check_bundle(bundle: Bundle, machine: Machine, report: Report) -> Plan:
    """Judge the machine, every byte of the bundle, and the plan of all its wheels; nothing is written.

    Raises:
        MachineUnfit, BundleDamaged.
    """
    if problems := judge_fit(bundle.lock, machine):
        raise MachineUnfit(problems)
    report(f"checking {bundle.path.name}")
    bundle.verify()
    report("planning")
    plan = plan_wheels(
        bundle.lock.in_install_order(),
        bundle.lock.target,
        lambda wheel: bundle.open_member(wheel_member(wheel.filename)),
    )
    refuse_banned_imports(plan, bundle.lock)
    return plan


def refuse_older(bundle: Bundle, into: Path, *, allow_older: bool) -> Mapping[str, int]:
    """Refuse a bundle of a lower serial than was applied at `into` before, unless that is wanted; give the highest.

    Raises:
        ApplyRefused: it is older, or what was applied before cannot be told.
    """
    highest = read_serials(_resolved(into))
    problems = judge_serial(bundle.contents.stack, bundle.contents.serial, highest, bundle=bundle.path.name)
    if problems and not allow_older:
        raise ApplyRefused(problems)
    return highest


def _prove(bundle: Bundle, siblings: Siblings, machine: Machine, report: Report) -> tuple[CheckResult, ...]:
    python = python_of(siblings.staging, bundle.lock.target)
    results = []
    for result in run_checks(checks_of(bundle.lock), python, machine):
        suffix = f" ({result.output})" if result.outcome != "passed" else ""
        report(f"check {result.outcome}: {result.name}{suffix}")
        results.append(result)
    refuse_failed(results)
    return tuple(results)


def _all_files(staging: Path, written: dict[str, InstalledFile]) -> dict[str, InstalledFile]:
    """Give every file of the environment: those written with their hashes, the skeleton's read now."""
    skeleton = read_files(staging, (path for path in list_files(staging) if path not in written))
    return written | {path: file for path, file in skeleton.items() if file is not None}


def _build(
    bundle: Bundle, plan: Plan, siblings: Siblings, machine: Machine, *, started: float, report: Report
) -> Receipt:
    """Make the new environment complete in its staging place: skeleton, wheels, checks, receipt."""
    lock = bundle.lock
    create_environment(siblings.staging, final=siblings.final)
    written = install_wheels(bundle, plan, staging=siblings.staging, final=siblings.final, report=report)
    checks = _prove(bundle, siblings, machine, report)
    with bundle.open_member(LOCK) as stream:
        lock_text = stream.read().decode("utf-8")
    with bundle.open_member(CONTENTS) as stream:
        bundle_sha256 = sha256_of_bytes(stream.read())
    receipt = Receipt(
        stack=lock.stack,
        stack_version=lock.stack_version,
        variant=lock.target.variant,
        target=lock.target.name,
        bundle=bundle.path.name,
        bundle_sha256=bundle_sha256,
        lock=lock_text,
        packages={wheel.name: str(wheel.version) for wheel in lock.wheels},
        files=_all_files(siblings.staging, written),
        checks=checks,
        gpu=machine.gpu_words(),
        applied_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=time.monotonic() - started,
    )
    (siblings.staging / RECEIPT).write_bytes(receipt_to_bytes(receipt))
    return receipt


def apply_bundle(
    path: Path,
    into: Path,
    *,
    machine: Machine,
    running_prefix: Path,
    sources: Sources = NOWHERE_ELSE,
    trust: Trust | None = None,
    allow_older: bool = False,
    report: Report = lambda line: None,
) -> Receipt:
    """Replace the environment at `into` by the bundle's, whole or not at all.

    `running_prefix` is the folder of the Python that runs this, which is never replaced. `sources` are where an update
    may find what it leaves to its base. `trust` says who must have signed it; None where nobody need. `allow_older`
    lets a bundle replace one of a higher serial.

    Raises:
        BundleDamaged, MachineUnfit, CheckFailed, ApplyRefused: and the old environment is as it was.
    """
    started = time.monotonic()
    final = _resolved(into)
    try:
        judge_place(final, running_prefix=running_prefix, current=_current_folder(), home=Path.home())
        bundle = open_whole(path, sources, report, trust)
        refuse_older(bundle, final, allow_older=allow_older)
        plan = check_bundle(bundle, machine, report)
        with transaction(final, report) as siblings:
            receipt = _build(bundle, plan, siblings, machine, started=started, report=report)
            highest = refuse_older(bundle, final, allow_older=allow_older)  # another apply may have come first
            swap(siblings)
            _remember_serial(bundle, final, highest, report)
            _remove_old(siblings, report)
    except OSError as error:
        raise _write_failed(error) from None
    return receipt


def _resolved(into: Path) -> Path:
    try:
        return into.absolute().resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        problem = Problem(code="place-not-allowed", where=str(into), expected="a folder's path", found=str(error))
        raise ApplyRefused(problem) from None


def _current_folder() -> Path | None:
    """Give the current folder; None when it was deleted under us."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _remember_serial(bundle: Bundle, final: Path, highest: Mapping[str, int], report: Report) -> None:
    """Keep the serial beside the environment, which is in place by now, so that nothing can be refused any more."""
    try:
        remember_serial(final, bundle.contents.stack, bundle.contents.serial, highest)
    except OSError as error:
        report(f"{serials_path(final)} cannot be written: {error.strerror}; an older bundle will not be known for it")


def _remove_old(siblings: Siblings, report: Report) -> None:
    """Remove the old environment; what is not removed now, be it for Ctrl-C, waits for the next run."""
    try:
        remove_tree(siblings.retired)
    except (OSError, KeyboardInterrupt):
        report(f"{siblings.retired} is not removed yet; the next apply does it")


def _write_failed(error: OSError) -> Error:
    return ApplyRefused(
        Problem(
            code="write-failed",
            where=str(error.filename or "the environment"),
            expected="to read and write",
            found=error.strerror or str(error),
            hint="free space or permissions, then try again",
        )
    )
