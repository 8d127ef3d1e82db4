"""The support report: what a vendor needs to know of an apply or a verify, and nothing about whose machine it was."""

import getpass
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from locks import Error

from .machine.facts import Machine
from .redact import Private, redact, secrets_of

FORMAT = 1
_TELLING = ("CUDA", "NVIDIA", "LD_LIBRARY_PATH", "PYTHON", "TORCH", "VIRTUAL_ENV", "WSL_")
"""Beginnings of the environment variables that decide how CUDA and Python behave."""


@dataclass(slots=True)
class Timeline:
    """The talk of one run, each line with the seconds since the run began."""

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    events: list[dict[str, Any]] = field(default_factory=list)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def seconds(self) -> float:
        """Give the seconds since the run began."""
        return round(self.clock() - self.began, 2)

    def __call__(self, line: str) -> None:
        """Say a line, and note when."""
        self.events.append({"at-s": self.seconds(), "line": line})
        self.say(line)


def private_here() -> Private:
    """Find out what is private on this machine."""
    user = ""
    with suppress(KeyError, OSError, ImportError):  # a container's user may have no name
        user = getpass.getuser()
    try:
        home = str(Path.home())
    except RuntimeError:
        home = ""
    return Private(home=home, user=user, host=platform.node(), secrets=secrets_of(os.environ))


def _own_version() -> str:
    try:
        return version("venvault")
    except PackageNotFoundError:  # from within a bundle
        return "a bundle's own runner"


def _failure(error: BaseException | None) -> dict[str, Any]:
    """Say how the run ended; what is no error of ours is told with its traceback, for it is our bug."""
    match error:
        case None:
            return {"outcome": "done", "problems": []}
        case Error():
            problems = [problem.to_dict() for problem in error.problems]
            return {"outcome": type(error).__name__, "exit-code": int(error.exit_code), "problems": problems}
        case KeyboardInterrupt():
            return {"outcome": "interrupted", "problems": []}
        case _:
            trace = traceback.format_exception(error)
            return {"outcome": type(error).__name__, "problems": [], "traceback": trace}


def report_to_bytes(
    *,
    command: str,
    timeline: Timeline,
    machine: Machine | None,
    bundle: Mapping[str, Any],
    error: BaseException | None,
    environ: Mapping[str, str],
    private: Private,
    **more: Any,
) -> bytes:
    """Write the report as JSON to be read by people too; `more` are further keys, such as what verify found.

    `bundle` says which bundle it was about, `error` what ended the run if it failed.
    """
    report = {
        "about": "venvault support report; user, home, host and secrets are taken out",
        "format": FORMAT,
        "command": command,
        **_failure(error),
        "seconds": timeline.seconds(),
        "venvault": _own_version(),
        "python": sys.version,
        "system": platform.platform(),
        "bundle": dict(bundle),
        "machine": machine.to_dict() if machine else None,
        **more,
        "variables": {name: environ[name] for name in sorted(environ) if name.upper().startswith(_TELLING)},
        "timeline": timeline.events,
    }
    return (json.dumps(redact(report, private), indent=1) + "\n").encode("ascii")
