"""`verify`: whether an environment is still what was applied; what it uses is imported as in `applier.cli`."""

import sys
from pathlib import Path

import click

from locks import ExitCode
from locks.cli import json_option, print_json, quiet_option, showing

from ..arguments import PLACE, report_option


@click.command("verify")
@click.argument("environment", type=PLACE, default=Path(".venv"))
@click.option("--files-only", is_flag=True, help="Compare files, do not run the checks again.")
@report_option
@quiet_option
@json_option
def verify_command(environment: Path, files_only: bool, report_file: Path | None, quiet: bool, as_json: bool) -> None:
    """Hold ENVIRONMENT [default: .venv] against its receipt, and run its checks again."""
    from ..environment.scheme import RECEIPT
    from ..machine.facts import look_at_machine
    from ..report import recorded
    from .verify import verify_environment

    with (
        showing(as_json=as_json, quiet=quiet) as reporter,
        recorded("verify", report_file, reporter) as record,
    ):
        machine = look_at_machine()
        record.facts |= {"environment": str(environment.absolute()), "machine": machine.to_dict()}
        drift = verify_environment(environment, machine=machine, files_only=files_only, reporter=record)
        record.facts |= {"receipt": drift.receipt.summary(), "found": drift.to_dict()}
    if as_json:
        print_json({"ok": drift.is_clean, **drift.to_dict()})
    else:
        for line in drift.lines():
            click.echo(line)
        if drift.is_clean:
            click.echo(f"unaltered: {drift.receipt.proof(str(environment.absolute() / RECEIPT))}")
    if not drift.is_clean:
        sys.exit(ExitCode.CHECK_FAILED if drift.has_whole_files else ExitCode.REFUSED)
