"""The manifest's checks, each run by the environment's own interpreter in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from locks import Check, Lock, Problem

from .errors import CheckFailed
from .machine.facts import Machine

Outcome = Literal["passed", "failed", "skipped"]
_OUTPUT_LINES = 15

_NO_BANNED_NAME = """\
import importlib.metadata, importlib.util, re
banned = {names!r}
found = [name for name in banned if importlib.util.find_spec(name.replace("-", "_"))]
names = [item.name for item in importlib.metadata.distributions()]
found += [name for name in names if re.sub("[-_.]+", "-", name).lower() in banned]
assert not found, f"blacklisted: {{found}}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check ended."""

    name: str
    outcome: Outcome
    critical: bool
    output: str
    """The end of what the check printed, or why it was skipped."""

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping."""
        return asdict(self)


def checks_of(lock: Lock) -> tuple[Check, ...]:
    """Give the lock's checks, and the built-in one that no blacklisted package can be imported."""
    banned = sorted(lock.blacklist)
    built_in = Check(name="no blacklisted package", code=_NO_BANNED_NAME.format(names=banned))
    return (*lock.checks, built_in) if banned else lock.checks


def _process_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the check's environment: the user's own, but nothing that lets other code into the interpreter."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_OUTPUT_LINES:])


def _kill(process: "subprocess.Popen[str]") -> None:
    """End a check and, where the system has groups, all it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _start(check: Check, python: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # the manifest's own code, in the environment's own interpreter
        [python, "-P", "-c", check.code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd=python.parent,
        env=_process_environment(os.environ),
        start_new_session=True,
    )


def _run(check: Check, python: Path) -> CheckResult:
    def result(outcome: Outcome, output: str) -> CheckResult:
        return CheckResult(name=check.name, outcome=outcome, critical=check.critical, output=output)

    try:
        process = _start(check, python)
    except OSError as error:  # verify may be asked about an environment whose interpreter is gone
        return result("failed", f"{python} does not start: {error.strerror}")
    try:
        output, errors = process.communicate(timeout=check.timeout_s)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.communicate()
        return result("failed", f"no end within {check.timeout_s} s")
    except BaseException:
        _kill(process)
        raise
    if process.returncode == 0:
        return result("passed", _tail(output + errors))
    return result("failed", _tail(output + errors) or f"exit status {process.returncode}")


def run_check(check: Check, python: Path, machine: Machine) -> CheckResult:
    """Run one check, or say why it is skipped."""
    if check.needs_gpu and not machine.gpus:
        return CheckResult(
            name=check.name, outcome="skipped", critical=check.critical, output=f"needs a GPU; {machine.gpu_note}"
        )
    return _run(check, python)


def run_checks(checks: Iterable[Check], python: Path, machine: Machine) -> Iterator[CheckResult]:
    """Run checks side by side, each a process of its own; give the results in the order of the checks."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="check") as pool:
        yield from pool.map(lambda check: run_check(check, python, machine), checks)


def refuse_failed(results: Iterable[CheckResult]) -> None:
    """Raise CheckFailed when a critical check failed, with every one that did."""
    problems = [
        Problem(
            code="check-failed",
            where=result.name,
            expected="the check to pass",
            found=result.output,
            hint="send this output to the bundle's maker",
        )
        for result in results
        if result.critical and result.outcome == "failed"
    ]
    if problems:
        raise CheckFailed(problems)
