"""`apply --check`: what preflight found, printed."""

import click

from locks import ExitCode
from locks.cli import print_json, styled

from ..finding import error_of
from ..machine.facts import Machine
from .run import Preflight

_COLOURS = {"ok": "green", "warn": "yellow", "stop": "red"}


def print_preflight(found: Preflight, machine: Machine, *, as_json: bool) -> ExitCode:
    """Print every finding, a line each, and whether it fits; give the exit code."""
    error = error_of(found.findings)
    if as_json:
        findings = [finding.to_dict() for finding in found.findings]
        print_json({"ok": error is None, "findings": findings, "machine": machine.to_dict()})
    else:
        for finding in found.findings:
            level = styled(finding.level, colour=_COLOURS[finding.level])
            click.echo(f"{level}{str(finding).removeprefix(finding.level)}")
        click.echo("does not fit; nothing was touched" if error else "ok: it fits; nothing was touched")
    return error.exit_code if error else ExitCode.DONE
