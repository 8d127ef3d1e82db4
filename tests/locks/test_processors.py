"""How many processors there are."""

import os

import pytest

from locks.processors import processors


def test_a_share_of_the_processors_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound to two of sixty-four it is two."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5}, raising=False)

    assert processors() == 2


@pytest.mark.parametrize(("count", "told"), [(64, 64), (None, 1)])
def test_without_a_share_all_count(count: int | None, told: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS and Windows; where nobody knows how many there are, there is one."""
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert processors() == told
