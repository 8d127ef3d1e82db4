"""How a bundle starts: what its `__main__.py`, and that of the runner beside it, call."""

from pathlib import Path

import click

from locks.cli import Commands


class _BundleCommands(Commands):
    """The commands of a runner: `apply` unless another is named. `obj` is the bundle that holds it, if one does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*_COMMANDS, "--help"):
            args = ["apply", *args]
        if args[0] in ("apply", "detect", "inspect") and ctx.obj is not None:
            args = [args[0], str(ctx.obj), *args[1:]]
        return super().parse_args(ctx, args)


_COMMANDS = {
    "apply": "applier.cli:apply_command",
    "verify": "applier.cli:verify_command",
    "rollback": "applier.cli:rollback_command",
    "detect": "applier.machine.cli:detect_command",
    "inspect": "applier.inspecting.cli:inspect_command",
    "explain": "locks.codes.cli:explain_command",
}


def commands_of_bundle(words: str) -> Commands:
    """Give the command line of a bundle; `words` say what is applied without a command."""
    return _BundleCommands("bundle", homes=_COMMANDS, help=f"Without a command: apply {words}.")


def run_bundle(bundle: Path) -> None:
    """Run the command line of the bundle at that path; ends the process."""
    words = f"{bundle.name} itself; `apply --help` tells the flags, --into and --yes among them"
    commands_of_bundle(words).main(prog_name=f"python {bundle.name}", obj=bundle)


def run_beside(program: Path) -> None:
    """Run the command line of a runner that lies beside its bundle, or anywhere; ends the process."""
    from .bundle.sources import only_bundle_in

    beside = {"bundle": lambda: only_bundle_in(program.parent)}
    default = {"apply": beside, "inspect": beside}
    words = "the bundle named, or the one beside it; `apply --help` tells the flags, --into and --yes among them"
    commands_of_bundle(words).main(prog_name=f"python {program.name}", default_map=default)
