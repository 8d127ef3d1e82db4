"""bundle -> environment, in one visible order: check, plan, build beside, prove, write the receipt, swap, tidy up.

Nothing of the old environment is touched before the new one is complete, proven and has its receipt, unless the user
wants it destroyed first; the swap is two renames. Whatever fails before leaves the old environment as it was.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from locks.progress import SILENT, Reporter, phase

from .build import build_environment, plan_bundle
from .bundle.reader import Bundle
from .bundle.sources import NOWHERE_ELSE, Sources, refuse_missing
from .environment.durable import sync_file_system
from .environment.journal import Journal
from .environment.receipt import Receipt
from .environment.scheme import ACCELERATOR
from .environment.serial import judge_serial, read_serials, remember_serial
from .environment.siblings import Place
from .environment.skeleton import holds_something
from .environment.swap import Transaction, transaction
from .errors import ApplyRefused, write_failed
from .finding import Finding, refuse
from .held import NOTHING, look_at_held, look_jobs
from .machine.facts import Machine
from .options import Options
from .preflight.packages import Package, save_lost
from .preflight.run import preflight
from .preflight.use import end_use
from .standing import judge_standing
from .unpacking.crew import Crew, crew_size, hired
from .wheels.install import hash_jobs

Agree = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How an apply ended."""

    receipt: Receipt
    already_in_place: bool
    """The environment was there, unaltered, and nothing was done."""


def _refuse_older(bundle: Bundle, final: Path, options: Options) -> None:
    """Look again at the serial, now that we are alone: a newer bundle may have been applied since preflight."""
    contents = bundle.contents
    problems = judge_serial(contents.stack, contents.serial, read_serials(final), bundle=bundle.path.name)
    if problems and not options.allow_older:
        raise ApplyRefused(problems)


def _remember_serial(bundle: Bundle, final: Path, reporter: Reporter) -> None:
    """Keep the serial beside the environment, which is in place by now, so that nothing can be refused any more."""
    try:
        remember_serial(final, bundle.contents.stack, bundle.contents.serial, read_serials(final))
    except (OSError, ApplyRefused) as error:
        reporter.warned(f"an older bundle will not be known for it: {error}")


def _make_way(places: Transaction, crew: Crew, options: Options, reporter: Reporter) -> None:
    """Make sure that the environment can be moved, and remove what the user will not have kept."""
    final = places.siblings.final
    if not options.stop_processes or options.destroy_first:
        end_use(final, stop=options.stop_processes, report=reporter.warned, but=crew.pids)  # who may be looking at it
        if os.name == "nt":  # elsewhere an environment that is in use can be moved
            places.probe()
    if options.destroy_first:
        places.give_up(Place.PREVIOUS, Place.FINAL)
    elif not options.keep:
        places.give_up(Place.PREVIOUS)


def _replace(places: Transaction, options: Options, reporter: Reporter) -> None:
    """Bring the new environment to the disk, and put it in place."""
    with phase(reporter, "syncing"):
        sync_file_system(places.siblings.at(Place.NEW))
    if options.stop_processes:
        end_use(places.siblings.final, stop=True, report=reporter.warned)
    final = places.siblings.final
    if final.is_dir() and not holds_something(final):  # nothing that could be returned to
        final.rmdir()
    reporter.entered("replacing")
    places.put_in_place(Place.NEW)


def _renew(
    places: Transaction,
    bundle: Bundle,
    lost: tuple[Package, ...],
    machine: Machine,
    options: Options,
    *,
    started: float,
    reporter: Reporter,
) -> Receipt:
    """Build the new environment and put it in place."""
    siblings = places.siblings
    staging = siblings.at(Place.NEW)
    workers = crew_size(bundle.contents.installed_bytes)
    # First of all: its start takes no time beside the planning.
    with hired(staging, staging / ACCELERATOR, workers=workers) as crew:
        old = NOTHING if options.destroy_first else look_at_held(siblings.final, bundle)
        refuse_missing(bundle, old.has)
        crew.begin([*hash_jobs(bundle, but=old.outlines), *look_jobs(old, siblings.final)])
        plan = plan_bundle(bundle, reporter, old)
        if options.destroy_first:  # else every byte is hashed while it is unpacked, and nothing is lost yet
            bundle.verify(reporter)
        reporter.entered("preparing")
        places.begin(Journal(action="apply", bundle=bundle.path.name, keep=options.keep))
        if lost:
            save_lost(siblings.final, lost)
        _make_way(places, crew, options, reporter)
        receipt = build_environment(
            bundle, plan, crew, siblings, machine, options, held=old, started=started, reporter=reporter
        )
    _replace(places, options, reporter)
    return receipt


def _go_ahead(
    bundle: Bundle, final: Path, findings: Sequence[Finding], options: Options, agree: Agree, reporter: Reporter
) -> None:
    """Have what is to be replaced refused, told and agreed to; raises when it is not."""
    _refuse_older(bundle, final, options)
    refuse(findings)
    for finding in findings:
        if finding.level == "warn":
            reporter.warned(str(finding))
    if holds_something(final):
        agree(options.question(final))


def apply_bundle(
    path: Path,
    into: Path,
    *,
    machine: Machine,
    running_prefix: Path,
    sources: Sources = NOWHERE_ELSE,
    options: Options = Options(),  # noqa: B008  # frozen
    agree: Agree = lambda question: None,
    reporter: Reporter = SILENT,
) -> Applied:
    """Replace the environment at `into` by the bundle's, whole or not at all.

    `running_prefix` is the folder of the Python that runs this, which is never replaced. `agree` is asked before
    anything that is there is replaced; it raises when the user will not have it. `sources` are where an update may find
    what it leaves to its base. `reporter` hears of every phase, in bytes and files, from any thread.

    Source: PEP 427 (installing a wheel), PEP 405 (the environment), PEP 751 (the lock).

    Raises:
        BundleDamaged, MachineUnfit, CheckFailed, ApplyRefused: and the old environment is as it was, unless it was to
            be destroyed first.
    """
    started = time.monotonic()
    reporter.entered("looking")
    found = preflight(
        path,
        into,
        machine=machine,
        running_prefix=running_prefix,
        sources=sources,
        options=options,
        report=reporter.noted,
    )
    # What is in place already takes no room.
    refuse(finding for finding in found.findings if finding.about != "room")
    assert found.bundle is not None, "what is not whole was refused"
    assert found.final is not None, "what is no place was refused"
    bundle, final = found.bundle, found.final
    try:
        with transaction(final, reporter) as places:
            receipt = None if options.force else judge_standing(final, bundle, reporter)
            in_place = receipt is not None
            if receipt is None:
                _go_ahead(bundle, final, found.findings, options, agree, reporter)
                receipt = _renew(places, bundle, found.lost, machine, options, started=started, reporter=reporter)
                reporter.entered("tidying")
            _remember_serial(bundle, final, reporter)  # also of what stands: a kill may have come before
    except OSError as error:
        raise write_failed(error) from None
    return Applied(receipt=receipt, already_in_place=in_place)
