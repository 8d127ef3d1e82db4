"""The smallest part that still fails: it fails, and without any one of its members it does not."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.explaining.minimise import smallest_failing

CASES = [
    ("nothing at all", "", [set()], ""),
    ("one culprit", "abcdef", [{"d"}], "d"),
    ("two, far apart", "abcdef", [{"a", "f"}], "af"),
    ("all of them", "abc", [{"a", "b", "c"}], "abc"),
    ("two ways to fail, one is found", "abcd", [{"a", "b"}, {"c", "d"}], "ab"),
]


def failing(*culprits: set[str]) -> "FailingTogether":
    """A trial that fails when all of some culprits are there."""
    return FailingTogether(culprits)


class FailingTogether:
    """Fails where one of the sets of culprits is whole; counts the trials."""

    def __init__(self, culprits: Sequence[set[str]]) -> None:
        self.culprits = culprits
        self.trials = 0

    def __call__(self, part: Sequence[str]) -> bool:
        self.trials += 1
        return any(culprits <= set(part) for culprits in self.culprits)


@pytest.mark.parametrize(("items", "culprits", "least"), [pytest.param(*case, id=name) for name, *case in CASES])
def test_least_failing_part_is_given_in_order(items: str, culprits: list[set[str]], least: str) -> None:
    """Only the culprits are left, in the order they came in."""
    assert "".join(smallest_failing(items, failing(*culprits))) == least


def test_few_culprits_among_many_cost_few_trials() -> None:
    """Two among a thousand are found in some tens of trials, not in a thousand."""
    items = [str(number) for number in range(1000)]
    trial = failing({"17", "811"})

    assert smallest_failing(items, trial) == ("17", "811")
    assert trial.trials <= 60


@settings(derandomize=True, max_examples=200, deadline=None)
@given(data=st.data(), size=st.integers(1, 9))
def test_part_fails_and_no_member_can_go(data: st.DataObject, size: int) -> None:
    """Whatever sets of items fail, as long as more items never help."""
    items = [str(number) for number in range(size)]
    culprits = data.draw(st.lists(st.sets(st.sampled_from(items), min_size=1), min_size=1, max_size=4))
    trial = failing(*culprits)

    part = smallest_failing(items, trial)

    assert trial(part)
    assert not any(trial([other for other in part if other != item]) for item in part)
