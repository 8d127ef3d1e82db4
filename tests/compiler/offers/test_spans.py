"""Releases in words: a span holds what it says, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from compiler.offers.spans import span, spans

KNOWN = [Version(text) for text in ("1.0", "1.1", "1.2", "1.10", "2.0")]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        pytest.param("", "", id="none"),
        pytest.param("1.1", "1.1", id="one"),
        pytest.param("1.0 1.1", "1.0 to 1.1", id="neighbours"),
        pytest.param("1.0 1.2", "1.0, 1.2", id="another between"),
        pytest.param("2.0 1.10 1.0 1.1", "1.0 to 1.1, 1.10 to 2.0", id="by version, not by text"),
        pytest.param("3.0 2.0", "2.0 to 3.0", id="one that is not among the known"),
    ],
)
def test_releases_are_named_in_spans(chosen: str, words: str) -> None:
    """Neighbours are joined, oldest first, and a release that is not meant ends a span."""
    assert spans([Version(text) for text in chosen.split()], KNOWN) == words


def test_of_many_spans_the_newest_are_named_and_the_others_counted() -> None:
    """Every second release of nine: the two newest, and three older ones."""
    every = [Version(str(number)) for number in range(9)]

    assert spans(every[::2], every, most=2) == "6, 8 and 3 older"
    assert spans(every[::2], every, most=5) == "0, 2, 4, 6, 8"


def test_a_span_of_anything_names_its_ends() -> None:
    """What is in order already need not be versions."""
    assert (span(["3.11"]), span(["3.11", "3.12", "3.13"])) == ("3.11", "3.11 to 3.13")


versions = st.builds("{}.{}".format, st.integers(0, 3), st.integers(0, 12)).map(Version)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(known=st.sets(versions), data=st.data())
def test_spans_hold_the_chosen_and_no_other(known: set[Version], data: st.DataObject) -> None:
    """Read back against the known releases, the words give exactly the chosen ones."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    read: set[Version] = set()
    for part in filter(None, spans(chosen, known).split(", ")):
        first, _, last = part.partition(" to ")
        read |= {item for item in known if Version(first) <= item <= Version(last or first)}

    assert read == chosen
