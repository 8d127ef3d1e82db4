"""The journal: written whole, read whole, or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.environment.durable import write_durably
from applier.environment.journal import Journal, journal_to_bytes, load_journal, read_journal

JOURNALS = st.builds(
    Journal,
    action=st.sampled_from(["apply", "rollback"]),
    bundle=st.text(),
    keep=st.booleans(),
    incoming=st.text("0123456789abcdef", max_size=64),
)


@given(JOURNALS)
def test_a_journal_reads_as_it_was_written(journal: Journal) -> None:
    """Nothing of the intent is lost, whatever a bundle is called."""
    assert read_journal(journal_to_bytes(journal)) == journal


@given(JOURNALS, st.integers(min_value=0))
def test_a_journal_that_was_cut_is_none(journal: Journal, length: int) -> None:
    """After a crash while it was written it is as if it were not there."""
    data = journal_to_bytes(journal)

    assert read_journal(data[: length % (len(data) - 1)]) is None


@pytest.mark.parametrize("data", [b"[]", b"\xff", b'{"format": 2}', b"{}", b'{"format": 1, "action": "bake"}'])
def test_what_is_no_journal_is_none(data: bytes) -> None:
    """Neither a newer format nor anything else is guessed at."""
    assert read_journal(data) is None


def test_a_journal_on_disk(tmp_path: Path) -> None:
    """What is written durably is there, and what is not there is none."""
    journal = Journal(action="rollback", bundle="b.zip", incoming="ab")
    path = tmp_path / "journal"

    assert load_journal(path) is None
    write_durably(path, b"x" * 1000)
    write_durably(path, journal_to_bytes(journal))
    assert load_journal(path) == journal
