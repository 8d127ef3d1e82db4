"""What the window knows and what happens next. Pure: a state and an event in, the next state out.

CHECKING ─► READY ─► INSTALLING ─► DONE
   │  ▲                 │    └───► FAILED ──► CHECKING
   ▼  │                 ▼
 REFUSED            CANCELLING ──► CANCELLED ─► CHECKING

In CHECKING a process judges, in INSTALLING another applies; CANCELLING has that one told to end. Its end, whatever it
is, is the only way out: no state claims what the process did not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from locks.progress import Progress, Reading


class Stage(Enum):
    """What goes on."""

    CHECKING = auto()
    READY = auto()
    """Nothing stops it; the user has to say so."""
    REFUSED = auto()
    """Something stops it, and nothing was touched."""
    INSTALLING = auto()
    CANCELLING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()


WORKING = frozenset({Stage.CHECKING, Stage.INSTALLING, Stage.CANCELLING})
"""A process runs."""
_PACE_S = 15.0
"""The time left is judged by the last seconds."""


@dataclass(frozen=True, slots=True)
class Told:
    """The process said a line."""

    line: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """The process is further."""

    progress: Progress
    clock_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The process came to its end."""

    code: int
    result: Mapping[str, Any] | None
    """What it printed; None when it ended without a word."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """The user wants what the first button says."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The user wants what goes on stopped; when nothing does, the window closed."""


@dataclass(frozen=True, slots=True)
class Close:
    """The user closes the window, whatever goes on."""


Event = Told | Advanced | Ended | GoOn | Stop | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the window knows."""

    unattended: bool = False
    """Nobody is to be asked."""
    stage: Stage = Stage.CHECKING
    closing: bool = False
    """The window goes as soon as nothing runs."""
    judged: Mapping[str, Any] | None = None
    """What the last check found: machine, bundle, place, findings."""
    ended: Ended | None = None
    """How the last process ended, if it was the last word."""
    log: tuple[str, ...] = ()
    said: str = ""
    """The last line of the process that runs."""
    progress: Progress | None = None
    readings: tuple[Reading, ...] = ()
    """Of the phase that goes on, the last seconds."""

    @property
    def gone(self) -> bool:
        """Whether the window has to go."""
        return self.closing and self.stage not in WORKING


def _advance(state: State, progress: Progress, clock_s: float) -> State:
    same = state.progress is not None and state.progress.phase == progress.phase
    kept = [reading for reading in state.readings if same and clock_s - reading.clock_s <= _PACE_S]
    return replace(state, progress=progress, readings=(*kept, Reading(clock_s, progress.measure[0])))


def _begin(state: State, stage: Stage) -> State:
    return replace(state, stage=stage, ended=None, said="", progress=None, readings=())


def _end_check(state: State, ended: Ended) -> State:
    result = ended.result
    if result is None:
        return replace(state, stage=Stage.FAILED, ended=ended)
    state = replace(state, judged={**(state.judged or {}), **result})
    if not result["ok"]:
        return replace(state, stage=Stage.REFUSED, ended=ended)
    return _begin(state, Stage.INSTALLING if state.unattended and not state.closing else Stage.READY)


def _end_apply(state: State, ended: Ended) -> State:
    if ended.result is not None and not ended.result.get("interrupted"):
        stage = Stage.DONE if ended.result["ok"] else Stage.FAILED
    else:
        stage = Stage.CANCELLED if state.stage is Stage.CANCELLING else Stage.FAILED
    return replace(state, stage=stage, ended=ended)


def _go_on(state: State) -> State:
    match state.stage:
        case Stage.READY:
            return _begin(state, Stage.INSTALLING)
        case Stage.REFUSED | Stage.FAILED | Stage.CANCELLED:
            return _begin(state, Stage.CHECKING)
        case _:
            return state


def _stop(state: State) -> State:
    if state.stage is Stage.INSTALLING:
        return replace(state, stage=Stage.CANCELLING)
    return state if state.stage is Stage.CANCELLING else replace(state, closing=True)


def step(state: State, event: Event) -> State:
    """Give the state after `event`; one that makes no sense in this state changes nothing."""
    match event:
        case Told(line):
            return replace(state, log=(*state.log, line), said=line)
        case Advanced(progress, clock_s):
            return _advance(state, progress, clock_s)
        case Ended() if state.stage is Stage.CHECKING:
            return _end_check(state, event)
        case Ended():
            return _end_apply(state, event)
        case GoOn():
            return _go_on(state)
        case Stop():
            return _stop(state)
        case Close():
            return replace(_stop(state), closing=True)
