"""The support report: what a vendor needs to know of an apply or a verify, and nothing about whose machine it was."""

import getpass
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from locks import Error
from locks.progress import Progress, Reporter

from .machine.facts import Machine
from .redact import Private, redact, secrets_of
from .timings import Mark, Timing, timings_of
from .versions import own_version

FORMAT = 1
_TELLING = ("CUDA", "NVIDIA", "LD_LIBRARY_PATH", "PYTHON", "TORCH", "VIRTUAL_ENV", "WSL_")
"""Beginnings of the environment variables that decide how CUDA and Python behave."""


@dataclass(slots=True)
class Record(Reporter):
    """One run as it goes: its talk, each line with the seconds since it began, and what else is found out.

    It passes on all that it is told.
    """

    command: str
    reporter: Reporter
    clock: Callable[[], float] = time.monotonic
    facts: dict[str, Any] = field(default_factory=dict)
    """JSON-ready: machine, bundle, receipt, findings."""
    timeline: list[dict[str, Any]] = field(default_factory=list)
    last: Progress | None = None
    """Where the phase stood that was told of last."""
    began: float = field(init=False)
    started_s: float = field(default_factory=time.process_time)
    """Processor time that this process took before, which is about what its start took."""
    _marks: list[Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def seconds(self) -> float:
        """Give the seconds since the run began."""
        return round(self.clock() - self.began, 2)

    def timings(self) -> tuple[Timing, ...]:
        """Give what every step took so far."""
        return timings_of([*self._marks, self._mark("")], started_s=self.started_s)

    def _mark(self, step: str) -> Mark:
        before, last = self._marks[-1].step if self._marks else "", self.last
        done_bytes = last.done_bytes if last and last.phase == before else 0
        return Mark(step=step, at_s=self.clock() - self.began, done_bytes=done_bytes)

    def _write(self, line: str) -> None:
        self.timeline.append({"at-s": self.seconds(), "line": line})

    def entered(self, step: str) -> None:
        self._marks.append(self._mark(step))
        self.reporter.entered(step)

    def started(self, progress: Progress) -> None:
        self._marks.append(self._mark(progress.phase))
        self._write(progress.phase)
        self.reporter.started(progress)

    def advanced(self, progress: Progress) -> None:
        self.last = progress
        self.reporter.advanced(progress)

    def finished(self, progress: Progress) -> None:
        self.reporter.finished(progress)

    def stopped(self, progress: Progress) -> None:
        self.reporter.stopped(progress)

    def noted(self, line: str) -> None:
        self._write(line)
        self.reporter.noted(line)

    def warned(self, line: str) -> None:
        self._write(line)
        self.reporter.warned(line)


def apply_facts(bundle: Path, into: Path, machine: Machine) -> dict[str, Any]:
    """Give what a report says of an apply, or of a look ahead, whatever comes of it."""
    return {"bundle": bundle.name, "into": str(into.absolute()), "machine": machine.to_dict()}


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


def _failure(error: BaseException | None) -> dict[str, Any]:
    """Say how the run ended; what is no error of ours is told with its traceback, for it is our bug."""
    match error:
        case None:
            return {"outcome": "done", "problems": []}
        case Error():
            problems = [problem.to_dict() for problem in error.problems]
            return {"outcome": type(error).__name__, "exit-code": int(error.exit_code), "problems": problems}
        case KeyboardInterrupt() | click.Abort():
            return {"outcome": "interrupted", "problems": []}
        case _:
            trace = traceback.format_exception(error)
            return {"outcome": type(error).__name__, "problems": [], "traceback": trace}


def report_to_bytes(
    record: Record, error: BaseException | None, *, environ: Mapping[str, str], private: Private
) -> bytes:
    """Write the report as JSON to be read by people too; `error` is what ended the run, if it failed."""
    report = {
        "about": "venvault support report; user, home, host and secrets are taken out",
        "format": FORMAT,
        "command": record.command,
        **_failure(error),
        "seconds": record.seconds(),
        "venvault": own_version(),
        "python": sys.version,
        "system": platform.platform(),
        **record.facts,
        "variables": {name: environ[name] for name in sorted(environ) if name.upper().startswith(_TELLING)},
        "timings": [timing.to_dict() for timing in record.timings()],
        "timeline": record.timeline,
        "last-progress": asdict(record.last) if record.last else None,
    }
    return (json.dumps(redact(report, private), indent=1) + "\n").encode("ascii")


@contextmanager
def recorded(command: str, file: Path | None, reporter: Reporter) -> Iterator[Record]:
    """Record what happens within, and leave the report at `file`, if one is wanted, however it ends.

    A report that cannot be written is told, and changes nothing about how the run ends. There is none of a run that
    another process, which leaves its own, did to its end.
    """
    record = Record(command=command, reporter=reporter)
    failure: BaseException | None = None
    try:
        yield record
    except SystemExit:
        file = None
        raise
    except BaseException as error:
        failure = error
        raise
    finally:
        if file is not None:
            try:
                file.write_bytes(report_to_bytes(record, failure, environ=os.environ, private=private_here()))
                reporter.noted(f"report written to {file}")
            except OSError as error:
                reporter.warned(f"no report at {file}: {error.strerror or error}")
