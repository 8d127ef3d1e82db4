"""One check in a process of its own: nothing of the user's gets in, it ends in time, and no bytecode is left behind.

Checks of one round may share the bytecode of what they import, in a folder that nobody else has and that goes with the
round. Two that write the same file at once do not meet: Python writes another, and renames it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from locks import Check

from ..session import own_session
from .built_in import PlannedCheck
from .guard import Guard
from .result import CheckResult, Outcome

_OUTPUT_LINES = 15
_LAST_WORDS_S = 5
"""How long what an ended check has said is waited for: a process that left its group may hold its output open."""

Process = subprocess.Popen[str]


def _process_environment(environ: Mapping[str, str], bytecode: str | None) -> dict[str, str]:
    """Give the check's environment: the user's own, but nothing that lets other code into the interpreter.

    What tells where bytecode goes, the folder `bytecode` or nowhere, holds for the Pythons that a check starts, too.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    return {**kept, **({"PYTHONPYCACHEPREFIX": bytecode} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"})}


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_OUTPUT_LINES:])


def _kill(process: Process) -> None:
    """End a check and, where the system has groups, all it started, be it over itself."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # macOS: one that is over, and was not asked how it ended
            os.killpg(process.pid, signal.SIGKILL)


def _last_words(process: Process) -> str:
    """Give what a check that was ended had said, as far as it is known; and let go of it."""
    try:
        return "".join(process.communicate(timeout=_LAST_WORDS_S))
    except subprocess.TimeoutExpired as error:
        process.poll()
        if sys.platform != "win32":  # there, threads go on reading them
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()
        return b"".join(filter(None, (error.output, error.stderr))).decode("utf-8", "replace")


def _start(command: list[str | Path], folder: Path, bytecode: str | None) -> Process:
    return subprocess.Popen(  # noqa: S603  # the manifest's own code, in the environment's own interpreter
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=_process_environment(os.environ, bytecode),
        **own_session(),
    )


class Processes:
    """The processes of one round of checks, which can be ended all at once."""

    def __init__(self, python: Path) -> None:
        """Run checks of the environment whose interpreter is `python`."""
        self._python = python
        self._running: set[Process] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._guard: Guard | None = None

    def stop(self) -> None:
        """End every check that runs, and start no more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def close(self) -> None:
        """Let go of what watched over them; none runs any more."""
        if self._guard:
            self._guard.close()

    def _start(self, planned: PlannedCheck, *, shares_bytecode: bool) -> Process | None:
        python, mode = (self._python, "-P") if planned.in_environment else (Path(sys.executable), "-I")
        with self._lock:
            if self._stopped:
                return None
            self._guard = self._guard or Guard()
            bytecode = self._guard.folder if shares_bytecode else None
            options = [mode, "-c"] if bytecode else ["-B", mode, "-c"]
            process = _start([python, *options, planned.check.code], python.parent, bytecode)
            self._guard.toggle(process.pid)
            self._running.add(process)
            return process

    def _forget(self, process: Process) -> None:
        with self._lock:
            self._running.discard(process)
            if self._guard:
                self._guard.toggle(process.pid)

    def run(self, planned: PlannedCheck, *, shares_bytecode: bool = False) -> CheckResult:
        """Run one check to its end; where no folder can be had for what it shares, it shares nothing."""
        check = planned.check
        try:
            process = self._start(planned, shares_bytecode=shares_bytecode)
        except OSError as error:  # verify may be asked about an environment whose interpreter is gone
            return _result(check, "failed", f"{self._python} does not start: {error.strerror}")
        except ValueError as error:  # code that no command line can hold
            return _result(check, "failed", str(error))
        if process is None:
            return _result(check, "skipped", "stopped")
        try:
            said = "".join(process.communicate(timeout=check.timeout_s))
        except subprocess.TimeoutExpired:
            _kill(process)
            words = _last_words(process).rstrip()
            return _result(check, "failed", _tail(f"{words}\nno end within {check.timeout_s} s"))
        finally:
            _kill(process)  # what it has left running: its number is too fresh to be another's
            self._forget(process)
        if process.returncode == 0:
            return _result(check, "passed", _tail(said))
        return _result(check, "failed", _tail(said) or f"exit status {process.returncode}")


def _result(check: Check, outcome: Outcome, output: str) -> CheckResult:
    return CheckResult(name=check.name, outcome=outcome, critical=check.critical, output=output)


def skipped_for_want_of_gpu(check: Check, gpu_note: str) -> CheckResult:
    """Give the result of a check that needs a GPU where there is none, and why there is none."""
    return _result(check, "skipped", f"needs a GPU; {gpu_note}")
