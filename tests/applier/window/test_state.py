"""The window's states: what each event leads to, and that nothing is claimed which the process did not say."""

import pytest

from locks.progress import Progress

from applier.window.message import Message
from applier.window.shown import Shown, show, time_left
from applier.window.state import (
    Advanced,
    Close,
    Ended,
    Event,
    GoOn,
    Saved,
    Stage,
    State,
    Stop,
    Told,
    step,
)

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
INTERRUPTED = Ended(1, {"ok": False, "interrupted": True, "problems": [], "notes": []})
HELP = "“Support report” below saves what the bundle's maker needs to help."


def after(*events: Event, unattended: bool = False) -> State:
    """The state after some events."""
    state = State(unattended=unattended)
    for event in events:
        state = step(state, event)
    return state


def shown(*events: Event, clock_s: float = 0) -> Shown:
    """What is shown after some events."""
    return show(after(*events), clock_s)


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
        pytest.param([FITS, GoOn(), Stop(), INTERRUPTED], Stage.CANCELLED, id="cancelled, and said so"),
        pytest.param([FITS, GoOn(), INTERRUPTED], Stage.CANCELLED, id="stopped by somebody else"),
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
    """The machine, the variant, a row for each finding, what stops first, and what to do about it."""
    unfit = shown(UNFIT)

    assert unfit.title == "demo 1 for cu124"
    assert unfit.machine == "This machine: RTX 3060, driver 550.54; Linux on x86_64, Python 3.11.7"
    assert unfit.place == "92 packages, 6.65 GB, into /env"
    assert [(row.level, row.text, row.hint) for row in unfit.rows] == [
        ("stop", "driver: 470 (needed: 525 or newer)", "update the driver"),
        ("ok", "Python: CPython 3.11", ""),
    ]
    assert unfit.message.head == "It cannot be installed here yet. Nothing was changed."
    assert unfit.message.body == ("What to do: update the driver", "driver: 470; needed: 525 or newer")
    assert (unfit.first.words, unfit.second.words, unfit.report.enabled) == ("Check again", "Close", True)


def test_what_is_refused_for_is_of_the_last_look() -> None:
    """A bundle that went meanwhile is told, not the driver that was too old before."""
    gone = Ended(3, {"ok": False, "problems": [PROBLEM], "notes": []})

    assert shown(UNFIT, GoOn(), gone).message.body == (
        "What to do: ask the maker",
        "check: no CUDA; needed: the check to pass",
    )


def test_what_is_replaced_is_asked_about() -> None:
    """An environment that is there is replaced only after the question that apply asks too."""
    assert (shown(TAKEN).first.words, shown(TAKEN).message.body) == ("Replace", ("/env will be replaced. Go on?",))
    assert (shown(FITS).first.words, shown(FITS).message) == ("Install", Message())


def test_messages_at_the_end() -> None:
    """The proof; or what to do, what was found, and what is in place; never a success that was not told."""
    done, failed, killed = shown(FITS, GoOn(), APPLIED), shown(FITS, GoOn(), REFUSED), shown(FITS, GoOn(), SILENT_END)
    cancelled = shown(FITS, GoOn(), Stop(), Told("interrupted; /env is as it was"), SILENT_END)

    assert done.message == Message(
        level="ok",
        head="Installed and proven.",
        body=("demo 1: proven", "The environment before is kept as /env.previous."),
    )
    assert (done.percent, done.first.words, done.second.words) == (100, "", "Close")
    assert failed.message.head == "Not installed."
    assert failed.message.body == (
        "/env is as it was",
        "What to do: ask the maker",
        "check: no CUDA; needed: the check to pass",
        HELP,
    )
    assert killed.message.body == ("It came to an unexpected end (exit code 1).", HELP)
    assert cancelled.message == Message(level="warn", head="Stopped.", body=("/env is as it was",))


def test_many_lines_are_told_by_their_last() -> None:
    """A traceback ends in what went wrong; the rest is for the report."""
    problem = {**PROBLEM, "found": "Traceback (most recent call last):\n  File x\nImportError: no CUDA"}
    failed = shown(FITS, GoOn(), Ended(5, {"ok": False, "problems": [problem]}))

    assert "check: ImportError: no CUDA; needed: the check to pass" in failed.message.body


def test_the_same_card_eight_times_is_told_once() -> None:
    """A node of a cluster has many, and one line."""
    node = {**MACHINE, "gpus": [{"name": "H100"}] * 8 + [{"name": "T4"}]}

    assert "8 x H100, T4, driver" in shown(Ended(0, {**(FITS.result or {}), "machine": node})).machine


def unpacking(done_bytes: int, clock_s: float, item: str = "a 1") -> Advanced:
    """A phase of 1,000 bytes in 10 files."""
    done = done_bytes // 100
    progress = Progress(
        phase="installing", item=item, done_bytes=done_bytes, total_bytes=1000, done=done, total=10, unit="files"
    )
    return Advanced(progress, clock_s)


def test_unpacking_goes_by_bytes() -> None:
    """The time left is judged by the last seconds alone, and is said to be that of the unpacking."""
    slow_then_fast = [unpacking(0, 0), unpacking(100, 100), unpacking(200, 101), unpacking(300, 102, "b 2")]
    first, last = shown(FITS, GoOn(), *slow_then_fast[:1]), shown(FITS, GoOn(), *slow_then_fast, clock_s=102)

    assert (first.percent, first.numbers) == (5, "5 %, 0 of 10 files")
    assert (last.percent, last.status) == (20, "Unpacking: b 2")
    assert last.numbers == "20 %, 3 of 10 files, about 10 seconds of unpacking left, then the checks"
    assert shown(FITS, GoOn(), unpacking(1000, 5)).percent == 55


def proving(done: int, clock_s: float, names: str = "torch") -> Advanced:
    """Some of four checks done."""
    return Advanced(Progress(phase="checking", item=names, done=done, total=4, unit="checks"), clock_s)


def test_proving_goes_by_checks_and_names_what_runs() -> None:
    """The bar moves on with each check; one that takes long shows that time passes, from its start."""
    started = (FITS, GoOn(), unpacking(1000, 5), Told("check passed: a"))
    first, later = shown(*started, proving(1, 10), clock_s=10), shown(*started, proving(1, 10), clock_s=32)
    repeated = shown(*started, proving(1, 10), proving(2, 30), clock_s=32)
    next_one = shown(*started, proving(1, 10), proving(3, 31, "peft"), clock_s=32)

    assert first.status == "Proving the new environment: torch"
    assert (first.percent, first.numbers) == (65, "65 %, 1 of 4 checks")
    assert (later.status, later.percent) == ("Proving the new environment: torch (22 s)", 65)
    assert (repeated.status, repeated.percent) == ("Proving the new environment: torch (22 s)", 75)
    assert (next_one.status, next_one.percent) == ("Proving the new environment: peft", 85)


def test_what_has_no_end_in_sight_has_no_percentage() -> None:
    """The bar then moves to and fro, and the words say what goes on and how long already."""
    writing = (FITS, GoOn(), proving(3, 10), Advanced(Progress(phase="syncing"), 20))
    at_once, later = shown(*writing, clock_s=20), shown(*writing, clock_s=85)

    assert [shown(*events).percent for events in [(), (FITS, GoOn()), (FITS, GoOn(), Stop())]] == [None] * 3
    assert (at_once.status, at_once.percent, at_once.numbers) == ("Writing to disk", None, "")
    assert later.status == "Writing to disk (1 min 05 s)"
    assert shown(*writing, Told("kept"), clock_s=20).status == "Writing to disk"


def test_a_phase_beside_the_way_moves_to_and_fro_with_its_numbers() -> None:
    """An environment that is there already is compared, which is not a part of an installation."""
    comparing = Progress(phase="comparing", done_bytes=5, total_bytes=9, done=1, total=2, unit="files")
    seen = shown(FITS, GoOn(), Advanced(comparing, 0))

    assert (seen.percent, seen.status, seen.numbers) == (None, "Comparing the files that are there", "1 of 2 files")


def test_a_new_run_begins_with_its_own_words() -> None:
    """What the check said last, or an earlier run did, is not what goes on now."""
    assert shown(Told("report written to x"), FITS, GoOn()).status == "Starting …"
    assert shown(FITS, GoOn(), Told("looking at x")).status == "Looking at x"
    waiting = Progress(phase="waiting", subject="for another run")
    assert shown(FITS, GoOn(), Advanced(waiting, 0)).status == "Waiting for another run"
    again = (FITS, GoOn(), proving(1, 1), REFUSED, GoOn(), FITS, GoOn())
    assert (shown(*again).status, shown(*again).percent) == ("Starting …", None)


def test_a_saved_report_is_told_until_the_next_run() -> None:
    """Where it is, and what for."""
    saved = (FITS, GoOn(), REFUSED, Saved("/me/report.json"))

    assert shown(*saved).status == "The support report is in /me/report.json. Send that file to the bundle's maker."
    assert shown(*saved, GoOn()).status == "Looking at this machine …"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "about 10 seconds"),
        (44, "about 40 seconds"),
        (55, "about a minute"),
        (150, "about 2 minutes"),
    ],
)
def test_time_left_in_words(seconds: float, words: str) -> None:
    """No more exact than it can be known."""
    assert time_left(seconds) == words


def test_the_log_keeps_every_line() -> None:
    """From the first check to the last run, for whoever copies it."""
    assert after(Told("a"), FITS, GoOn(), Told("b"), REFUSED, GoOn(), Told("c")).log == ("a", "b", "c")
