"""What the window shows in a state: words, numbers and which buttons there are. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from locks.progress import left_s
from locks.showing.words import duration, head_of
from locks.sizes import in_words

from .message import Level, Message, message_of
from .state import WORKING, Stage, State

_SHARES = {"planning": (0, 5), "installing": (5, 55), "checking": (55, 95)}
"""What of the bar is whose, in percent. Of the time that llm-studio takes on two cores, planning is 6 %, installing
51 %, what then is left of the checks 43 %, and syncing what the disk is: nothing, or a minute. Other phases have no
part: the bar moves to and fro."""
_DOING = {
    "comparing": "Comparing the files that are there",
    "hashing": "Looking through the bundle, byte by byte",
    "planning": "Planning",
    "installing": "Unpacking",
    "checking": "Proving the new environment",
    "syncing": "Writing to disk",
}
_LONG_S = 3
"""What takes longer has its seconds shown."""
_ORDER: tuple[Level, ...] = ("stop", "warn", "ok", "")
_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}
_CAPTIONS = {
    Stage.CHECKING: "looking at this machine",
    Stage.REFUSED: "not possible here yet",
    Stage.CANCELLING: "stopping",
    Stage.CANCELLED: "stopped",
}
_STATUS = {
    Stage.CHECKING: "Looking at this machine …",
    Stage.READY: "Ready. Nothing was changed so far.",
    Stage.INSTALLING: "Starting …",
    Stage.CANCELLING: "Stopping, and removing what was built …",
}
_FIRST = {
    Stage.REFUSED: "Check again",
    Stage.FAILED: "Try again",
    Stage.CANCELLED: "Try again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was looked at."""

    level: Level
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button; without words there is none."""

    words: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything on the window."""

    caption: str
    """Of the window, as the list of windows shows it."""
    title: str
    machine: str
    place: str
    rows: tuple[Row, ...]
    """The gravest first."""
    status: str
    percent: int | None
    """None: something goes on, and how far it is cannot be told."""
    numbers: str
    message: Message
    log: tuple[str, ...]
    first: Button
    second: Button
    report: Button


def _title(judged: Mapping[str, Any]) -> str:
    bundle = judged.get("bundle")
    if not bundle:
        return "Installation"
    return f"{bundle['stack']} {bundle['version']} for {bundle['variant']}"


def _caption(state: State, title: str, percent: int | None) -> str:
    if state.stage is Stage.INSTALLING and percent is not None:
        return f"{percent} %: {title}"
    return f"{title}: {_CAPTIONS.get(state.stage, state.stage.name.lower())}"


def _machine(judged: Mapping[str, Any]) -> str:
    machine = judged.get("machine")
    if not machine:
        return ""
    cards = Counter(gpu["name"] for gpu in machine["gpus"])
    gpus = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in cards.items())
    driver = f", driver {machine['driver']}" if machine["driver"] else ""
    system = _SYSTEMS.get(machine["sys_platform"], machine["sys_platform"])
    python = ".".join(map(str, machine["python"]))
    return f"This machine: {gpus or 'no NVIDIA GPU'}{driver}; {system} on {machine['machine']}, Python {python}"


def _place(judged: Mapping[str, Any]) -> str:
    bundle = judged.get("bundle")
    room = f"{bundle['packages']} packages, {in_words(bundle['installed_bytes'])}, into " if bundle else "Into "
    return f"{room}{judged['place']}" if judged.get("place") else ""


def _rows(judged: Mapping[str, Any]) -> Iterator[Row]:
    for finding in sorted(judged.get("findings", ()), key=lambda finding: _ORDER.index(finding["level"])):
        needed = f" (needed: {finding['expected']})" if finding["expected"] else ""
        yield Row(level=finding["level"], text=f"{finding['what']}: {finding['found']}{needed}", hint=finding["hint"])


def _percent(state: State) -> int | None:
    if state.stage not in WORKING:
        return 100 if state.stage is Stage.DONE else 0
    progress = state.progress
    if progress is None or progress.fraction is None or progress.phase not in _SHARES:
        return None
    start, end = _SHARES[progress.phase]
    return start + int((end - start) * progress.fraction)


def time_left(seconds: float) -> str:
    """Say how long it takes, no more exactly than can be known."""
    minutes = round(seconds / 60)
    if seconds < 50:
        return f"about {max(round(seconds / 10), 1) * 10} seconds"
    return f"about {minutes} minutes" if minutes > 1 else "about a minute"


def _numbers(state: State, percent: int | None) -> str:
    progress = state.progress
    if state.stage is not Stage.INSTALLING or progress is None:
        return ""
    parts = [] if percent is None else [f"{percent} %"]
    if progress.total and progress.unit:
        parts.append(f"{progress.done:,} of {progress.total:,} {progress.unit}")
    if progress.phase == "installing" and (seconds := left_s(state.readings, progress.total_bytes)):
        parts.append(f"{time_left(seconds)} of unpacking left, then the checks")
    return ", ".join(parts)


def _status(state: State, clock_s: float) -> str:
    if state.saved:
        return f"The support report is in {state.saved}. Send that file to the bundle's maker."
    if state.stage is not Stage.INSTALLING or not (state.progress or state.said):
        return _STATUS.get(state.stage, "")
    if not state.progress:
        return _capital(state.said)
    words = _DOING.get(state.progress.phase) or _capital(head_of(state.progress))
    item = f": {state.progress.item}" if state.progress.item else ""
    seconds = clock_s - state.since_s
    return f"{words}{item}" + (f" ({duration(seconds)})" if seconds >= _LONG_S else "")


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _first(state: State) -> Button:
    if state.stage is Stage.READY:
        return Button(words="Replace" if (state.judged or {}).get("question") else "Install")
    if state.stage in WORKING:
        return Button(words="Install", enabled=False)
    return Button(words=_FIRST.get(state.stage, ""))


def _second(state: State) -> Button:
    if state.stage is Stage.CANCELLING:
        return Button(words="Stopping …", enabled=False)
    waiting = state.stage in (Stage.CHECKING, Stage.READY, Stage.INSTALLING)
    return Button(words="Cancel" if waiting else "Close", enabled=not state.closing)


def show(state: State, clock_s: float) -> Shown:
    """Give what the window shows at that reading of the clock."""
    judged = state.judged or {}
    title, percent = _title(judged), _percent(state)
    return Shown(
        caption=_caption(state, title, percent),
        title=title,
        machine=_machine(judged),
        place=_place(judged),
        rows=tuple(_rows(judged)),
        status=_status(state, clock_s),
        percent=percent,
        numbers=_numbers(state, percent),
        message=message_of(state),
        log=state.log,
        first=_first(state),
        second=_second(state),
        report=Button(words="Support report …", enabled=state.ended is not None),
    )
