"""The previous environment back in its place, and the present one kept in turn: a second rollback returns."""

from pathlib import Path

from locks import Problem
from locks.digest import sha256_of_bytes
from locks.progress import SILENT, Reporter

from .environment.journal import Journal
from .environment.receipt import Receipt
from .environment.receipt_file import read_receipt_of, receipt_if_any
from .environment.scheme import RECEIPT
from .environment.siblings import Place
from .environment.skeleton import current_folder, holds_something, judge_place, resolve_place
from .environment.swap import Transaction, transaction
from .errors import ApplyRefused, write_failed
from .home import home_folder
from .preflight.use import end_use
from .verifying.verify import compare_files


def _mark(environment: Path) -> str:
    """Give what tells one environment from another: its receipt's sha256; empty when it has none."""
    try:
        return sha256_of_bytes((environment / RECEIPT).read_bytes())
    except OSError:
        return ""


def _judge_previous(previous: Path, reporter: Reporter) -> Receipt:
    """Hold the environment to return to against its receipt.

    Raises:
        ApplyRefused: it has none, or differs from it.
    """
    receipt = read_receipt_of(previous)
    lines = compare_files(previous, receipt, reporter).findings()
    if lines:
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        raise ApplyRefused(
            Problem(
                code="previous-altered",
                where=str(previous),
                expected="an environment as its receipt has it",
                found=f"{lines[0]}{more}",
                hint="apply the bundle it was made of, or give --force to return to it as it is",
            )
        )
    return receipt


def _exchange(places: Transaction, *, force: bool, stop_processes: bool, reporter: Reporter) -> Receipt | None:
    final, previous = places.siblings.final, places.siblings.at(Place.PREVIOUS)
    if not places.siblings.kept():
        raise ApplyRefused(
            Problem(
                code="no-previous",
                where=str(final),
                expected=f"the environment before, at {previous.name}",
                found="none: there was no apply, or one with --no-keep or --destroy-first",
                hint="apply the bundle of the environment you want",
            )
        )
    receipt = receipt_if_any(previous) if force else _judge_previous(previous, reporter)
    bundle = receipt.bundle if receipt else "an environment without receipt"
    places.begin(Journal(action="rollback", bundle=bundle, incoming=_mark(previous)))
    end_use(final, stop=stop_processes, report=reporter.warned)
    places.put_in_place(Place.PREVIOUS)
    return receipt


def roll_back(
    into: Path,
    *,
    running_prefix: Path,
    force: bool = False,
    stop_processes: bool = False,
    reporter: Reporter = SILENT,
) -> Receipt | None:
    """Put the previous environment in the place of the present one, whole or not at all; give its receipt, if any.

    `force` takes it as it is, unverified. `reporter` hears of comparing, in bytes and files, from any thread.

    Raises:
        ApplyRefused: there is none, it is not as its receipt has it, or the present one cannot be moved.
    """
    final = resolve_place(into)
    try:
        judge_place(final, running_prefix=running_prefix, current=current_folder(), home=home_folder())
        with transaction(final, reporter) as places:
            left = places.cut_off
            if left and left.action == "rollback" and holds_something(final) and left.incoming == _mark(final):
                receipt = receipt_if_any(final)  # the run that was cut off had done it, and is finished by now
            else:
                receipt = _exchange(places, force=force, stop_processes=stop_processes, reporter=reporter)
    except OSError as error:
        raise write_failed(error) from None
    return receipt
