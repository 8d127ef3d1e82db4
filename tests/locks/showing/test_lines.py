"""Progress in a log and on a terminal: a sign of life in time, and nothing left over."""

from locks.progress import Progress
from locks.showing.lines import LineReporter, TerminalReporter
from locks.showing.pace import beating
from locks.showing.quiet import WarningsOnly

from tests.reporters import Beats, Clock, Told

MB = 10**6


def fetching(done: int) -> Progress:
    """A phase of 100 MB."""
    return Progress(phase="fetching", item="a.whl" if done else "", done_bytes=done * MB, total_bytes=100 * MB)


def test_a_log_gets_a_line_every_ten_seconds_even_while_nothing_moves() -> None:
    """Between start and end there is a heartbeat: with the rate while bytes come, without one when they stopped."""
    clock, written = Clock(), list[str]()
    reporter = LineReporter(written.append, clock)
    reporter.started(fetching(0))
    for second in range(1, 51):
        clock.now_s = 100.0 + second
        if second <= 20:
            reporter.advanced(fetching(second))
        reporter.beat()
    reporter.finished(fetching(100))

    assert written == [
        "fetching: 100.0 MB\n",
        "fetching: 10 %, 10.0 of 100.0 MB, 1.0 MB/s, 1 min 30 s left, a.whl\n",
        "fetching: 20 %, 20.0 of 100.0 MB, 1.0 MB/s, 1 min 20 s left, a.whl\n",
        "fetching: 20 %, 20.0 of 100.0 MB, 0.3 MB/s, 4 min 00 s left, a.whl\n",
        "fetching: 20 %, 20.0 of 100.0 MB, a.whl\n",
        "fetching: 20 %, 20.0 of 100.0 MB, a.whl\n",
        "fetching: 100.0 MB in 50 s\n",
    ]


def test_the_end_of_what_is_over_at_once_is_not_told() -> None:
    """Nine small targets are nine lines, not eighteen."""
    clock, written = Clock(), list[str]()
    reporter = LineReporter(written.append, clock)
    for seconds in (0.9, 1.0):
        reporter.started(Progress(phase="syncing"))
        clock.now_s += seconds
        reporter.finished(Progress(phase="syncing"))

    assert written == ["syncing\n", "syncing\n", "syncing in 1 s\n"]


def test_the_heart_beats_by_itself() -> None:
    """A phase that tells nothing for 35 seconds, as a long sync, is shown three times by a thread of its own."""
    clock, written = Clock(), list[str]()
    reporter, beats = LineReporter(written.append, clock), Beats(clock, 35, 1.0)
    reporter.started(Progress(phase="syncing"))
    with beating(reporter, beats):
        assert beats.is_over.wait(60)
    reporter.finished(Progress(phase="syncing"))

    assert written == ["syncing\n"] * 4 + ["syncing in 35 s\n"]


def test_a_note_counts_as_a_sign_of_life() -> None:
    """What has no size is a line of its own, and what is over tells nothing more."""
    clock, written = Clock(), list[str]()
    reporter = LineReporter(written.append, clock)
    reporter.started(fetching(0))
    clock.now_s += 9
    reporter.warned("waiting for a.whl")
    clock.now_s += 9
    reporter.beat()
    reporter.stopped(fetching(50))
    clock.now_s += 60
    reporter.beat()

    assert written == ["fetching: 100.0 MB\n", "waiting for a.whl\n"]


def test_a_heart_survives_that_nobody_reads() -> None:
    """The job finds that out itself, with its next word; no thread dies with a traceback."""

    def broken(_text: str) -> None:
        raise BrokenPipeError

    clock = Clock()
    reporter = LineReporter(broken, clock)
    reporter.show_note = lambda line: None  # type: ignore[method-assign]  # the start is still read
    reporter.started(fetching(0))
    del reporter.show_note
    beats = Beats(clock, 20, 1.0)
    with beating(reporter, beats):
        assert beats.is_over.wait(60)


class Screen:
    """A terminal that knows carriage return and line feed and nothing else."""

    def __init__(self) -> None:
        self.lines = [""]
        self.column = 0
        self.seen: list[str] = []
        """The last line after each write."""

    def write(self, text: str) -> None:
        for letter in text:
            if letter == "\r":
                self.column = 0
            elif letter == "\n":
                self.lines.append("")
                self.column = 0
            else:
                line = self.lines[-1].ljust(self.column)
                self.lines[-1] = line[: self.column] + letter + line[self.column + 1 :]
                self.column += 1
        self.seen.append(self.lines[-1].rstrip())


def on_screen(width: int, encoding: str = "utf-8") -> tuple[Screen, Clock, TerminalReporter]:
    """A terminal, its clock and its reporter."""
    screen, clock = Screen(), Clock()
    return screen, clock, TerminalReporter(screen.write, clock, lambda: width, encoding)


def test_what_a_terminal_lacks_is_escaped_before_it_is_cut() -> None:
    """Else the line would be longer than the terminal is wide, and leave a row behind each time."""
    screen, _, reporter = on_screen(30, "ascii")
    reporter.started(Progress(phase="comparing", item="\u6f22\u5b57\u6f22\u5b57.py"))

    assert screen.seen == ["comparing: \\u6f22\\u5b57\\u6..."]


def test_a_terminal_gets_one_line_written_over_and_over() -> None:
    """It is never as long as the terminal is wide, and gone when the phase ends; what stays is in order."""
    screen, clock, reporter = on_screen(40)
    reporter.started(fetching(0))
    for done in (50, 60, 99):
        clock.now_s += 0.5
        reporter.advanced(fetching(done))
    reporter.noted("a note")
    reporter.finished(fetching(100))

    assert [line.rstrip() for line in screen.lines] == ["a note", "fetching: 100.0 MB in 2 s", ""]
    assert "fetching: 50 %, 0 s left, a.whl" in screen.seen
    assert max(map(len, screen.seen)) < 40


def test_a_note_goes_above_the_line_which_stays() -> None:
    """In one write, so that the line is never away."""
    screen, _, reporter = on_screen(80)
    reporter.started(fetching(0))
    line = screen.seen[-1]
    reporter.noted("a note")

    assert screen.seen == [line, line]
    assert [each.rstrip() for each in screen.lines] == ["a note", line]


def test_a_terminal_is_not_written_to_at_every_byte() -> None:
    """Five times a second at most, and once a second while nothing moves."""
    screen, clock, reporter = on_screen(80)
    reporter.started(fetching(0))
    for step in range(1000):
        clock.now_s += 0.001
        reporter.advanced(fetching(step // 10))
    assert len(screen.seen) <= 1 + 5
    for _ in range(10):
        clock.now_s += 1
        reporter.beat()

    assert len(screen.seen) <= 1 + 5 + 10


def test_a_line_that_gets_shorter_leaves_nothing_behind() -> None:
    """The rest of the longer one is covered, in the same write: nothing flickers."""
    screen, clock, reporter = on_screen(80)
    reporter.started(Progress(phase="comparing", item="a/long/name.py", total=2, unit="files"))
    clock.now_s += 1
    reporter.advanced(Progress(phase="comparing", item="b", total=2, unit="files"))
    reporter.stopped(Progress(phase="comparing", item="b", total=2, unit="files"))

    assert screen.seen == ["comparing: 0 %, 0 of 2 files, a/long/name.py", "comparing: 0 %, 0 of 2 files, b", ""]
    assert screen.column == 0


def test_leaving_clears_the_line() -> None:
    """Whatever ends the block, Ctrl-C too, the next word begins at the left of an empty line."""
    screen, _, reporter = on_screen(80)
    try:
        with beating(reporter):
            reporter.started(fetching(0))
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass

    assert (screen.lines[-1].strip(), screen.column) == ("", 0)


def test_quiet_passes_on_warnings_alone() -> None:
    """What was left out is said even to who asked for quiet."""
    told = Told()
    reporter = WarningsOnly(told)
    reporter.started(fetching(0))
    reporter.advanced(fetching(1))
    reporter.finished(fetching(100))
    reporter.noted("planning")
    reporter.warned("left out")

    assert (told.phases, told.notes, told.warnings) == ([], [], ["left out"])


def test_what_others_wrote_does_not_move_the_cursor() -> None:
    """Notes and warnings may quote an index: controls are escaped, lines kept."""
    written = list[str]()
    reporter = LineReporter(written.append, Clock())
    reporter.noted("a\x1b[2J\nb")
    reporter.warned("c\rd")

    assert written == ["a\\x1b[2J\nb\n", "c\\rd\n"]
