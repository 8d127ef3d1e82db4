"""Events: what programs read of a run."""

import json
from typing import Any

import pytest

from locks.progress import Progress
from locks.showing.events import EventReporter, read_event, read_progress

from tests.reporters import Clock

MB = 10**6
STATE = Progress(phase="fetching", item="é\u2028\n", done_bytes=MB, total_bytes=9 * MB, done=1, total=3, unit="wheels")


def test_everything_told_is_one_line_of_ascii() -> None:
    """Line by line a program reads what was told, whatever the pipe's encoding is."""
    clock, written = Clock(), list[str]()
    reporter = EventReporter(written.append, clock)
    reporter.started(STATE)
    clock.now_s += 1
    reporter.advanced(STATE)
    reporter.finished(STATE)
    reporter.stopped(STATE)
    reporter.noted("ü")
    reporter.warned("left out\n")
    events = [read_event(line) for line in written]

    assert all(line.isascii() and line.isprintable() for line in written)
    assert [event["event"] for event in events if event] == [
        "started",
        "advanced",
        "finished",
        "stopped",
        "note",
        "warning",
    ]
    assert [read_progress(event) for event in events if event and "phase" in event] == [STATE] * 4
    assert [event["line"] for event in events if event and "line" in event] == ["ü", "left out\n"]


def test_how_far_it_is_comes_four_times_a_second_with_the_time_left() -> None:
    """A reader is not flooded, and need not compute."""
    clock, written = Clock(), list[str]()
    reporter = EventReporter(written.append, clock)
    reporter.started(Progress(phase="fetching", total_bytes=1000 * MB))
    for step in range(1, 1001):
        clock.now_s += 0.002
        reporter.advanced(Progress(phase="fetching", done_bytes=step * MB // 2, total_bytes=1000 * MB))
    events: list[dict[str, Any]] = [json.loads(line) for line in written]

    assert [event["event"] for event in events] == ["started", *["advanced"] * (len(events) - 1)]
    assert 7 <= len(events) <= 9
    assert 2 <= events[-1]["left_s"] <= 2.5


def test_what_stands_still_is_told_every_ten_seconds() -> None:
    """A program can tell a long check from a dead process."""
    clock, written = Clock(), list[str]()
    reporter = EventReporter(written.append, clock)
    reporter.started(Progress(phase="syncing"))
    for _ in range(35):
        clock.now_s += 1
        reporter.beat()

    assert [json.loads(line)["event"] for line in written] == ["started", "advanced", "advanced", "advanced"]
    assert json.loads(written[-1])["left_s"] is None


@pytest.mark.parametrize("line", ["installed torch 2.5.1", "{", "[1]", '{"a": 1}', "12", ""])
def test_what_is_no_event_is_told_apart(line: str) -> None:
    """A library may print."""
    assert read_event(line) is None
