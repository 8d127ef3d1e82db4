"""What the window says when nothing goes on: the question, the proof, or the one thing to do. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .state import Stage, State

Level = Literal["ok", "warn", "stop", ""]
_INTERRUPTED = "interrupted; "
_UNASKED = "not-confirmed"
"""What is replaced is asked about before the run; this is of what came to be there since, as by a second window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A verdict and what follows from it; both empty while something goes on."""

    level: Level = ""
    head: str = ""
    body: tuple[str, ...] = ()


def _to_do(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    hints = dict.fromkeys(item["hint"] for item in items if item["hint"])
    return (f"What to do: {hint}" for hint in hints)


def _found(what: str, item: Mapping[str, Any]) -> str:
    """Say what was found; of many lines the last, which tells the error. All are in the report."""
    return f"{what}: {item['found'].rpartition(chr(10))[2]}; needed: {item['expected']}"


def _problems(result: Mapping[str, Any]) -> tuple[str, ...]:
    problems = result["problems"]
    return *_to_do(problems), *(_found(problem["where"], problem) for problem in problems)


def _refused(result: Mapping[str, Any]) -> Message:
    stops = [finding for finding in result.get("findings", ()) if finding["level"] == "stop"]
    found = (_found(finding["what"], finding) for finding in stops)
    body = (*_to_do(stops), *found) if stops else _problems(result)
    return Message(level="stop", head="It cannot be installed here yet. Nothing was changed.", body=body)


def _failed(code: int, result: Mapping[str, Any] | None) -> Message:
    if result is None:
        body: tuple[str, ...] = (f"It came to an unexpected end (exit code {code}).",)
    elif any(problem["code"] == _UNASKED for problem in result["problems"]):
        said = "Meanwhile something else was installed there.", "Try again, and you are asked whether to replace it."
        return Message(level="stop", head="Not installed.", body=said)
    else:
        body = (*result.get("notes", ()), *_problems(result))
    maker = "“Support report” below saves what the bundle's maker needs to help."
    return Message(level="stop", head="Not installed.", body=(*body, maker))


def _done(result: Mapping[str, Any]) -> Message:
    head = "Installed already, and unaltered." if result["already_in_place"] else "Installed and proven."
    kept = (f"The environment before is kept as {result['previous']}.",) if result.get("previous") else ()
    return Message(level="ok", head=head, body=(result["proof"], *kept))


def _cancelled(log: Iterable[str]) -> Message:
    outcomes = [line.removeprefix(_INTERRUPTED) for line in log if line.startswith(_INTERRUPTED)]
    return Message(level="warn", head="Stopped.", body=tuple(outcomes[-1:]))


def message_of(state: State) -> Message:
    """Give what is to be said in a state."""
    judged, result = state.judged or {}, state.ended.result if state.ended else None
    match state.stage:
        case Stage.READY:
            return Message(body=(judged["question"],)) if judged.get("question") else Message()
        case Stage.REFUSED:
            return _refused(result or {})
        case Stage.DONE:
            return _done(result or {})
        case Stage.FAILED:
            return _failed(state.ended.code if state.ended else 1, result)
        case Stage.CANCELLED:
            return _cancelled(state.log)
        case _:
            return Message()
