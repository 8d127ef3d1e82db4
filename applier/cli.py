"""The end user's commands: `apply` and `verify`, from an installed tool or from the bundle itself."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from locks import Error, ExitCode, Problem
from locks.cli import Commands, json_option, print_json, say

from .bundle.volumes import is_split
from .environment.scheme import RECEIPT
from .errors import ApplyRefused
from .signature.places import default_places, find_trust

_PLACE = click.Path(path_type=Path)


class _BundlePath(click.Path):
    """An existing bundle: a file, any of its volumes, or the name that the volumes have in common."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return Path(value) if is_split(Path(value)) else super().convert(value, param, ctx)


_BUNDLE = _BundlePath(exists=True, dir_okay=False, path_type=Path)


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
@click.argument("bundle", type=_BUNDLE)
@click.option("--into", type=_PLACE, default=Path(".venv"), show_default=True, help="The environment.")
@click.option("--yes", is_flag=True, help="Replace an existing environment without asking.")
@click.option("--check", "check_only", is_flag=True, help="Check bundle and machine, touch nothing.")
@click.option("--base", "bases", type=_BUNDLE, multiple=True, help="An older bundle that this update builds upon.")
@click.option("--store", type=_PLACE, envvar="VENVAULT_STORE", help="A wheel store that has what this update lacks.")
@click.option(
    "--allowed-signers",
    type=_PLACE,
    envvar="VENVAULT_ALLOWED_SIGNERS",
    help="The keys of which one must have signed BUNDLE [default: the user's file, else the system's].",
)
@click.option("--allow-older", is_flag=True, help="Go back to a lower serial than was applied there.")
@json_option
def apply_command(
    bundle: Path,
    into: Path,
    yes: bool,
    check_only: bool,
    bases: tuple[Path, ...],
    store: Path | None,
    allowed_signers: Path | None,
    allow_older: bool,
    as_json: bool,
) -> None:
    """Replace an environment by the one in BUNDLE, offline; the old one stays until the new one is proven."""
    from .apply import apply_bundle, check_bundle, refuse_older
    from .bundle.sources import Sources, open_whole
    from .machine.facts import look_at_machine

    machine = look_at_machine()
    sources = Sources(bases=bases, store=store)
    trust = find_trust(allowed_signers, default_places(sys.platform, os.environ, Path.home()), datetime.now(UTC))
    if check_only:
        opened = open_whole(bundle, sources, say, trust)
        refuse_older(opened, into, allow_older=allow_older)
        plan = check_bundle(opened, machine, say)
        if as_json:
            found = {"files": len(plan.files), "size_bytes": plan.size_bytes, "machine": machine.to_dict()}
            print_json({"ok": True, **found})
        else:
            click.echo(f"ok: {len(plan.files)} files, {plan.size_bytes / 1e6:,.1f} MB, {machine.gpu_words()}")
        return
    _confirm_replacing(into, yes=yes)
    try:
        prefix = Path(sys.prefix).resolve()
        receipt = apply_bundle(
            bundle,
            into,
            machine=machine,
            running_prefix=prefix,
            sources=sources,
            trust=trust,
            allow_older=allow_older,
            report=say,
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
        if args[0] == "apply" and ctx.obj is not None:
            args = ["apply", str(ctx.obj), *args[1:]]
        return super().parse_args(ctx, args)


def _commands(words: str) -> _BundleCommands:
    commands = {"apply": apply_command, "verify": verify_command}
    return _BundleCommands("bundle", commands=commands, help=f"Without a command: apply {words}.")


def run_bundle(bundle: Path) -> None:
    """Run the command line of the bundle at that path; ends the process."""
    words = f"{bundle.name} itself; flags are --into DIR, --yes, --check, --base FILE and --json"
    _commands(words).main(prog_name=f"python {bundle.name}", obj=bundle)


def run_beside(program: Path) -> None:
    """Run the command line of a runner that lies beside its bundle, or anywhere; ends the process."""
    from .bundle.sources import only_bundle_in

    default = {"apply": {"bundle": lambda: only_bundle_in(program.parent)}}
    words = "the bundle named, or the one beside it; flags are --into DIR, --yes, --check, --base FILE and --json"
    _commands(words).main(prog_name=f"python {program.name}", default_map=default)
