"""A dependency graph in columns: every package to the right of all that require it. Pure.

Source: the layering and barycentre steps of Sugiyama, Tagawa, Toda, 1981, without their dummy nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One package requires another."""

    start: str
    end: str
    is_implied: bool
    """Whether a longer way leads there too, so that the picture says it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The graph, laid out."""

    columns: tuple[tuple[str, ...], ...]
    """Names from left to right, from top to bottom."""
    edges: tuple[Edge, ...]
    """Sorted; cycles are in it whole."""


Requires = Mapping[str, Sequence[str]]
"""Name -> the names it requires."""


def _without_cycles(requires: Requires, order: Sequence[str]) -> dict[str, list[str]]:
    """Keep what is required of names earlier in `order`; the rest closes cycles."""
    place = {name: position for position, name in enumerate(order)}
    return {name: [each for each in requires[name] if place[each] < place[name]] for name in order}


def _levels(forward: Requires, order: Sequence[str]) -> dict[str, int]:
    """Give every name its column."""
    levels = dict.fromkeys(order, 0)
    for name in reversed(order):
        for required in forward[name]:
            levels[required] = max(levels[required], levels[name] + 1)
    return levels


def _reach(forward: Requires, order: Sequence[str]) -> dict[str, set[str]]:
    """Give all that every name leads to, itself left out."""
    reached: dict[str, set[str]] = {}
    for name in order:
        reached[name] = set(forward[name]).union(*(reached[required] for required in forward[name]))
    return reached


def _untangled(columns: list[list[str]], neighbours: Requires) -> list[list[str]]:
    """Order each column by where its neighbours stand, forth and back, so that fewer edges cross."""
    for sweep in range(_SWEEPS):
        height = {name: row - len(column) / 2 for column in columns for row, name in enumerate(column)}
        for column in columns if sweep % 2 == 0 else reversed(columns):
            middles = {
                name: sum(height[each] for each in neighbours[name]) / len(neighbours[name])
                if neighbours[name]
                else height[name]
                for name in column
            }
            column.sort(key=lambda name: (middles[name], name))  # called at once
            height |= {name: row - len(column) / 2 for row, name in enumerate(column)}
    return columns


def _edges(requires: Requires, forward: Requires, order: Sequence[str]) -> list[Edge]:
    reach = _reach(forward, order)
    return [
        Edge(
            start=name,
            end=required,
            is_implied=any(required in reach[other] for other in forward[name] if other != required),
        )
        for name in sorted(order)
        for required in sorted(requires[name])
    ]


def lay_out(requires: Requires, order: Sequence[str]) -> Layers:
    """Lay out the graph of `requires`; `order` has every name once, requirements first where there is no cycle.

    Quadratic in the names at worst.
    """
    forward = _without_cycles(requires, order)
    levels, edges = _levels(forward, order), _edges(requires, forward, order)
    neighbours: dict[str, list[str]] = {name: [] for name in order}
    for edge in edges:
        neighbours[edge.start].append(edge.end)
        neighbours[edge.end].append(edge.start)
    columns: list[list[str]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for name in sorted(order):
        columns[levels[name]].append(name)
    return Layers(columns=tuple(map(tuple, _untangled(columns, neighbours))), edges=tuple(edges))
