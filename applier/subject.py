"""What a run of `apply` is about: the bundle that was meant, this machine, where a base may come from."""

from dataclasses import dataclass
from pathlib import Path

import click

from locks.commands import flags_given
from locks.interrupts import input_end_interrupts

from .bundle.sources import Sources
from .choose import choose_bundle
from .machine.facts import Machine, look_at_machine
from .machine.handover import hand_over
from .report import Record, apply_facts
from .signature.places import trust_here


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a run is about, once its bundle is chosen, and this is the Python for it."""

    bundle: Path
    machine: Machine
    sources: Sources


def settle(
    context: click.Context,
    record: Record,
    *,
    bundle: Path,
    into: Path,
    python: Path | None,
    bases: tuple[Path, ...],
    store: Path | None,
    allowed_signers: Path | None,
    until_input_ends: bool,
) -> Subject:
    """Choose among the bundles of a folder; where that needs another Python, start this with it and never come back.

    From then on the end of standard input ends this process, if it is to run `until_input_ends`.

    Raises:
        ApplyRefused, BundleDamaged, MachineUnfit: no bundle fits, or no Python, or a file of keys cannot be read.
    """
    record.entered("choosing")
    machine = look_at_machine()
    record.facts |= apply_facts(bundle, into, machine)
    trust = trust_here(allowed_signers)
    if bundle.is_dir():
        bundle = choose_bundle(bundle, machine, record.noted, trust)
        record.facts |= apply_facts(bundle, into, machine)
    flags = flags_given(context, but=("bundle", "python"))
    hand_over(bundle, into, machine, named=python, flags=flags, report=record.noted, trust=trust)
    if until_input_ends:
        input_end_interrupts()
    return Subject(bundle=bundle, machine=machine, sources=Sources(bases=bases, store=store, trust=trust))
