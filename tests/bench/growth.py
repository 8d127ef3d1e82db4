"""`apply` on generated bundles that grow along one axis: files, wheels or bytes. What is linear costs each the same."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .figures import spread
from .generated import Shape, generate_bundle
from .measure import Sample, measure
from .resolvers import VENVAULT
from .surroundings import environment

_SMALL_BYTES = 1000
_LARGE_BYTES = 100_000_000


def _of_bytes(size_bytes: int) -> Shape:
    file_bytes = min(size_bytes // 10, _LARGE_BYTES)
    return Shape(wheels=10, files=size_bytes // 10 // file_bytes, file_bytes=file_bytes)


AXES: dict[str, tuple[Shape, ...]] = {
    "files": tuple(
        Shape(wheels=10, files=files // 10, file_bytes=_SMALL_BYTES)
        for files in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
    ),
    "wheels": tuple(Shape(wheels=wheels, files=20, file_bytes=_SMALL_BYTES) for wheels in (10, 30, 100, 300, 1_000)),
    "bytes": tuple(map(_of_bytes, (10_000_000, 100_000_000, 1_000_000_000, 5_000_000_000, 20_000_000_000))),
}
_UNITS = {"files": "1,000 files", "wheels": "10 wheels", "bytes": "100 MB"}
HEADINGS = ("axis", "wheels", "files", "MB", "s", "processor, s", "ms for each more", "processor", "peak, MB")


def _amount(axis: str, shape: Shape) -> float:
    """Give how much of the axis's unit a shape has."""
    return {"files": shape.all_files / 1e3, "wheels": shape.wheels / 10, "bytes": shape.all_bytes / 1e8}[axis]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One size on an axis, applied several times."""

    axis: str
    shape: Shape
    samples: tuple[Sample, ...]

    def _least(self) -> tuple[float, float]:
        """Give the least seconds and the least processor seconds: what comes on top is other work's."""
        return min(it.wall_s for it in self.samples), min(it.processor_s for it in self.samples)

    def row(self, before: "Step | None") -> tuple[str, ...]:
        """Give the line of a table, as `HEADINGS` has it; `before` is the next smaller size on the same axis."""
        more = ["", ""]
        if before is not None:
            units = _amount(self.axis, self.shape) - _amount(self.axis, before.shape)
            pairs = zip(self._least(), before._least(), strict=True)
            more = [f"{(here - there) / units * 1000:,.0f}" for here, there in pairs]
        return (
            f"{self.axis}, each {_UNITS[self.axis]}",
            f"{self.shape.wheels:,}",
            f"{self.shape.all_files:,}",
            f"{self.shape.all_bytes / 1e6:,.0f}",
            str(spread(it.wall_s for it in self.samples)),
            f"{min(it.processor_s for it in self.samples):.2f}",
            *more,
            f"{max(it.peak_bytes for it in self.samples) / 1e6:,.0f}",
        )


def _apply(bundle: Path, place: Path) -> Sample:
    with TemporaryDirectory(dir=place) as text:
        command = [VENVAULT, "apply", str(bundle), "--into", str(Path(text, "env")), "--yes"]
        return measure(command, environment=environment(), folder=Path(text), of_tree=True)


def grow(
    axes: Iterable[str], place: Path, *, most_bytes: int, rounds: int, report: Callable[[str], None]
) -> Iterator[Step]:
    """Apply every size of the axes in a folder of `place`, up to `most_bytes`; the bundles are made there, and removed.

    Raises:
        CommandFailed: an apply does not end well.
    """
    for axis in axes:
        for shape in AXES[axis]:
            if shape.all_bytes > most_bytes:
                report(f"{axis}: left out {shape.all_bytes / 1e6:,.0f} MB")
                continue
            with TemporaryDirectory(dir=place) as folder:
                bundle = generate_bundle(Path(folder, "bundle.zip"), shape)
                samples = tuple(_apply(bundle, place) for _ in range(rounds))
            step = Step(axis=axis, shape=shape, samples=samples)
            report(f"{axis}: {', '.join(step.row(None))}")
            yield step


def rows(steps: Iterable[Step]) -> Iterator[tuple[str, ...]]:
    """Give a table's lines, each with what it costs beyond the one before on its axis."""
    before: Step | None = None
    for step in steps:
        yield step.row(before if before and before.axis == step.axis else None)
        before = step
