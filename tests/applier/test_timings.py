"""Where a run's time went: marks to steps, steps to lines."""

from locks.progress import Progress

from applier.report import Record
from applier.timings import Mark, Timing, timing_lines, timings_of
from tests.reporters import Told

MARKS = [
    Mark(step="planning", at_s=0.5),
    Mark(step="installing", at_s=2.0),
    Mark(step="syncing", at_s=6.0, done_bytes=8_000_000),
    Mark(step="", at_s=6.5),
]
TIMINGS = (
    Timing(step="starting", seconds=0.25, done_bytes=0),
    Timing(step="planning", seconds=1.5, done_bytes=0),
    Timing(step="installing", seconds=4.0, done_bytes=8_000_000),
    Timing(step="syncing", seconds=0.5, done_bytes=0),
)


def test_a_step_lasts_until_the_next() -> None:
    """Bytes belong to the step in which they were done; the start comes first."""
    assert timings_of(MARKS, started_s=0.25) == TIMINGS


def test_timings_are_told_as_a_table() -> None:
    """Seconds, shares, and rates where there are bytes; the whole in the end."""
    assert list(timing_lines(TIMINGS)) == [
        "starting        0.25 s   4.0%",
        "planning        1.50 s  24.0%",
        "installing      4.00 s  64.0%        8.0 MB      2.0 MB/s",
        "syncing         0.50 s   8.0%",
        "in all          6.25 s 100.0%",
    ]


def test_a_run_of_no_time_divides_by_nothing() -> None:
    """A clock may be coarser than a step."""
    nothing = Timing(step="looking", seconds=0.0, done_bytes=5)

    assert [line.split()[0] for line in timing_lines([nothing])] == ["looking", "in"]


def test_a_record_takes_its_marks_from_steps_and_phases() -> None:
    """Both are passed on; a phase gives its bytes, also to its own later end."""
    readings = iter([0.0, 1.0, 3.0, 3.0, 7.0, 10.0])
    told = Told()
    record = Record(command="apply", reporter=told, clock=lambda: next(readings), started_s=0.5)
    record.entered("looking")
    record.started(Progress(phase="installing"))
    record.advanced(Progress(phase="installing", done_bytes=9))
    record.entered("recording")

    assert (told.steps, told.phases) == (["looking", "recording"], ["installing"])
    assert record.timings() == (
        Timing(step="starting", seconds=0.5, done_bytes=0),
        Timing(step="looking", seconds=2.0, done_bytes=0),
        Timing(step="installing", seconds=4.0, done_bytes=9),
        Timing(step="recording", seconds=3.0, done_bytes=0),
    )
