"""Samples to figures, and figures to Markdown. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from .measure import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle and the ends of several values."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def spread(values: Iterable[float]) -> Spread:
    """Give the median and the range of at least one value."""
    values = sorted(values)
    return Spread(middle=median(values), low=values[0], high=values[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One case, run several times by us and by a peer, in turn."""

    case: str
    peer: str
    rounds: tuple[tuple[Sample, Sample], ...]
    """Ours and the peer's of each round."""

    @property
    def ratio(self) -> Spread:
        """Our seconds to the peer's of the same round: what slows the machine or the network down hits both."""
        return spread(ours.wall_s / theirs.wall_s for ours, theirs in self.rounds)

    @property
    def processor_ratio(self) -> Spread | None:
        """The same of processor time, which other work on the machine touches less; None where nothing was counted."""
        counted = all(sample.processor_s for pair in self.rounds for sample in pair)
        return spread(ours.processor_s / theirs.processor_s for ours, theirs in self.rounds) if counted else None

    def row(self) -> tuple[str, ...]:
        """Give the case's line of a table, as `HEADINGS` has it."""
        ours, theirs = zip(*self.rounds, strict=True)
        seconds = [str(spread(it.wall_s for it in side)) for side in (ours, theirs)]
        megabytes = [f"{max(it.peak_bytes for it in side) / 1e6:,.0f}" for side in (ours, theirs)]
        processor = str(self.processor_ratio or "")
        return self.case, self.peer, str(self.ratio), *seconds, processor, *megabytes, str(len(self.rounds))


HEADINGS = ("case", "peer", "ours / peer", "ours, s", "peer, s", "processor", "ours, MB", "peer, MB", "rounds")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table; a cell's own bars and line ends are kept from breaking it."""
    lines = [headings, ["---"] * len(headings), *rows]
    cells = ((" ".join(cell.replace("|", "\\|").split()) for cell in line) for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
