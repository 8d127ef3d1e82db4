"""Rounds: contenders in turn, again and again, so that what slows the machine down hits all of them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from .figures import Contest
from .measure import Sample, settle

_Case = TypeVar("_Case")


def run_alone(run: Callable[[Path], Sample], where: Path) -> Sample:
    """Run in an empty folder of `where`, with nothing left to be written of the last."""
    with TemporaryDirectory(dir=where) as folder:
        settle()
        return run(Path(folder))


def contests_of(runs: Mapping[Path, Sequence[Mapping[str, Sample]]], pairs: Iterable[tuple[str, str]]) -> list[Contest]:
    """Hold in each place the first contender of every pair against the second."""
    pairs = tuple(pairs)
    return [
        Contest(case=f"{place}, {ours}", peer=peer, rounds=tuple((run[ours], run[peer]) for run in so_far))
        for place, so_far in runs.items()
        for ours, peer in pairs
    ]


def in_turn(
    cases: Iterable[_Case],
    run_all: Callable[[_Case], Mapping[str, Sample]],
    *,
    rounds: int,
    most_s: float = inf,
    report: Callable[[str], None],
) -> dict[_Case, list[Mapping[str, Sample]]]:
    """Run all contenders of each case once, `rounds` times; give for each case what every round's contenders cost.

    A further round is begun only if it is likely to end within `most_s` seconds of the first one's beginning.

    Raises:
        CommandFailed: one of them cannot do it.
    """
    runs: dict[_Case, list[Mapping[str, Sample]]] = {case: [] for case in cases}
    began_s = time.monotonic()
    for number in range(1, rounds + 1):
        for case, so_far in runs.items():
            so_far.append(run_all(case))
            said = ", ".join(f"{name} {sample.wall_s:.2f} s" for name, sample in so_far[-1].items())
            report(f"{case}, round {number}: {said}")
        if (time.monotonic() - began_s) * (number + 1) / number > most_s:
            break
    return runs
