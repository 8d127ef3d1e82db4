"""What the window shows in a state: words, numbers and which buttons there are. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from locks.progress import left_s

from ..inspecting.sizes import in_words
from .state import WORKING, Stage, State

Level = Literal["ok", "warn", "stop", ""]
# Where a phase's part of the bar begins and ends, in percent; the rest is checks and the disk.
_SHARES = {"installing": (0, 95)}
_STATUS = {
    Stage.CHECKING: "Looking at this machine …",
    Stage.READY: "Ready. Nothing was changed so far.",
    Stage.REFUSED: "Nothing was changed.",
    Stage.INSTALLING: "Starting …",
    Stage.CANCELLING: "Stopping, and removing what was built …",
    Stage.DONE: "Finished.",
    Stage.FAILED: "Not installed.",
    Stage.CANCELLED: "Stopped.",
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
    percent: int
    left: str
    status: str
    message: str
    """The proof, the question, or the one thing to do; empty while something goes on."""
    level: Level
    """Of the message."""
    log: tuple[str, ...]
    first: Button
    second: Button
    report: Button


def _title(judged: Mapping[str, Any]) -> str:
    bundle = judged.get("bundle")
    if not bundle:
        return "Installation"
    return f"{bundle['stack']} {bundle['version']} for {bundle['variant']}"


def _caption(state: State, title: str) -> str:
    if state.stage is Stage.INSTALLING:
        return f"{_percent(state)} %: {title}"
    return f"{title}: {state.stage.name.lower()}"


def _machine(judged: Mapping[str, Any]) -> str:
    machine = judged.get("machine")
    if not machine:
        return ""
    gpus = ", ".join(gpu["name"] for gpu in machine["gpus"]) or "no NVIDIA GPU"
    driver = f", driver {machine['driver']}" if machine["driver"] else ""
    python = ".".join(map(str, machine["python"]))
    return f"This machine: {gpus}{driver}; {machine['sys_platform']} on {machine['machine']}, Python {python}"


def _place(judged: Mapping[str, Any]) -> str:
    bundle = judged.get("bundle")
    room = f"{bundle['packages']} packages, {in_words(bundle['installed_bytes'])}, into " if bundle else "Into "
    return f"{room}{judged['place']}" if judged.get("place") else ""


def _rows(judged: Mapping[str, Any]) -> Iterator[Row]:
    for finding in judged.get("findings", ()):
        needed = f" (needed: {finding['expected']})" if finding["expected"] else ""
        yield Row(level=finding["level"], text=f"{finding['what']}: {finding['found']}{needed}", hint=finding["hint"])


def _percent(state: State) -> int:
    if state.stage is Stage.DONE:
        return 100
    if state.progress is None or state.stage not in WORKING:
        return 0
    start, end = _SHARES.get(state.progress.phase, (0, 0))
    return round(start + (end - start) * (state.progress.fraction or 0))


def time_left(seconds: float) -> str:
    """Say how long it takes, no more exactly than can be known."""
    minutes = round(seconds / 60)
    if seconds < 50:
        return f"about {max(round(seconds / 10), 1) * 10} seconds left"
    return f"about {minutes} minutes left" if minutes > 1 else "about a minute left"


def _left(state: State) -> str:
    if state.stage is not Stage.INSTALLING or state.progress is None or state.progress.phase != "installing":
        return ""
    done, total = state.progress.measure
    if total is not None and done >= total:
        return "almost done"
    seconds = left_s(state.readings, total)
    return "" if seconds is None else time_left(seconds)


def _problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    hints = dict.fromkeys(problem["hint"] for problem in problems if problem["hint"])
    yield from (f"What to do: {hint}" for hint in hints)
    for problem in problems:
        yield f"{problem['where']}: {problem['found']}; needed: {problem['expected']}"


def _refused(judged: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    stops = [finding for finding in judged.get("findings", ()) if finding["level"] == "stop"]
    if not stops:
        return "\n".join(_problems(result.get("problems", ())))
    hints = dict.fromkeys(finding["hint"] for finding in stops if finding["hint"])
    return "\n".join(["It cannot be installed here yet.", *(f"What to do: {hint}" for hint in hints)])


def _failed(state: State) -> str:
    assert state.ended is not None, "what failed came to an end"
    if state.ended.result is None:
        return f"It ended unexpectedly (exit code {state.ended.code}). Send the support report to the bundle's maker."
    return "\n".join([*_problems(state.ended.result["problems"]), *state.ended.result.get("notes", ())])


def _done(result: Mapping[str, Any]) -> str:
    head = "Installed already, and unaltered." if result["already_in_place"] else "Installed and proven."
    kept = f"\nThe environment before is kept as {result['previous']}." if result.get("previous") else ""
    return f"{head}\n{result['proof']}{kept}"


def _message(state: State) -> tuple[Level, str]:
    judged, result = state.judged or {}, (state.ended.result if state.ended else None) or {}
    match state.stage:
        case Stage.READY:
            return "", judged.get("question") or ""
        case Stage.REFUSED:
            return "stop", _refused(judged, result)
        case Stage.DONE:
            return "ok", _done(result)
        case Stage.FAILED:
            return "stop", _failed(state)
        case Stage.CANCELLED:
            return "warn", next(
                (line for line in reversed(state.log) if line.startswith("interrupted; ")), "interrupted"
            )
        case _:
            return "", ""


def _first(state: State) -> Button:
    if state.stage is Stage.READY:
        return Button(words="Replace" if (state.judged or {}).get("question") else "Install")
    if state.stage in (Stage.CHECKING, Stage.INSTALLING, Stage.CANCELLING):
        return Button(words="Install", enabled=False)
    return Button(words=_FIRST.get(state.stage, ""))


def _second(state: State) -> Button:
    if state.stage is Stage.CANCELLING:
        return Button(words="Stopping …", enabled=False)
    waiting = state.stage in (Stage.CHECKING, Stage.READY, Stage.INSTALLING)
    return Button(words="Cancel" if waiting else "Close", enabled=not state.closing)


def show(state: State) -> Shown:
    """Give what the window shows."""
    judged = state.judged or {}
    level, message = _message(state)
    status = state.log[-1] if state.stage is Stage.INSTALLING and state.log else _STATUS[state.stage]
    title = _title(judged)
    return Shown(
        caption=_caption(state, title),
        title=title,
        machine=_machine(judged),
        place=_place(judged),
        rows=tuple(_rows(judged)),
        percent=_percent(state),
        left=_left(state),
        status=status,
        message=message,
        level=level,
        log=state.log,
        first=_first(state),
        second=_second(state),
        report=Button(words="Support report …", enabled=state.ended is not None),
    )
