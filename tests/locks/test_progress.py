"""Progress: what is told, and what is computed from it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from locks.progress import SILENT, Progress, Reading, Reporter, left_s, phase, rate_per_s

MB = 10**6


class Recorder(Reporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int, int | None]] = []

    def started(self, progress: Progress) -> None:
        self.told.append(("started", progress.item, progress.done_bytes, progress.total_bytes))

    def advanced(self, progress: Progress) -> None:
        self.told.append(("advanced", progress.item, progress.done_bytes, progress.total_bytes))

    def finished(self, progress: Progress) -> None:
        self.told.append(("finished", progress.item, progress.done_bytes, progress.total_bytes))

    def stopped(self, progress: Progress) -> None:
        self.told.append(("stopped", progress.item, progress.done_bytes, progress.total_bytes))


def test_a_phase_is_told_from_start_to_end() -> None:
    """Every event carries the whole state; what proved worthless is taken back."""
    recorder = Recorder()
    with phase(recorder, "fetching", total_bytes=30) as counting:
        counting.advance("a.whl", 20)
        counting.advance("a.whl", -20)
        counting.advance("b.whl", 30)

    assert recorder.told == [
        ("started", "", 0, 30),
        ("advanced", "a.whl", 20, 30),
        ("advanced", "a.whl", 0, 30),
        ("advanced", "b.whl", 30, 30),
        ("finished", "b.whl", 30, 30),
    ]


def test_a_phase_that_has_nothing_to_do_is_not_told() -> None:
    """Nobody reads of what needed no fetching, nor of what in it was no use; what is not counted is told."""
    recorder = Recorder()
    with phase(recorder, "fetching", total_bytes=0, total=0) as counting:
        counting.advance("a.whl")
    assert recorder.told == []
    with phase(recorder, "fetching", total_bytes=0, total=1):
        pass
    with phase(recorder, "syncing"):
        pass

    assert recorder.told == [
        ("started", "", 0, 0),
        ("finished", "", 0, 0),
        ("started", "", 0, None),
        ("finished", "", 0, None),
    ]


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_a_phase_that_fails_is_stopped(error: type[BaseException]) -> None:
    """Nobody reads "fetching: done" over a failure, nor sees a bar that stands still for ever."""
    recorder = Recorder()
    with pytest.raises(error), phase(recorder, "fetching", total_bytes=1):
        raise error

    assert [kind for kind, *_ in recorder.told] == ["started", "stopped"]


@pytest.mark.parametrize(
    ("progress", "measure", "fraction"),
    [
        pytest.param({"done_bytes": 1, "total_bytes": 4, "done": 1, "total": 2}, (1, 4), 0.25, id="bytes, where known"),
        pytest.param({"done": 1, "total": 2}, (1, 2), 0.5, id="else things"),
        pytest.param({"total_bytes": 0, "done": 1, "total": 2}, (1, 2), 0.5, id="empty files"),
        pytest.param({"done_bytes": 9, "done": 3}, (3, None), None, id="no total"),
        pytest.param({"done_bytes": 9, "total_bytes": 8}, (9, 8), 1.0, id="more than foreseen"),
        pytest.param({}, (0, None), None, id="nothing is counted"),
    ],
)
def test_the_part_that_is_done_follows_from_what_is_counted(
    progress: dict[str, int], measure: tuple[int, int | None], fraction: float | None
) -> None:
    """Bytes say best how far it is; where nothing says it, nothing is made up."""
    state = Progress(phase="it", **progress)  # type: ignore[arg-type]  # numbers

    assert (state.measure, state.fraction) == (measure, fraction)


def test_who_comes_late_counts_nothing() -> None:
    """A thread that goes on after the end of a phase brings it back to no screen."""
    recorder = Recorder()
    with phase(recorder, "resolving") as counting:
        counting.advance("a", 1)
    counting.advance("b", 1)

    assert [kind for kind, *_ in recorder.told] == ["started", "advanced", "finished"]


def test_threads_lose_no_byte() -> None:
    """Many threads may count at once."""
    with phase(SILENT, "fetching", total_bytes=4000) as counting, ThreadPoolExecutor(4) as pool:
        for _ in range(4000):
            pool.submit(counting.advance, "a", 1)

    assert counting.progress.done_bytes == 4000


@pytest.mark.parametrize(
    ("readings", "rate", "left"),
    [
        pytest.param([], None, None, id="nothing read"),
        pytest.param([(5.0, 0)], None, None, id="one reading"),
        pytest.param([(5.0, 0), (5.0, 10)], None, None, id="no time passed"),
        pytest.param([(5.0, 10), (7.0, 10)], None, None, id="nothing came"),
        pytest.param([(5.0, 10), (7.0, 0)], None, None, id="taken back"),
        pytest.param([(5.0, 0), (6.0, 99), (7.0, 20)], 10.0, 8.0, id="first to last"),
        pytest.param([(5.0, 0), (7.0, 100)], 50.0, 0.0, id="done"),
    ],
)
def test_rate_and_time_left_follow_from_readings(
    readings: list[tuple[float, int]], rate: float | None, left: float | None
) -> None:
    """Both are functions of clock readings; where they cannot be told they are not made up."""
    pairs = [Reading(*pair) for pair in readings]

    assert rate_per_s(pairs) == rate
    assert left_s(pairs, 100) == left


def test_a_reporter_is_silent_unless_somebody_overrides_it() -> None:
    """Every hook does nothing by default."""
    progress = Progress(phase="fetching", total_bytes=1)
    for hook in (SILENT.started, SILENT.advanced, SILENT.finished, SILENT.stopped):
        hook(progress)
    for say in (SILENT.noted, SILENT.warned):
        say("nobody hears")
