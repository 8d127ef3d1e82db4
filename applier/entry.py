"""How a bundle starts: what its `__main__.py`, and that of the runner beside it, call."""

import os
from pathlib import Path

import click

from locks.cli import version_option
from locks.commands import Commands


class _BundleCommands(Commands):
    """The commands of a runner: `apply` unless another is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = (*_COMMANDS, *ctx.help_option_names, _VERSION)
        if not args or not (args[0] in own or self._is_misspelt(args[0])):
            args = ["apply", *args]
        return super().parse_args(ctx, args)

    def _is_misspelt(self, word: str) -> bool:
        """Say whether a word is meant as a command, though there is none of that name: no option, and no path."""
        path = Path(word)
        return not (word.startswith("-") or path.suffix or len(path.parts) > 1 or os.path.exists(word))  # noqa: PTH110


_VERSION = "--version"
_COMMANDS = {
    "apply": "applier.cli:apply_command",
    "verify": "applier.verifying.cli:verify_command",
    "rollback": "applier.cli:rollback_command",
    "detect": "applier.detecting.cli:detect_command",
    "inspect": "applier.inspecting.cli:inspect_command",
    "explain": "locks.codes.cli:explain_command",
}


def commands_of_bundle(words: str, bundle: Path | None = None) -> Commands:
    """Give the command line of a bundle; `words` say what is applied without a command."""

    def lines() -> list[str]:
        from .versions import version_lines

        return version_lines(bundle)

    settings = {"help_option_names": ["-h", "--help"]}
    help_text = f"Without a command: apply {words}."
    return _BundleCommands(
        "bundle", homes=_COMMANDS, context_settings=settings, help=help_text, params=[version_option(lines)]
    )


def run_bundle(bundle: Path) -> None:
    """Run the command line of the bundle at that path; ends the process."""
    words = f"{bundle.name} itself; `apply --help` tells the flags, --into and --yes among them"
    itself = {"bundle": bundle}
    default = {"apply": itself, "inspect": itself, "detect": {"bundles": [bundle]}}
    commands_of_bundle(words, bundle).main(prog_name=f"python {bundle.name}", default_map=default)


def run_beside(program: Path) -> None:
    """Run the command line of a runner that lies beside its bundle, or anywhere; ends the process."""
    from .bundle.sources import only_bundle_in

    beside = {"bundle": lambda: only_bundle_in(program.parent)}
    default = {"apply": beside, "inspect": beside}
    words = "the bundle named, or the one beside it; `apply --help` tells the flags, --into and --yes among them"
    commands_of_bundle(words).main(prog_name=f"python {program.name}", default_map=default)
