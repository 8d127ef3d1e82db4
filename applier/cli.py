"""The end user's commands that change an environment: `apply` and `rollback`.

A command imports what it uses when it runs, and says its first line before: out of a bundle every module is compiled
anew at each start.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from locks import Problem
from locks.cli import answer_to, json_option, print_json, quiet_option, say, showing
from locks.progress import Reporter

from .arguments import BUNDLE, BUNDLE_OR_FOLDER, PLACE, refuse_to_replace, report_option, signers_option
from .errors import ApplyRefused

if TYPE_CHECKING:
    from .apply import Agree
    from .environment.receipt import Receipt
    from .options import Options
    from .report import Record
    from .subject import Subject

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _ask(question: str, *, place: Path, yes: bool, somebody: bool = True) -> None:
    """Ask, unless the answer is given; without `somebody` to be asked, or an answer, it is no."""
    if yes:
        return
    agreed = answer_to(question) if somebody else None
    if agreed is None:
        problem = Problem(
            code="not-confirmed",
            where=str(place),
            expected="a yes",
            found="no answer",
            hint="start again and say yes, or give --yes",
        )
        raise ApplyRefused(problem)
    if not agreed:
        say(f"nothing was changed at {place}")
        raise click.Abort


def _flag(name: str, *more: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(name, *more, is_flag=True, help=text)


_yes_option = _flag("--yes", text="Do not ask.")
_stop_option = _flag("--stop-processes", text="End the processes that use the old environment, after asking.")


def _finish(receipt: "Receipt | None", place: Path, reporter: Reporter, *, in_place: bool, as_json: bool) -> None:
    """End a run that left an environment: with its proof, and what is kept beside it."""
    from locks.sizes import megabytes

    from .environment.scheme import RECEIPT
    from .environment.siblings import Place, Siblings
    from .environment.skeleton import resolve_place
    from .environment.tree import freed_bytes_of

    siblings = Siblings(resolve_place(place))
    path, previous = place.absolute() / RECEIPT, siblings.at(Place.PREVIOUS) if siblings.kept() else None
    proof = receipt.proof(str(path)) if receipt else f"{place}, which no apply has made"
    if as_json:
        kept = str(previous) if previous else None
        print_json({"ok": True, "receipt": str(path), "proof": proof, "already_in_place": in_place, "previous": kept})
        return
    if previous:
        size = megabytes(freed_bytes_of([previous]))
        reporter.noted(
            f"the environment before is kept at {previous} ({size} MB) until the next apply; `rollback` returns to it"
        )
    click.echo(f"already in place: {proof}" if in_place else proof)


_Settle = Callable[["Record"], "Subject"]


def _check(
    settle: _Settle,
    into: Path,
    options: "Options",
    reporter: Reporter,
    *,
    report_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> NoReturn:
    from .preflight.cli import look, print_preflight
    from .report import recorded

    with recorded("apply --check", report_file, reporter) as record:
        subject = settle(record)
        found = look(subject.bundle, into, subject.machine, subject.sources, options, record)
    sys.exit(print_preflight(found, subject.machine, options, as_json=as_json, quiet=quiet))


def _apply(
    settle: _Settle,
    into: Path,
    options: "Options",
    reporter: Reporter,
    *,
    agree: "Agree",
    report_file: Path | None,
    timings: bool,
    as_json: bool,
) -> None:
    from .outcome import outcome_told
    from .report import recorded
    from .timings import timing_lines

    with outcome_told(into, reporter):
        with recorded("apply", report_file, reporter) as record:
            subject = settle(record)
            from .apply import apply_bundle

            applied = apply_bundle(
                subject.bundle,
                into,
                machine=subject.machine,
                running_prefix=Path(sys.prefix).resolve(),
                sources=subject.sources,
                options=options,
                agree=agree,
                reporter=record,
            )
            record.facts["receipt"] = applied.receipt.summary()
        for line in timing_lines(record.timings()) if timings else ():
            reporter.noted(line)
        _finish(applied.receipt, into, reporter, in_place=applied.already_in_place, as_json=as_json)


@click.command("apply")
@click.argument("bundle", type=BUNDLE_OR_FOLDER, default=Path(), metavar="[BUNDLE|FOLDER]")
@click.option("--into", type=PLACE, default=Path(".venv"), show_default=True, help="The environment.")
@_yes_option
@_flag("--check", "check_only", text="Look at bundle, machine and place; touch nothing.")
@click.option("--python", type=PLACE, metavar="PATH", help="The Python to use, if not the running one or one found.")
@_flag("--force", text="Build anew what is in place already.")
@_flag("--no-keep", text="Keep no environment for `rollback`; the previous one goes first.")
@_flag("--destroy-first", text="For small disks: remove the old environment first. After a failure there is none.")
@_flag("--compile", "bytecode", text="Write bytecode once the checks have passed, the same each time.")
@_flag("--allow-older", text="Go back to a lower serial than was applied there.")
@_flag("--read-only", text="Take the permission to write from the new environment.")
@_stop_option
@click.option("--base", "bases", type=BUNDLE, multiple=True, help="An older bundle that this update builds upon.")
@click.option("--store", type=PLACE, envvar="VENVAULT_STORE", help="A wheel store that has what this update lacks.")
@click.option("--window", is_flag=True, default=lambda: sys.stderr is None, help="Show it in a window.")
@_flag("--until-input-ends", text="Stop, as by Ctrl-C, when standard input ends: for programs that start this.")
@_flag("--timings", text="Tell where the time went, step by step.")
@report_option
@signers_option
@quiet_option
@json_option
@click.pass_context
def apply_command(
    context: click.Context,
    /,
    bundle: Path,
    into: Path,
    yes: bool,
    check_only: bool,
    python: Path | None,
    no_keep: bool,
    bases: tuple[Path, ...],
    store: Path | None,
    window: bool,
    until_input_ends: bool,
    timings: bool,
    report_file: Path | None,
    allowed_signers: Path | None,
    quiet: bool,
    as_json: bool,
    **wishes: bool,
) -> None:
    """Replace an environment by the one in BUNDLE, offline; the old one stays until the new one is proven.

    Of a FOLDER of bundles [default: this one], the one that fits this machine best.
    """
    refuse_to_replace([bundle, *bases], "--report", report_file)
    if window:
        from .window.cli import show_window

        show_window(context, bundle, report_file, yes=yes)
    with showing(as_json=as_json, quiet=quiet) as reporter:
        reporter.noted(f"looking at {bundle}")
        from .options import Options
        from .subject import settle

        options = Options(keep=not no_keep, **wishes)
        settled = partial(
            settle,
            context,
            bundle=bundle,
            into=into,
            python=python,
            bases=bases,
            store=store,
            allowed_signers=allowed_signers,
            until_input_ends=until_input_ends,
        )
        if check_only:
            _check(settled, into, options, reporter, report_file=report_file, as_json=as_json, quiet=quiet)
        agree = partial(_ask, place=into, yes=yes, somebody=not until_input_ends)
        _apply(settled, into, options, reporter, agree=agree, report_file=report_file, timings=timings, as_json=as_json)


@click.command("rollback")
@click.argument("environment", type=PLACE, default=Path(".venv"))
@_yes_option
@_flag("--force", text="Return to the previous environment though it differs from its receipt, or has none.")
@_stop_option
@quiet_option
@json_option
def rollback_command(
    environment: Path, yes: bool, force: bool, stop_processes: bool, quiet: bool, as_json: bool
) -> None:
    """Return ENVIRONMENT [default: .venv] to the one before, and keep the present one: twice returns."""
    from .outcome import outcome_told
    from .rollback import roll_back

    if stop_processes:
        _ask(f"What runs from {environment} will be ended. Go on?", place=environment, yes=yes)
    with showing(as_json=as_json, quiet=quiet) as reporter, outcome_told(environment, reporter):
        receipt = roll_back(
            environment,
            running_prefix=Path(sys.prefix).resolve(),
            force=force,
            stop_processes=stop_processes,
            reporter=reporter,
        )
        _finish(receipt, environment, reporter, in_place=False, as_json=as_json)
