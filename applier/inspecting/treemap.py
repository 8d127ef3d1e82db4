"""Squarified treemaps: areas in proportion, rectangles as near to squares as they get. Pure geometry.

Source: Bruls, Huizing, van Wijk: Squarified Treemaps, 2000.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A rectangle; `x` and `y` are of its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def _worst_ratio(areas: Sequence[float], side: float) -> float:
    """Give the worst aspect ratio of `areas` laid along `side`."""
    total = sum(areas)
    return max(side * side * max(areas) / (total * total), total * total / (side * side * min(areas)))


def _lay_row(areas: Sequence[float], frame: Rectangle) -> tuple[list[Rectangle], Rectangle]:
    """Lay `areas` side by side along the frame's shorter side; give them and what is left of the frame."""
    total = sum(areas)
    placed = []
    if frame.width >= frame.height:
        width, y = total / frame.height, frame.y
        for area in areas:
            placed.append(Rectangle(x=frame.x, y=y, width=width, height=area / width))
            y += area / width
        return placed, Rectangle(x=frame.x + width, y=frame.y, width=max(frame.width - width, 0), height=frame.height)
    height, x = total / frame.width, frame.x
    for area in areas:
        placed.append(Rectangle(x=x, y=frame.y, width=area / height, height=height))
        x += area / height
    return placed, Rectangle(x=frame.x, y=frame.y + height, width=frame.width, height=max(frame.height - height, 0))


def squarify(sizes: Sequence[float], *, width: float, height: float) -> list[Rectangle]:
    """Fill a frame of `width` x `height` with one rectangle for each of `sizes`, in their order.

    The sizes are positive; sorted from the largest down they give the squarest rectangles. Linear, times the rectangles
    in a row.
    """
    scale = width * height / sum(sizes) if sizes else 0.0
    areas = [size * scale for size in sizes]
    frame = Rectangle(x=0, y=0, width=width, height=height)
    placed: list[Rectangle] = []
    row: list[float] = []
    for area in areas:
        side = min(frame.width, frame.height)
        if row and _worst_ratio([*row, area], side) > _worst_ratio(row, side):
            done, frame = _lay_row(row, frame)
            placed += done
            row = []
        row.append(area)
    return placed + (_lay_row(row, frame)[0] if row else [])
