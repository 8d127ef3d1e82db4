"""Progress in words: what is known, as much of it as there is room for, and nothing that moves a cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks.progress import Progress, Reading
from locks.showing.words import cells, duration, end_of, line_of, whole_of

MB = 10**6
FETCHING = Progress(
    phase="fetching", item="a.whl", done_bytes=20 * MB, total_bytes=1000 * MB, done=2, total=9, unit="wheels"
)
READINGS = [Reading(0.0, 0), Reading(2.0, 20 * MB)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (59.6, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (7325, "2 h 02 min"),
    ],
)
def test_durations_are_put_in_words(seconds: float, words: str) -> None:
    """Two units at most."""
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("progress", "readings", "line"),
    [
        pytest.param(
            FETCHING,
            READINGS,
            "fetching: 2 %, 20.0 of 1,000.0 MB, 2 of 9 wheels, 10.0 MB/s, 1 min 38 s left, a.whl",
            id="everything",
        ),
        pytest.param(FETCHING, [], "fetching: 2 %, 20.0 of 1,000.0 MB, 2 of 9 wheels, a.whl", id="no rate yet"),
        pytest.param(Progress(phase="syncing"), [], "syncing", id="nothing to count"),
        pytest.param(
            Progress(phase="checking", item="torch", done=1, total=3, unit="checks"),
            [Reading(0.0, 0), Reading(2.0, 1)],
            "checking: 33 %, 1 of 3 checks, 4 s left, torch",
            id="things alone",
        ),
        pytest.param(
            Progress(phase="resolving", subject="cpu (1 of 4)", done_bytes=MB, done=1200, unit="answers"),
            READINGS,
            "resolving cpu (1 of 4): 1.0 MB, 1,200 answers",
            id="no total",
        ),
        pytest.param(
            Progress(phase="comparing", item="a\x1b[2J\n.py"), [], "comparing: a\\x1b[2J\\n.py", id="a hostile name"
        ),
    ],
)
def test_a_line_says_what_is_known(progress: Progress, readings: list[Reading], line: str) -> None:
    """Bytes, things, rate, time left and item when there are any; nothing is made up."""
    assert line_of(progress, readings) == line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (100, "fetching: 2 %, 20.0 of 1,000.0 MB, 2 of 9 wheels, 10.0 MB/s, 1 min 38 s left, a.whl"),
        (80, "fetching: 2 %, 20.0 of 1,000.0 MB, 10.0 MB/s, 1 min 38 s left, a.whl"),
        (60, "fetching: 2 %, 20.0 of 1,000.0 MB, 1 min 38 s left, a.whl"),
        (40, "fetching: 2 %, 1 min 38 s left, a.whl"),
        (32, "fetching: 2 %, a.whl"),
        (14, "fetching: 2 %"),
        (12, "fetching: 2"),
        (5, "fetch"),
        (0, ""),
    ],
)
def test_what_matters_least_gives_way_on_a_narrow_terminal(width: int, line: str) -> None:
    """Percent and the current item stay longest."""
    assert line_of(FETCHING, READINGS, width) == line


def test_a_long_item_is_shortened_before_numbers_go() -> None:
    """A dozen columns of it say enough."""
    checking = Progress(phase="checking", item="torch multiplies on every card", done=1, total=3, unit="checks")

    assert line_of(checking, [], 60) == "checking: 33 %, 1 of 3 checks, torch multiplies on every..."
    assert line_of(checking, [], 44) == "checking: 33 %, 1 of 3 checks, torch mult..."


@given(item=st.text(), width=st.integers(0, 200))
def test_a_line_is_never_wider_than_there_is_room(item: str, width: int) -> None:
    """Whatever a file is called; and no name moves the cursor."""
    line = line_of(Progress(phase="comparing", item=item, done=1, total=3, unit="files"), [], width)

    assert cells(line) <= width
    assert line.isprintable()


def test_start_and_end_have_the_sizes() -> None:
    """A log tells what was to be done, and what was done in how long."""
    assert whole_of(FETCHING) == "fetching: 1,000.0 MB, 9 wheels"
    assert end_of(FETCHING, 61) == "fetching: 20.0 MB, 2 wheels in 1 min 01 s"
    assert whole_of(Progress(phase="syncing")) == "syncing"
    assert end_of(Progress(phase="syncing"), 3) == "syncing in 3 s"
