"""bundle -> environment, in one visible order: check, plan, build beside, prove, write the receipt, swap, tidy up.

Nothing of the old environment is touched before the new one is complete, proven and has its receipt, unless the user
wants it destroyed first; the swap is two renames. Whatever fails before leaves the old environment as it was.
"""

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from locks.progress import SILENT, Reporter

from .accelerator import unpack_accelerator
from .bundle.layout import LOCK, wheel_member
from .bundle.reader import Bundle
from .bundle.sources import NOWHERE_ELSE, Sources
from .checks.built_in import checks_of
from .checks.result import CheckResult, refuse_failed
from .checks.runner import Checking
from .environment.bytecode import write_bytecode
from .environment.durable import sync_all
from .environment.frozen import make_read_only
from .environment.journal import Journal
from .environment.receipt import InstalledFile, Receipt, receipt_to_bytes
from .environment.remove import remove_tree
from .environment.scheme import ACCELERATOR, RECEIPT
from .environment.serial import judge_serial, read_serials, remember_serial
from .environment.siblings import Place, Siblings
from .environment.skeleton import (
    create_environment,
    holds_something,
    python_of,
)
from .environment.swap import Transaction, clear_holders, transaction
from .environment.tree import list_files, read_files, refuse_unreadable
from .errors import ApplyRefused, BundleDamaged, write_failed
from .extra_files import install_files, plan_files
from .finding import refuse
from .machine.facts import Machine
from .options import Options
from .preflight.packages import Package, save_lost
from .preflight.run import preflight
from .standing import bundle_digest, judge_standing
from .unpacking.crew import Crew, hired
from .wheels.ban import refuse_banned_imports
from .wheels.install import install_wheels
from .wheels.plan import Plan, plan_wheels

Report = Callable[[str], None]
Agree = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How an apply ended."""

    receipt: Receipt
    already_in_place: bool
    """The environment was there, unaltered, and nothing was done."""


def _plan(bundle: Bundle, report: Report) -> Plan:
    """Plan all wheels of the bundle; nothing is written.

    Raises:
        BundleDamaged.
    """
    report(f"planning {bundle.path.name}")
    plan = plan_wheels(
        bundle.lock.in_install_order(),
        bundle.lock.target,
        lambda wheel: bundle.open_member(wheel_member(wheel.filename)),
        extra=plan_files(bundle.lock),
    )
    refuse_banned_imports(plan, bundle.lock)
    return plan


def _install_and_prove(
    bundle: Bundle,
    plan: Plan,
    crew: Crew,
    siblings: Siblings,
    machine: Machine,
    *,
    report: Report,
    progress: Reporter,
) -> tuple[dict[str, InstalledFile], tuple[CheckResult, ...]]:
    """Write all files and wheels, and run each check as soon as it may; the first critical failure ends both.

    Of a damaged bundle everything that is damaged is named.
    """
    lock, staging = bundle.lock, siblings.at(Place.NEW)
    python = python_of(staging, lock.target)
    unpack_accelerator(bundle, staging / ACCELERATOR)
    try:
        written = install_files(bundle, plan, staging=staging, report=report)
        with Checking(checks_of(lock), python, machine, awaited=lock.install_order, report=report) as checking:
            written |= install_wheels(
                bundle,
                plan,
                crew,
                staging=staging,
                final=siblings.final,
                report=report,
                progress=progress,
                placed=checking.placed,
            )
            crew.dismiss()  # on Windows a library that is loaded cannot be removed
            remove_tree(staging / ACCELERATOR)
            results = checking.finish()
    except BundleDamaged:
        report(f"damage was found; looking through all of {bundle.path.name}")
        bundle.verify(report)
        raise
    refuse_failed(results)
    return written, results


def _all_files(staging: Path, written: dict[str, InstalledFile]) -> dict[str, InstalledFile]:
    """Give every file of the environment: those written with their hashes, the skeleton's read now."""
    known = dict(written)
    listed = list_files(staging, unreadable=refuse_unreadable)
    for path, file in read_files(staging, (path for path in listed if path not in written)).items():
        if file is None:
            raise OSError(errno.EIO, "not readable right after it was written", str(staging / path))
        known[path] = file
    return known


def _build(
    bundle: Bundle,
    plan: Plan,
    crew: Crew,
    siblings: Siblings,
    machine: Machine,
    options: Options,
    *,
    started: float,
    report: Report,
    progress: Reporter,
) -> Receipt:
    """Make the new environment complete in its staging place: skeleton, wheels, checks, receipt."""
    lock, staging = bundle.lock, siblings.at(Place.NEW)
    create_environment(staging, final=siblings.final)
    written, checks = _install_and_prove(bundle, plan, crew, siblings, machine, report=report, progress=progress)
    if options.bytecode:
        write_bytecode(staging, final=siblings.final, target=lock.target, report=report)
    with bundle.open_member(LOCK) as stream:
        lock_text = stream.read().decode("utf-8")
    receipt = Receipt(
        stack=lock.stack,
        stack_version=lock.stack_version,
        variant=lock.target.variant,
        target=lock.target.name,
        bundle=bundle.path.name,
        bundle_sha256=bundle_digest(bundle),
        lock=lock_text,
        packages={wheel.name: str(wheel.version) for wheel in lock.wheels},
        files=_all_files(staging, written),
        checks=checks,
        gpu=machine.gpu_words(),
        applied_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=time.monotonic() - started,
    )
    (staging / RECEIPT).write_bytes(receipt_to_bytes(receipt))
    if options.read_only:
        make_read_only(staging)
    return receipt


def _refuse_older(bundle: Bundle, final: Path, options: Options) -> None:
    """Look again at the serial, now that we are alone: a newer bundle may have been applied since preflight."""
    contents = bundle.contents
    problems = judge_serial(contents.stack, contents.serial, read_serials(final), bundle=bundle.path.name)
    if problems and not options.allow_older:
        raise ApplyRefused(problems)


def _remember_serial(bundle: Bundle, final: Path, report: Report) -> None:
    """Keep the serial beside the environment, which is in place by now, so that nothing can be refused any more."""
    try:
        remember_serial(final, bundle.contents.stack, bundle.contents.serial, read_serials(final))
    except (OSError, ApplyRefused) as error:
        report(f"an older bundle will not be known for it: {error}")


def _make_way(held: Transaction, options: Options, report: Report) -> None:
    """Make sure that the environment can be moved, and remove what the user will not have kept."""
    final = held.siblings.final
    if not options.stop_processes or options.destroy_first:
        clear_holders(final, stop=options.stop_processes, report=report)
        if os.name == "nt":  # elsewhere an environment that is in use can be moved
            held.probe()
    if options.destroy_first:
        report(f"removing {final}")
        held.give_up(Place.PREVIOUS, Place.FINAL)
    elif not options.keep:
        held.give_up(Place.PREVIOUS)


def _replace(held: Transaction, options: Options, report: Report) -> None:
    """Bring the new environment to the disk, and put it in place."""
    report("writing to disk")
    sync_all()
    if options.stop_processes:
        clear_holders(held.siblings.final, stop=True, report=report)
    final = held.siblings.final
    if final.is_dir() and not holds_something(final):  # nothing that could be returned to
        final.rmdir()
    held.put_in_place(Place.NEW)


def _renew(
    held: Transaction,
    bundle: Bundle,
    lost: tuple[Package, ...],
    machine: Machine,
    options: Options,
    *,
    started: float,
    report: Report,
    progress: Reporter,
) -> Receipt:
    """Build the new environment and put it in place."""
    siblings = held.siblings
    staging = siblings.at(Place.NEW)
    with hired(staging, staging / ACCELERATOR) as crew:  # first of all: its start takes no time beside the planning
        plan = _plan(bundle, report)
        if options.destroy_first:  # else every byte is hashed while it is unpacked, and nothing is lost yet
            bundle.verify(report)
        held.begin(Journal(action="apply", bundle=bundle.path.name, keep=options.keep))
        if lost:
            save_lost(siblings.final, lost)
        _make_way(held, options, report)
        receipt = _build(
            bundle, plan, crew, siblings, machine, options, started=started, report=report, progress=progress
        )
    _replace(held, options, report)
    return receipt


def apply_bundle(
    path: Path,
    into: Path,
    *,
    machine: Machine,
    running_prefix: Path,
    sources: Sources = NOWHERE_ELSE,
    report: Report = lambda line: None,
    options: Options = Options(),  # noqa: B008  # frozen
    agree: Agree = lambda question: None,
    progress: Reporter = SILENT,
) -> Applied:
    """Replace the environment at `into` by the bundle's, whole or not at all.

    `running_prefix` is the folder of the Python that runs this, which is never replaced. `report` hears of progress, a
    line for people at a time, from any thread; `progress` hears of the bytes of the long phases. `agree` is asked
    before anything that is there is replaced; it raises when the user will not have it. `sources` are where an update
    may find what it leaves to its base.

    Raises:
        BundleDamaged, MachineUnfit, CheckFailed, ApplyRefused: and the old environment is as it was, unless it was to
            be destroyed first.
    """
    started = time.monotonic()
    found = preflight(
        path, into, machine=machine, running_prefix=running_prefix, sources=sources, options=options, report=report
    )
    # What is in place already takes no room.
    refuse(finding for finding in found.findings if finding.about != "room")
    assert found.bundle is not None, "what is not whole was refused"
    assert found.final is not None, "what is no place was refused"
    bundle, final = found.bundle, found.final
    try:
        with transaction(final, report) as held:
            standing = None if options.force else judge_standing(final, bundle, report)
            if standing:
                _remember_serial(bundle, final, report)  # a kill may have come between the swap and this
                return Applied(receipt=standing, already_in_place=True)
            _refuse_older(bundle, final, options)
            refuse(found.findings)
            for finding in found.findings:
                if finding.level == "warn":
                    report(str(finding))
            if holds_something(final):
                agree(options.question(final))
            receipt = _renew(
                held, bundle, found.lost, machine, options, started=started, report=report, progress=progress
            )
            _remember_serial(bundle, final, report)
    except OSError as error:
        raise write_failed(error) from None
    return Applied(receipt=receipt, already_in_place=False)
