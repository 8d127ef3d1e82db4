"""The end user's commands: `apply` and `verify`, from an installed tool or from the bundle itself."""

import sys
from pathlib import Path

import click

from locks import Error, ExitCode, Problem
from locks.cli import Commands, json_option, print_json, say

from .environment.scheme import RECEIPT
from .errors import ApplyRefused

_PLACE = click.Path(path_type=Path)
_EXISTING_BUNDLE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
@click.argument("bundle", type=_EXISTING_BUNDLE)
@click.option("--into", type=_PLACE, default=Path(".venv"), show_default=True, help="The environment.")
@click.option("--yes", is_flag=True, help="Replace an existing environment without asking.")
@click.option("--check", "check_only", is_flag=True, help="Check bundle and machine, touch nothing.")
@json_option
def apply_command(bundle: Path, into: Path, yes: bool, check_only: bool, as_json: bool) -> None:
    """Replace an environment by the one in BUNDLE, offline; the old one stays until the new one is proven."""
    from .apply import apply_bundle, check_bundle
    from .bundle.reader import Bundle
    from .machine.facts import look_at_machine

    machine = look_at_machine()
    if check_only:
        plan = check_bundle(Bundle.open(bundle), machine, say)
        if as_json:
            found = {"files": len(plan.files), "size_bytes": plan.size_bytes, "machine": machine.to_dict()}
            print_json({"ok": True, **found})
        else:
            click.echo(f"ok: {len(plan.files)} files, {plan.size_bytes / 1e6:,.1f} MB, {machine.gpu_words()}")
        return
    _confirm_replacing(into, yes=yes)
    try:
        receipt = apply_bundle(bundle, into, machine=machine, running_prefix=Path(sys.prefix).resolve(), report=say)
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
        if drift.is_clean:
            click.echo(f"unaltered: {drift.receipt.proof(str(environment.absolute() / RECEIPT))}")
    if not drift.is_clean:
        sys.exit(ExitCode.CHECK_FAILED if drift.has_whole_files else ExitCode.REFUSED)


class _BundleCommands(Commands):
    """The commands of a bundle that runs itself: `apply` unless another is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["apply", *args]
        if args[0] == "apply":
            args = ["apply", str(ctx.obj), *args[1:]]
        return super().parse_args(ctx, args)


def run_bundle(bundle: Path) -> None:
    """Run the command line of the bundle at that path; ends the process."""
    words = f"Without a command: apply {bundle.name} itself; flags are --into DIR, --yes, --check and --json."
    commands = _BundleCommands("bundle", commands={"apply": apply_command, "verify": verify_command}, help=words)
    commands.main(prog_name=f"python {bundle.name}", obj=bundle)
