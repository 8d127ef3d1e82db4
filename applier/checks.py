"""The manifest's checks, each run by the environment's own interpreter in a process of its own."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from locks import Check, Lock, Problem

from .errors import CheckFailed
from .machine import Machine

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


def _run(check: Check, python: Path) -> CheckResult:
    try:
        done = subprocess.run(  # noqa: S603  # the manifest's own code, in the environment's own interpreter
            [python, "-P", "-c", check.code],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=check.timeout_s,
            cwd=python.parent,
            env=_process_environment(os.environ),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return CheckResult(
            name=check.name, outcome="failed", critical=check.critical, output=f"no end within {check.timeout_s} s"
        )
    except OSError as error:  # verify may be asked about an environment whose interpreter is gone
        output = f"{python} does not start: {error.strerror}"
        return CheckResult(name=check.name, outcome="failed", critical=check.critical, output=output)
    passed = done.returncode == 0
    output = _tail(done.stdout + done.stderr) or ("" if passed else f"exit status {done.returncode}")
    return CheckResult(
        name=check.name, outcome="passed" if passed else "failed", critical=check.critical, output=output
    )


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
