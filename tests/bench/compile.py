"""`compile` against `uv pip compile`: all targets of a stack, our one process against uv's call for each target."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from .figures import Contest
from .measure import Sample, in_a_row, measure
from .resolvers import STACKS, Stack, Uv, ours, read_stack, uv_floor
from .surroundings import environment

CASES = ("llm-studio", "llm-studio-unsloth")


def _run_ours(stack: Stack, folder: Path, attempt: str) -> Sample:
    command = ours(stack, out=folder / f"locks-{attempt}", cache=folder / "our-cache")
    return measure(command, environment=environment(), folder=folder)


def _run_uv(peer: Uv, stack: Stack, folder: Path, attempt: str) -> Sample:
    def one(number: int) -> Sample:
        variant, target = targets[number]
        out = folder / f"uv-{attempt}-{number}.txt"
        command = peer.command(stack, variant, target, out=out, cache=folder / "uv-cache")
        return measure(command, environment=peer.environment() | uv_floor(target), folder=folder)

    targets = list(stack.manifest.targets())
    return in_a_row(map(one, range(len(targets))))


def contests(peer: Uv, cases: Iterable[str], *, rounds: int, report: Callable[[str], None]) -> list[Contest]:
    """Run cases cold (nothing remembered), then warm (the same again), `rounds` times, the two in turn.

    No run finds the locks of an earlier one, which both would take for preferences.

    Raises:
        CommandFailed: one of the two cannot do it.
        IndexUnavailable: pip's configuration cannot be read.
    """
    found = []
    for case in cases:
        stack = read_stack(STACKS / f"{case}.toml")
        pairs: dict[str, list[tuple[Sample, Sample]]] = {"cold": [], "warm": []}
        for number in range(1, rounds + 1):
            with TemporaryDirectory() as folder:
                for attempt, so_far in pairs.items():
                    mine = _run_ours(stack, Path(folder), attempt)
                    theirs = _run_uv(peer, stack, Path(folder), attempt)
                    so_far.append((mine, theirs))
                    report(f"{case}, {attempt}, round {number}: {mine.wall_s:.2f} s, {peer} {theirs.wall_s:.2f} s")
        found += [
            Contest(case=f"{case}, {attempt}", peer=str(peer), rounds=tuple(so_far))
            for attempt, so_far in pairs.items()
        ]
    return found
