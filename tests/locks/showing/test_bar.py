"""The bar, by rich: what it writes to real terminals' encodings and widths, and what it leaves behind."""

import io

import pytest

pytest.importorskip("rich")

from rich.console import Console

from locks.progress import Progress
from locks.showing.bar import BarReporter
from locks.showing.pace import beating

from tests.reporters import Clock

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
STATE = Progress(phase="fetching", item="größer.whl", done_bytes=1, total_bytes=4, done=1, total=3, unit="wheels")


def shown(encoding: str, width: int = 80, *, fails: bool = False) -> str:
    """What a phase writes to a terminal of that encoding, escaped as the command line has it."""
    raw, clock = io.BytesIO(), Clock()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", newline="", write_through=True)
    console = Console(file=stream, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    reporter = BarReporter(clock, console)
    try:
        with beating(reporter):
            reporter.started(STATE)
            clock.now_s += 1
            reporter.advanced(STATE)
            reporter.noted("[a] note: größer")
            if fails:
                raise KeyboardInterrupt
            reporter.finished(STATE)
    except KeyboardInterrupt:
        assert fails
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252", "ascii"])
@pytest.mark.parametrize("width", [80, 20, 5, 1])
def test_every_terminal_can_show_it(encoding: str, width: int) -> None:
    """Nothing crashes; the end of the phase is there, in words."""
    assert "fetching: 0.0 MB, 1 wheel in 1 s" in shown(encoding, width).replace("\r", "").replace("\n", "")


def test_what_is_said_stands_above_the_bar_as_it_is() -> None:
    """Brackets are no markup, and a line is not broken."""
    text = shown("utf-8")

    assert "\n[a] note: größer\n" in text.replace("\r", "\n").replace("\x1b[2K", "") or "[a] note: größer\n" in text
    assert "25 %" in text


@pytest.mark.parametrize("fails", [False, True])
def test_the_cursor_comes_back(fails: bool) -> None:
    """Also after Ctrl-C in the middle of a phase."""
    text = shown("utf-8", fails=fails)

    assert text.count(HIDE) == text.count(SHOW) > 0
    assert text.rindex(SHOW) > text.rindex(HIDE)
