"""The dependency graph as SVG: columns of boxes, curves between them, highlights by style alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from .inspection import Inspection
from .layers import Edge, Layers, lay_out

_ROW, _BOX = 24, 19
_GAP, _MARGIN = 54, 14
_PADDING = 14
# Widths of letters at the style sheet's 12 px, in the widest of the fonts that may be there.
_LETTERS = {**dict.fromkeys("fijlrt-.", 4.9), "m": 11.7, "w": 9.8}
_OTHER_LETTER = 7.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    x: float
    y: float
    """Of its middle."""
    width: float


def _width(name: str) -> float:
    return sum(_LETTERS.get(letter, _OTHER_LETTER) for letter in name) + _PADDING


def _boxes(layers: Layers) -> dict[str, _Box]:
    """Place every name; columns stand around one middle line."""
    tallest = max(map(len, layers.columns), default=0)
    x: float = _MARGIN
    boxes = {}
    for column in layers.columns:
        top = _MARGIN + (tallest - len(column)) * _ROW / 2
        for row, name in enumerate(column):
            boxes[name] = _Box(x=x, y=top + (row + 0.5) * _ROW, width=_width(name))
        x += max(map(_width, column)) + _GAP
    return boxes


def _curve(start: _Box, end: _Box) -> str:
    """Draw from the right side of one box to the left side of another; backwards, where a cycle closes, as well."""
    left, right = start.x + start.width, end.x
    bend = max(abs(right - left) / 2, _GAP / 2)
    ends = f"{right - bend:.0f} {end.y:.0f} {right:.0f} {end.y:.0f}"
    return f"M{left:.0f} {start.y:.0f}C{left + bend:.0f} {start.y:.0f} {ends}"


def _box_svg(name: str, box: _Box) -> str:
    corner = f'x="{box.x:.0f}" y="{box.y - _BOX / 2:.1f}" width="{box.width:.0f}" height="{_BOX}" rx="4"'
    return f'<rect {corner}/><text x="{box.x + box.width / 2:.0f}" y="{box.y + 4:.1f}">{name}</text>'


def _related(edges: tuple[Edge, ...], numbers: dict[str, int]) -> dict[str, set[int]]:
    """Give the numbers of every name's neighbours, and its own."""
    related = {name: {number} for name, number in numbers.items()}
    for edge in edges:
        related[edge.start].add(numbers[edge.end])
        related[edge.end].add(numbers[edge.start])
    return related


def _parts(inspection: Inspection, layers: Layers, boxes: dict[str, _Box]) -> Iterator[str]:
    numbers = {name: number for number, name in enumerate(boxes)}
    related = _related(layers.edges, numbers)
    kinds: dict[str, str] = {package.name: package.kind for package in inspection.packages}
    rules = (
        f"svg:has(#g{number}:is(:hover,:focus-visible)) .r{number}{{opacity:1 !important}}"
        f"svg:has(#g{number}:is(:hover,:focus-visible)) .edge.r{number}{{stroke:var(--hot)}}"
        for number in numbers.values()
    )
    yield f"<style>{''.join(rules)}</style>"
    for edge in sorted(layers.edges, key=lambda edge: not edge.is_implied):
        classes = f"edge r{numbers[edge.start]} r{numbers[edge.end]}{' implied' if edge.is_implied else ''}"
        yield f'<path class="{classes}" d="{_curve(boxes[edge.start], boxes[edge.end])}"/>'
    for name, box in boxes.items():
        classes = " ".join((kinds[name], *(f"r{number}" for number in sorted(related[name]))))
        yield f'<a class="node {classes}" id="g{numbers[name]}" href="#p-{name}">{_box_svg(name, box)}</a>'


def graph_svg(inspection: Inspection) -> str:
    """Draw what requires what."""
    requires: dict[str, tuple[str, ...]] = {package.name: package.requires for package in inspection.packages}
    layers = lay_out(requires, inspection.lock.install_order)
    boxes = _boxes(layers)
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN
    height = max((box.y for box in boxes.values()), default=0) + _ROW / 2 + _MARGIN
    parts = "\n".join(_parts(inspection, layers, boxes))
    return f'<svg width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">\n{parts}\n</svg>'
