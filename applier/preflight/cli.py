"""`apply --check`: what preflight found, printed."""

import sys
from pathlib import Path
from typing import Any

import click

from locks import ExitCode
from locks.cli import print_json, styled

from ..bundle.sources import Sources
from ..environment.skeleton import holds_something
from ..finding import error_of
from ..machine.facts import Machine
from ..options import Options
from ..report import Record
from .run import Preflight, preflight

_COLOURS = {"ok": "green", "warn": "yellow", "stop": "red"}


def _to_dict(found: Preflight, options: Options) -> dict[str, Any]:
    """Give what was found of bundle and place as a JSON-ready mapping.

    `question` is what an apply would ask; none where it would be refused.
    """
    final, bundle = found.final, None
    if found.bundle:
        lock = found.bundle.lock
        bundle = {
            "name": found.bundle.path.name,
            "stack": lock.stack,
            "version": lock.stack_version,
            "variant": lock.target.variant,
            "target": lock.target.name,
            "packages": len(lock.wheels),
            "installed_bytes": found.bundle.contents.installed_bytes,
        }
    is_refused = error_of(found.findings) is not None
    question = options.question(final) if final and holds_something(final) and not is_refused else None
    place = str(final) if final else None
    findings = [finding.to_dict() for finding in found.findings]
    return {"findings": findings, "bundle": bundle, "place": place, "question": question}


def print_preflight(found: Preflight, machine: Machine, options: Options, *, as_json: bool, quiet: bool) -> ExitCode:
    """Print every finding, a line each, or if `quiet` those not in order, and whether it fits; give the exit code."""
    error = error_of(found.findings)
    if as_json:
        print_json({"ok": error is None, **_to_dict(found, options), "machine": machine.to_dict()})
    else:
        for finding in found.findings:
            if quiet and finding.level == "ok":
                continue
            level = styled(finding.level, colour=_COLOURS[finding.level])
            click.echo(f"{level}{str(finding).removeprefix(finding.level)}")
        click.echo("does not fit; nothing was touched" if error else "ok: it fits; nothing was touched")
    return error.exit_code if error else ExitCode.DONE


def look(bundle: Path, into: Path, machine: Machine, sources: Sources, options: Options, record: Record) -> Preflight:
    """Look at everything and touch nothing."""
    found = preflight(
        bundle,
        into,
        machine=machine,
        running_prefix=Path(sys.prefix).resolve(),
        sources=sources,
        options=options,
        report=record.noted,
        ahead=True,
    )
    record.facts["findings"] = [finding.to_dict() for finding in found.findings]
    return found
