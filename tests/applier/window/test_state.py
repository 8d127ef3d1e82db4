"""The window's states: what each event leads to, and that nothing is claimed which the process did not say."""

import pytest

from locks.progress import Progress

from applier.window.shown import Shown, show, time_left
from applier.window.state import Advanced, Close, Ended, Event, GoOn, Stage, State, Stop, Told, step

MACHINE = {
    "gpus": [{"name": "RTX 3060"}],
    "driver": "550.54",
    "sys_platform": "linux",
    "machine": "x86_64",
    "python": [3, 11, 7],
}
BUNDLE = {"stack": "demo", "version": "1", "variant": "cu124", "packages": 92, "installed_bytes": 6_648_500_000}
FINE = {"level": "ok", "what": "Python", "found": "CPython 3.11", "expected": "", "hint": ""}
OLD_DRIVER = {
    "level": "stop",
    "what": "driver",
    "found": "470",
    "expected": "525 or newer",
    "hint": "update the driver",
}
FITS = Ended(
    0, {"ok": True, "findings": [FINE], "machine": MACHINE, "bundle": BUNDLE, "place": "/env", "question": None}
)
UNFIT = Ended(4, {**(FITS.result or {}), "ok": False, "findings": [FINE, OLD_DRIVER]})
TAKEN = Ended(0, {**(FITS.result or {}), "question": "/env will be replaced. Go on?"})
APPLIED = Ended(0, {"ok": True, "proof": "demo 1: proven", "already_in_place": False, "previous": "/env.previous"})
PROBLEM = {"code": "c", "where": "check", "expected": "the check to pass", "found": "no CUDA", "hint": "ask the maker"}
REFUSED = Ended(5, {"ok": False, "problems": [PROBLEM], "notes": ["/env is as it was"]})
SILENT_END = Ended(1, None)


def after(*events: Event, unattended: bool = False) -> State:
    """The state after some events."""
    state = State(unattended=unattended)
    for event in events:
        state = step(state, event)
    return state


def shown(*events: Event) -> Shown:
    """What is shown after some events."""
    return show(after(*events))


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        pytest.param([], Stage.CHECKING, id="begins by looking"),
        pytest.param([GoOn()], Stage.CHECKING, id="nothing is installed unchecked"),
        pytest.param([FITS], Stage.READY, id="fits"),
        pytest.param([UNFIT], Stage.REFUSED, id="does not fit"),
        pytest.param([UNFIT, GoOn()], Stage.CHECKING, id="looks again"),
        pytest.param([SILENT_END], Stage.FAILED, id="the check broke"),
        pytest.param([FITS, GoOn()], Stage.INSTALLING, id="installs when told"),
        pytest.param([FITS, GoOn(), GoOn()], Stage.INSTALLING, id="a second click is none"),
        pytest.param([FITS, GoOn(), APPLIED], Stage.DONE, id="done"),
        pytest.param([FITS, GoOn(), APPLIED, GoOn()], Stage.DONE, id="done is done"),
        pytest.param([FITS, GoOn(), REFUSED], Stage.FAILED, id="failed"),
        pytest.param([FITS, GoOn(), SILENT_END], Stage.FAILED, id="killed"),
        pytest.param([FITS, GoOn(), REFUSED, GoOn()], Stage.CHECKING, id="tries again from the start"),
        pytest.param([FITS, GoOn(), Stop()], Stage.CANCELLING, id="cancelling lasts until it has ended"),
        pytest.param([FITS, GoOn(), Stop(), Stop()], Stage.CANCELLING, id="cancelled once"),
        pytest.param([FITS, GoOn(), Stop(), SILENT_END], Stage.CANCELLED, id="cancelled"),
        pytest.param([FITS, GoOn(), Stop(), APPLIED], Stage.DONE, id="cancelled too late"),
        pytest.param([FITS, GoOn(), Stop(), REFUSED], Stage.FAILED, id="failed before it could be cancelled"),
        pytest.param([FITS, GoOn(), Stop(), SILENT_END, GoOn()], Stage.CHECKING, id="again after cancelling"),
    ],
)
def test_stages(events: list[Event], stage: Stage) -> None:
    """Every way through the window, as the diagram of the module has it."""
    assert after(*events).stage is stage


def test_unattended_installs_what_fits_and_only_that() -> None:
    """With --yes nobody has to click; what does not fit stays, and so does a window that is being closed."""
    assert after(FITS, unattended=True).stage is Stage.INSTALLING
    assert after(UNFIT, unattended=True).stage is Stage.REFUSED
    assert after(Close(), FITS, unattended=True).gone


@pytest.mark.parametrize(
    ("events", "gone"),
    [
        ([Stop()], False),
        ([Stop(), SILENT_END], True),
        ([FITS, Stop()], True),
        ([UNFIT, Stop()], True),
        ([FITS, GoOn(), Close()], False),
        ([FITS, GoOn(), Close(), SILENT_END], True),
        ([FITS, GoOn(), Stop(), Close()], False),
        ([FITS, GoOn(), Stop(), SILENT_END], False),
        ([FITS, GoOn(), APPLIED, Close()], True),
    ],
)
def test_the_window_goes_when_nothing_runs(events: list[Event], gone: bool) -> None:
    """A closed window waits for its process to clean up; a cancelled run leaves it open to say so."""
    assert after(*events).gone is gone


def test_machine_variant_and_findings_are_shown() -> None:
    """The machine, the variant, a row for each finding, and what to do about the one that stops."""
    unfit = shown(UNFIT)

    assert unfit.title == "demo 1 for cu124"
    assert unfit.machine == "This machine: RTX 3060, driver 550.54; linux on x86_64, Python 3.11.7"
    assert unfit.place == "92 packages, 6.65 GB, into /env"
    assert [(row.level, row.text, row.hint) for row in unfit.rows] == [
        ("ok", "Python: CPython 3.11", ""),
        ("stop", "driver: 470 (needed: 525 or newer)", "update the driver"),
    ]
    assert unfit.message == "It cannot be installed here yet.\nWhat to do: update the driver"
    assert (unfit.first.words, unfit.second.words, unfit.report.enabled) == ("Check again", "Close", True)


def test_what_is_replaced_is_asked_about() -> None:
    """An environment that is there is replaced only after the question that apply asks too."""
    assert (shown(TAKEN).first.words, shown(TAKEN).message) == ("Replace", "/env will be replaced. Go on?")
    assert (shown(FITS).first.words, shown(FITS).message) == ("Install", "")


def test_messages_at_the_end() -> None:
    """The proof; or what to do, what was found, and what is in place; never a success that was not told."""
    done, failed, killed = shown(FITS, GoOn(), APPLIED), shown(FITS, GoOn(), REFUSED), shown(FITS, GoOn(), SILENT_END)
    cancelled = shown(FITS, GoOn(), Stop(), Told("interrupted; /env is as it was"), SILENT_END)

    assert done.message == "Installed and proven.\ndemo 1: proven\nThe environment before is kept as /env.previous."
    assert (done.percent, done.first.words, done.second.words) == (100, "", "Close")
    assert failed.message.splitlines() == [
        "What to do: ask the maker",
        "check: no CUDA; needed: the check to pass",
        "/env is as it was",
    ]
    assert killed.message.startswith("It ended unexpectedly (exit code 1)")
    assert (cancelled.message, cancelled.level) == ("interrupted; /env is as it was", "warn")


def advanced(done_bytes: int, clock_s: float) -> Advanced:
    """Progress of 1,000 bytes."""
    return Advanced(Progress(phase="installing", done_bytes=done_bytes, total_bytes=1000), clock_s)


def test_progress_and_time_left() -> None:
    """The bar goes by bytes; the time left by the last seconds alone; both end with the phase."""
    started = (FITS, GoOn(), Told("installed a 1"))
    slow_then_fast = [advanced(0, 0), advanced(100, 100), advanced(200, 101), advanced(300, 102)]

    assert shown(*started, *slow_then_fast[:1]).left == ""
    assert shown(*started, *slow_then_fast).left == "about 10 seconds left"
    assert (shown(*started, *slow_then_fast).percent, shown(*started).status) == (28, "installed a 1")
    assert (shown(*started, advanced(1000, 5)).percent, shown(*started, advanced(1000, 5)).left) == (95, "almost done")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "about 10 seconds left"),
        (44, "about 40 seconds left"),
        (55, "about a minute left"),
        (150, "about 2 minutes left"),
    ],
)
def test_time_left_in_words(seconds: float, words: str) -> None:
    """No more exact than it can be known."""
    assert time_left(seconds) == words


def test_the_log_keeps_every_line() -> None:
    """From the first check to the last run, for whoever copies it."""
    assert after(Told("a"), FITS, GoOn(), Told("b"), REFUSED, GoOn(), Told("c")).log == ("a", "b", "c")
