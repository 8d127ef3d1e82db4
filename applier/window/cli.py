"""`apply --window`: the command line's own flags, taken over by the window."""

import sys
from pathlib import Path

import click

from locks.cli import say
from locks.commands import flags_given

from .open import open_window


def show_window(context: click.Context, bundle: Path, report_file: Path | None, *, yes: bool) -> None:
    """Have `apply` done in a window, and end with its exit code; come back where there can be no window."""
    if wrong := {"--check", "--json", "--quiet", "--until-input-ends"} & set(flags_given(context, but=())):
        raise click.UsageError(f"--window cannot be combined with {min(wrong)}")
    flags = flags_given(context, but=("bundle", "window", "yes", "report_file"))
    code = open_window([str(bundle), *flags], report_file, unattended=yes, say=say)
    if code is not None:
        sys.exit(code)
