"""Who uses an environment that is about to be moved: told, in the way, or ended. The edge; `judge` decides."""

import sys
from collections.abc import Callable, Collection
from pathlib import Path

from ..environment.holders import find_holders, stop_holders
from ..finding import Finding, refuse
from .judge import judge_use


def look_at_use(environment: Path, *, stop: bool, but: Collection[int] = ()) -> Finding:
    """Judge who uses the environment, `but` for these processes; with `stop` they will be ended before it is moved."""
    users = tuple(str(holder) for holder in find_holders(environment) if holder.pid not in but)
    return judge_use(users, environment, windows=sys.platform == "win32", ended=stop)


def end_use(environment: Path, *, stop: bool, report: Callable[[str], None], but: Collection[int] = ()) -> None:
    """Tell who uses the environment, `but` for these processes, and with `stop` end them.

    Raises:
        ApplyRefused: they keep it from being moved, and are not to be ended.
    """
    found = look_at_use(environment, stop=stop, but=but)
    refuse([found])
    if found.level == "warn":
        report(str(found))
        for holder in stop_holders(environment) if stop else ():
            report(f"{holder} does not end")
