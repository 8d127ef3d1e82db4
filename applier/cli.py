"""The end user's commands: `apply` and `verify`, from an installed tool or from the bundle itself."""

import sys
from pathlib import Path

import click

from locks import Error, ExitCode, Problem
from locks.cli import Commands, flags_given, json_option, print_json, say

from .environment.scheme import RECEIPT
from .errors import ApplyRefused
from .machine.cli import detect_command
from .paths import BUNDLE, BUNDLE_OR_FOLDER

_PLACE = click.Path(path_type=Path)


def _holds_something(folder: Path) -> bool:
    try:
        return folder.is_dir() and any(folder.iterdir())
    except OSError:  # what cannot be looked into is there
        return True


def _confirm_replacing(into: Path, *, yes: bool) -> None:
    if yes or not _holds_something(into):
        return
    try:
        agreed = click.confirm(f"{into} will be replaced. Go on?", err=True)
    except (click.Abort, RuntimeError):  # no answer, or nobody to ask
        agreed = None
    if agreed is None:
        problem = Problem(code="not-confirmed", where=str(into), expected="a yes", found="no answer", hint="give --yes")
        raise ApplyRefused(problem)
    if not agreed:
        raise click.Abort


def _untouched(into: Path) -> str:
    """Say what a failed apply left: what was there, or nothing."""
    return f"{into} is as it was" if _holds_something(into) or into.is_file() else f"nothing was left at {into}"


@click.command("apply")
@click.argument("bundle", type=BUNDLE_OR_FOLDER, metavar="BUNDLE|FOLDER")
@click.option("--into", type=_PLACE, default=Path(".venv"), show_default=True, help="The environment.")
@click.option("--yes", is_flag=True, help="Replace an existing environment without asking.")
@click.option("--check", "check_only", is_flag=True, help="Look at bundle, machine and place; touch nothing.")
@click.option("--python", type=_PLACE, metavar="PATH", help="The Python to use, if not the running one or one found.")
@click.option("--base", "bases", type=BUNDLE, multiple=True, help="An older bundle that this update builds upon.")
@click.option("--store", type=_PLACE, envvar="VENVAULT_STORE", help="A wheel store that has what this update lacks.")
@json_option
@click.pass_context
def apply_command(
    context: click.Context,
    bundle: Path,
    into: Path,
    yes: bool,
    check_only: bool,
    python: Path | None,
    bases: tuple[Path, ...],
    store: Path | None,
    as_json: bool,
) -> None:
    """Replace an environment by the one in BUNDLE, offline; the old one stays until the new one is proven.

    Of a FOLDER of bundles, the one that fits this machine best.
    """
    from .apply import apply_bundle
    from .bundle.sources import Sources
    from .choose import choose_bundle
    from .machine.facts import look_at_machine
    from .machine.handover import hand_over
    from .preflight.cli import print_preflight
    from .preflight.run import preflight

    machine, prefix, sources = look_at_machine(), Path(sys.prefix).resolve(), Sources(bases=bases, store=store)
    if bundle.is_dir():
        bundle = choose_bundle(bundle, machine, say)
    hand_over(bundle, into, machine, named=python, flags=flags_given(context, but=("bundle", "python")), report=say)
    if check_only:
        found = preflight(bundle, into, machine=machine, running_prefix=prefix, sources=sources, report=say)
        sys.exit(print_preflight(found, machine, as_json=as_json))
    try:
        receipt = apply_bundle(
            bundle,
            into,
            machine=machine,
            running_prefix=prefix,
            sources=sources,
            report=say,
            confirm=lambda: _confirm_replacing(into, yes=yes),
        )
    except Error as error:
        error.add_note(_untouched(into))
        raise
    except KeyboardInterrupt:
        say(f"interrupted; {_untouched(into)}")
        raise
    place = str(into.absolute() / RECEIPT)
    if as_json:
        print_json({"ok": True, "receipt": place, "proof": receipt.proof(place)})
    else:
        click.echo(receipt.proof(place))


@click.command("verify")
@click.argument("environment", type=_PLACE, default=Path(".venv"))
@click.option("--files-only", is_flag=True, help="Compare files, do not run the checks again.")
@json_option
def verify_command(environment: Path, files_only: bool, as_json: bool) -> None:
    """Hold ENVIRONMENT [default: .venv] against its receipt, and run its checks again."""
    from .machine.facts import look_at_machine
    from .verify import verify_environment

    drift = verify_environment(environment, machine=look_at_machine(), files_only=files_only, report=say)
    if as_json:
        print_json({"ok": drift.is_clean, **drift.to_dict()})
    else:
        for line in drift.lines():
            click.echo(line)
        for check in drift.checks:
            if check.outcome == "skipped":
                say(f"check skipped: {check.name} ({check.output})")
        if drift.is_clean:
            click.echo(f"unaltered: {drift.receipt.proof(str(environment.absolute() / RECEIPT))}")
    sys.exit(ExitCode.DONE if drift.is_clean else ExitCode.REFUSED)


class _BundleCommands(Commands):
    """The commands of a runner: `apply` unless another is named. `obj` is the bundle that holds it, if one does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["apply", *args]
        if args[0] in ("apply", "detect") and ctx.obj is not None:
            args = [args[0], str(ctx.obj), *args[1:]]
        return super().parse_args(ctx, args)


def _commands(words: str) -> _BundleCommands:
    commands = {"apply": apply_command, "verify": verify_command, "detect": detect_command}
    return _BundleCommands("bundle", commands=commands, help=f"Without a command: apply {words}.")


def run_bundle(bundle: Path) -> None:
    """Run the command line of the bundle at that path; ends the process."""
    words = f"{bundle.name} itself; flags are --into DIR, --yes, --check, --python PATH, --base FILE and --json"
    _commands(words).main(prog_name=f"python {bundle.name}", obj=bundle)


def run_beside(program: Path) -> None:
    """Run the command line of a runner that lies beside its bundle, or anywhere; ends the process."""
    from .bundle.sources import only_bundle_in

    default = {"apply": {"bundle": lambda: only_bundle_in(program.parent)}}
    flags = "--into DIR, --yes, --check, --python PATH, --base FILE and --json"
    words = f"the bundle named, or the one beside it; flags are {flags}"
    _commands(words).main(prog_name=f"python {program.name}", default_map=default)
