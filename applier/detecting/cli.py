"""`detect`: this machine, and which variant and which bundle fit it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from locks import ExitCode
from locks.cli import json_option, print_json, say

from ..arguments import BUNDLE_OR_FOLDER
from ..choose import Candidate, candidates_in, judge_candidate
from ..machine.facts import Machine, look_at_machine
from ..machine.variants import VariantVerdict, judge_variants


def _machine_lines(machine: Machine) -> Iterator[str]:
    floor = "".join(
        f", {name} {number[0]}.{number[1]}"
        for name, number in (("glibc", machine.glibc), ("macOS", machine.macos))
        if number
    )
    yield f"system   {machine.sys_platform} on {machine.machine}{floor}, {machine.python_words()}"
    yield f"driver   {machine.driver_words()}{f', told by {machine.source}' if machine.source else ''}"
    for number, gpu in enumerate(machine.gpus):
        memory = f"{gpu.memory_bytes / (1 << 30):,.1f} GiB" if gpu.memory_bytes else "memory shared or not told"
        capability = gpu.compute_capability or "not told"
        trouble = f"; {gpu.trouble.found} ({gpu.trouble.hint})" if gpu.trouble else ""
        yield f"GPU {number}    {gpu.name}, compute capability {capability}, {memory}{trouble}"
    if machine.trouble:
        yield f"{'note' if machine.gpus else 'GPU'}      {machine.trouble.found} ({machine.trouble.hint})"


def _candidate_line(candidate: Candidate) -> str:
    if not candidate.fits:
        return f"does not fit: {candidate.reasons()}"
    needs = "" if candidate.fits_python else f" with CPython {candidate.lock.target.python}"
    return f"fits{needs} ({candidate.lock.target})"


def _print(machine: Machine, candidates: list[Candidate], verdicts: tuple[VariantVerdict, ...]) -> None:
    for line in _machine_lines(machine):
        click.echo(line)
    for candidate in candidates:
        click.echo(f"{candidate.path.name} {_candidate_line(candidate)}")
    for verdict in verdicts:
        click.echo(f"{verdict.variant:8} {verdict.words()}")


@click.command("detect")
@click.argument("bundles", nargs=-1, type=BUNDLE_OR_FOLDER, metavar="[BUNDLE|FOLDER]...")
@json_option
def detect_command(bundles: tuple[Path, ...], as_json: bool) -> None:
    """Look at this machine: GPUs, driver, Python; which variants fit, best first, and which BUNDLEs do."""
    from ..bundle.reader import Bundle

    machine = look_at_machine()
    candidates = []
    for place in bundles:
        if place.is_dir():
            candidates += candidates_in(place, machine, say)
        else:
            candidates.append(judge_candidate(place, Bundle.open(place).lock, machine))
    verdicts = judge_variants(machine)
    if as_json:
        found = {"bundles": [each.to_dict() for each in candidates], "variants": [each.to_dict() for each in verdicts]}
        print_json({"ok": True, "machine": machine.to_dict(), **found})
    else:
        _print(machine, candidates, verdicts)
    unfit = bool(candidates) and not any(candidate.fits for candidate in candidates)
    sys.exit(ExitCode.UNFIT if unfit else ExitCode.DONE)
