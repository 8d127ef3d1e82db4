"""Squarified treemaps: the promises of the picture, for any sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.inspecting.treemap import Rectangle, squarify

ANY_SIZES = st.lists(st.integers(1, 10**10), min_size=1, max_size=60)
SIZES = ANY_SIZES.map(lambda sizes: sorted(map(float, sizes), reverse=True))
SIDES = st.floats(1, 1000)
TOLERANCE = 1e-6


def overlap(first: Rectangle, second: Rectangle) -> float:
    """How much area two rectangles share."""
    across = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    down = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    return max(across, 0) * max(down, 0)


@given(SIZES, SIDES, SIDES)
def test_areas_are_in_proportion(sizes: list[float], width: float, height: float) -> None:
    """Every rectangle has its size's share of the frame, in the order given."""
    for size, place in zip(sizes, squarify(sizes, width=width, height=height), strict=True):
        assert place.width * place.height == pytest.approx(size / sum(sizes) * width * height, rel=TOLERANCE)


@given(SIZES, SIDES, SIDES)
def test_all_is_inside_the_frame(sizes: list[float], width: float, height: float) -> None:
    """Nothing sticks out, whatever floating point does."""
    for place in squarify(sizes, width=width, height=height):
        assert min(place.x, place.y) >= 0
        assert place.x + place.width <= width * (1 + TOLERANCE)
        assert place.y + place.height <= height * (1 + TOLERANCE)


@given(SIZES, SIDES, SIDES)
def test_no_two_overlap(sizes: list[float], width: float, height: float) -> None:
    """What is pointed at is one thing."""
    places = squarify(sizes, width=width, height=height)
    for number, place in enumerate(places):
        for other in places[:number]:
            assert overlap(place, other) <= TOLERANCE * width * height


def test_the_paper_s_example() -> None:
    """Source: Bruls, Huizing, van Wijk, figures 4 and 5: 6, 6, 4, 3, 2, 2, 1 in 6 x 4."""
    first, second, third, *_ = squarify([6, 6, 4, 3, 2, 2, 1], width=6, height=4)

    assert first == Rectangle(x=0, y=0, width=3, height=2)
    assert second == Rectangle(x=0, y=2, width=3, height=2)
    assert (third.x, third.y) == (3, 0)
    assert (third.width, third.height) == pytest.approx((12 / 7, 7 / 3))


def test_nothing_fills_nothing() -> None:
    """A bundle of no packages has an empty map."""
    assert squarify([], width=6, height=4) == []
