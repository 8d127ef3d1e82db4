"""The order in which wheels are installed, as checks await them."""

import pytest
from packaging.utils import canonicalize_name

from locks import Check

from applier.checks.built_in import PlannedCheck
from applier.checks.order import in_order_of_checks
from tests.bundles import make_lock
from tests.wheels import make_wheel

LOCK = make_lock([make_wheel(name, "1", padding_bytes=size) for name, size in [("a", 9), ("b", 90_000), ("c", 900)]])


def check(*needs: str) -> PlannedCheck:
    """A check that needs these packages."""
    name = " ".join(needs)
    return PlannedCheck(check=Check(name=name, code=""), needs=frozenset(map(canonicalize_name, needs)))


@pytest.mark.parametrize(
    ("checks", "order"),
    [
        pytest.param([], "abc", id="no check: the lock's"),
        pytest.param([check("a", "b", "c")], "abc", id="all: the lock's"),
        pytest.param([check("b", "c")], "bca", id="what no check needs comes last"),
        pytest.param([check("b"), check("c")], "cba", id="the check with the least bytes first"),
        pytest.param([check("a", "b", "c"), check("c", "b"), check("c")], "cba", id="the least of several"),
        pytest.param([check()], "abc", id="one that needs nothing"),
    ],
)
def test_what_the_least_check_needs_comes_first(checks: list[PlannedCheck], order: str) -> None:
    """Checks are known by what they need alone; the lock's order stands among equals."""
    assert "".join(wheel.name for wheel in in_order_of_checks(LOCK, checks)) == order
