"""The new environment, complete and proven in its staging place: skeleton, files, wheels, checks, receipt.

Nothing outside the staging place is touched.
"""

import errno
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from locks import LockedWheel
from locks.progress import Reporter, phase

from .accelerator import unpack_accelerator
from .bundle.layout import LOCK, wheel_member
from .bundle.reader import Bundle
from .checks.built_in import checks_of
from .checks.order import wheels_in_order
from .checks.result import CheckResult
from .checks.runner import Checking
from .environment.bytecode import write_bytecode
from .environment.frozen import make_read_only
from .environment.receipt import InstalledFile, Receipt
from .environment.receipt_file import write_receipt
from .environment.remove import remove_tree
from .environment.scheme import ACCELERATOR
from .environment.sharing import Sharing
from .environment.siblings import Place, Siblings
from .environment.skeleton import create_environment, python_of
from .environment.tree import list_files, read_files, refuse_unreadable
from .errors import BundleDamaged
from .extra_files import install_files, plan_files
from .held import NOTHING, Held
from .machine.facts import Machine
from .options import Options
from .standing import bundle_digest
from .unpacking.crew import Crew
from .wheels.ban import refuse_banned_imports
from .wheels.install import install_wheels
from .wheels.outline import outline_to_bytes, read_outlines, write_outlines
from .wheels.plan import Plan, plan_wheels


def plan_bundle(bundle: Bundle, reporter: Reporter, held: Held = NOTHING) -> Plan:
    """Plan all wheels of the bundle, by their outlines where they are `held`; nothing is written.

    Raises:
        BundleDamaged.
    """
    # As they are installed: of files that two bring, the first is the owner, who is in place by the time of a check.
    wheels = wheels_in_order(bundle.lock)
    outlined = read_outlines(held.outlines)
    with phase(reporter, "planning", total=len(wheels), unit="wheels") as planning:

        def open_wheel(wheel: LockedWheel) -> BinaryIO:
            return bundle.open_member(wheel_member(wheel.filename))

        plan = plan_wheels(
            wheels,
            bundle.lock.target,
            open_wheel,
            outlined=outlined,
            extra=plan_files(bundle.lock),
            done=lambda wheel: planning.advance(wheel.name, more=1),
        )
    refuse_banned_imports(plan, bundle.lock)
    return plan


@contextmanager
def _crew_dismissed(bundle: Bundle, crew: Crew, reporter: Reporter) -> Iterator[None]:
    """See nobody left at work at the end, whatever it is; of a damaged bundle everything that is damaged is named."""
    try:
        yield
    except BundleDamaged:
        crew.dismiss()  # nobody writes, or reads beside it, any more
        reporter.warned(f"damage was found; looking through all of {bundle.path.name}")
        bundle.verify(reporter)
        raise
    finally:
        crew.dismiss()  # before it is looked at what they left


def _install_and_prove(
    bundle: Bundle,
    plan: Plan,
    crew: Crew,
    siblings: Siblings,
    machine: Machine,
    sharing: Sharing,
    *,
    reporter: Reporter,
) -> tuple[dict[str, InstalledFile], tuple[CheckResult, ...]]:
    """Write all files and wheels, and run each check as soon as it may; the first critical failure ends both."""
    lock, staging = bundle.lock, siblings.at(Place.NEW)
    python = python_of(staging, lock.target)
    unpack_accelerator(bundle, staging / ACCELERATOR)
    with _crew_dismissed(bundle, crew, reporter):
        written = install_files(bundle, plan, staging=staging, report=reporter.noted)
        with Checking(checks_of(lock), python, machine, awaited=lock.install_order, reporter=reporter) as checking:

            def go_on() -> None:
                checking.go_on()
                crew.leave_room(checking.running)  # a check is what takes longest: the rest can wait for it

            written |= install_wheels(
                bundle,
                plan,
                crew,
                staging=staging,
                final=siblings.final,
                reporter=reporter,
                sharing=sharing,
                placed=checking.placed,
                go_on=go_on,
            )
            if sharing.taken:
                reporter.noted(f"took {sharing.taken} files from {siblings.final}")
            crew.dismiss()  # on Windows a library that is loaded cannot be removed
            remove_tree(staging / ACCELERATOR)
            results = checking.finish()
    return written, results


def _other_files(staging: Path, written: Container[str]) -> dict[str, InstalledFile]:
    """Read every file of the environment that is not among those written: the skeleton's."""
    others: dict[str, InstalledFile] = {}
    listed = list_files(staging, unreadable=refuse_unreadable)
    for path, file in read_files(staging, (path for path in listed if path not in written)).items():
        if file is None:
            raise OSError(errno.EIO, "not readable right after it was written", str(staging / path))
        others[path] = file
    return others


def _receipt_of(
    bundle: Bundle,
    machine: Machine,
    files: Mapping[str, InstalledFile],
    checks: tuple[CheckResult, ...],
    *,
    started: float,
) -> Receipt:
    lock = bundle.lock
    with bundle.open_member(LOCK) as stream:
        lock_text = stream.read().decode("utf-8")
    return Receipt(
        stack=lock.stack,
        stack_version=lock.stack_version,
        variant=lock.target.variant,
        target=lock.target.name,
        bundle=bundle.path.name,
        bundle_sha256=bundle_digest(bundle),
        lock=lock_text,
        packages={wheel.name: str(wheel.version) for wheel in lock.wheels},
        files=files,
        checks=checks,
        gpu=machine.gpu_words(),
        applied_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=time.monotonic() - started,
    )


def build_environment(
    bundle: Bundle,
    plan: Plan,
    crew: Crew,
    siblings: Siblings,
    machine: Machine,
    options: Options,
    *,
    held: Held,
    started: float,
    reporter: Reporter,
) -> Receipt:
    """Make the new environment complete in its staging place: skeleton, wheels, checks, receipt."""
    lock, staging = bundle.lock, siblings.at(Place.NEW)
    create_environment(staging, final=siblings.final)
    sharing = Sharing(siblings.final, staging, held.files, read_only=options.read_only)
    write_outlines(
        staging,
        (held.outlines.get(name) or outline_to_bytes(contents) for name, contents in sorted(plan.wheels.items())),
    )
    with sharing.guarded(reporter):
        written, checks = _install_and_prove(bundle, plan, crew, siblings, machine, sharing, reporter=reporter)
        if options.bytecode:
            write_bytecode(staging, final=siblings.final, target=lock.target, reporter=reporter)
    reporter.entered("recording")
    written |= _other_files(staging, written)
    receipt = _receipt_of(bundle, machine, written, checks, started=started)
    write_receipt(staging, receipt)
    if options.read_only:
        make_read_only(staging)
    return receipt
