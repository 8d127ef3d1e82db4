"""The graph's columns: what stands where, and which lines may be left out."""

from hypothesis import given
from hypothesis import strategies as st

from applier.inspecting.layers import lay_out


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], list[str]]:
    """Draw a graph without cycles, and an order with requirements first."""
    names = [f"p{number}" for number in range(draw(st.integers(1, 12)))]
    requires = {
        name: sorted(draw(st.sets(st.sampled_from(names[:number]), max_size=4))) if number else []
        for number, name in enumerate(names)
    }
    return requires, names


def reachable(edges: dict[str, set[str]], start: str) -> set[str]:
    """All that `edges` lead to from `start`."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return found


@given(graphs())
def test_requirements_stand_to_the_right(graph: tuple[dict[str, list[str]], list[str]]) -> None:
    """Every name has one place, right of all that require it."""
    requires, order = graph
    layers = lay_out(requires, order)
    column = {name: number for number, names in enumerate(layers.columns) for name in names}

    assert sorted(name for names in layers.columns for name in names) == sorted(order)
    assert all(column[edge.start] < column[edge.end] for edge in layers.edges)


@given(graphs())
def test_what_is_left_out_is_implied(graph: tuple[dict[str, list[str]], list[str]]) -> None:
    """The lines drawn lead everywhere that all lines lead."""
    requires, order = graph
    drawn: dict[str, set[str]] = {}
    for edge in lay_out(requires, order).edges:
        if not edge.is_implied:
            drawn.setdefault(edge.start, set()).add(edge.end)

    for name in order:
        assert reachable(drawn, name) == reachable({key: set(value) for key, value in requires.items()}, name)


@given(graphs())
def test_no_drawn_line_could_be_left_out(graph: tuple[dict[str, list[str]], list[str]]) -> None:
    """No clutter: without any one of them something would be out of reach."""
    requires, order = graph
    drawn = [edge for edge in lay_out(requires, order).edges if not edge.is_implied]
    for left_out in drawn:
        others: dict[str, set[str]] = {}
        for edge in drawn:
            if edge is not left_out:
                others.setdefault(edge.start, set()).add(edge.end)
        assert left_out.end not in reachable(others, left_out.start)


def test_a_cycle_is_drawn_whole() -> None:
    """Two packages that require each other, and a third both require: no line goes missing."""
    layers = lay_out({"a": ["b", "c"], "b": ["a", "c"], "c": []}, ["c", "a", "b"])

    assert layers.columns == (("b",), ("a",), ("c",))
    assert {(edge.start, edge.end) for edge in layers.edges if not edge.is_implied} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "a"),
    }


def test_the_graph_s_order_alone_counts() -> None:
    """Neither hash seeds nor the order of a mapping move anything."""
    requires = {"a": ["c", "b"], "b": [], "c": ["b"]}

    assert lay_out(requires, ["b", "c", "a"]) == lay_out(dict(reversed(requires.items())), ["b", "c", "a"])
