"""When another Python must do it: which one, and how the bundle is started with it. The edge."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from locks import Lock, Problem, Target

from ..bundle.layout import BESIDE
from ..bundle.reader import Bundle
from ..errors import BundleDamaged, MachineUnfit
from ..home import home_folder
from ..signature import Trust
from .facts import Machine
from .fit import judge_fit
from .pythons import Python, ask_python, choose_python, find_pythons

_OF_PYTHON = {"python-does-not-fit", "platform-does-not-fit"}
"""What another Python may mend: the second too, when the running one is of 32 bits or runs by translation."""


def _running_fits(lock: Lock, machine: Machine) -> bool:
    return not any(finding.level == "stop" and finding.code in _OF_PYTHON for finding in judge_fit(lock, machine))


def _named_python(path: Path, target: Target) -> Python:
    """Give the Python that the user named.

    Raises:
        MachineUnfit: it does not start, or does not fit.
    """
    python = ask_python(path, "--python")
    if python and python.fits(target):
        return python
    problem = Problem(
        code="python-does-not-fit",
        where=str(path),
        expected=f"CPython {target.python} for {target.platform.machine}, with the module venv",
        found=str(python) if python else "nothing that starts as a Python does",
        hint="name another with --python, or none to have one looked for",
    )
    raise MachineUnfit(problem)


def python_for(
    lock: Lock, machine: Machine, *, named: Path | None, final: Path, report: Callable[[str], None]
) -> Python | None:
    """Give the Python that has to apply the bundle; None when the running one can, or no better one is found.

    `final` is the environment that is to be replaced: its own Python will not do.

    Raises:
        MachineUnfit: the Python named does not fit.
    """
    target = lock.target
    if named is not None:
        return _named_python(named, target)
    if _running_fits(lock, machine) or machine.sys_platform != target.platform.sys_platform:
        return None
    report(f"this is {machine.python_words()}, and the bundle needs CPython {target.python}: looking for one")
    pythons = find_pythons(target, environ=os.environ, home=home_folder(), not_below=final)
    found, others = choose_python(pythons, target)
    for python in others:
        report(f"  {python} does not fit")
    report(f"  going on with {found}" if found else "  none fits; --python PATH names one that lies elsewhere")
    return found


def start_again(bundle: Path, *, signed_only: bool = False) -> list[str]:
    """Give what starts `apply` of a bundle: the archive that runs now, the runner beside the bundle, or the bundle.

    With `signed_only` not the one beside it, which nobody signed.

    Raises:
        MachineUnfit: that leaves nothing, for the bundle is in volumes.
    """
    beside = bundle.with_name(BESIDE)
    running = next((parent for parent in Path(__file__).parents if parent.is_file()), None)
    archive = running or (beside if beside.is_file() and not signed_only else bundle)
    if not archive.is_file():
        problem = Problem(
            code="python-does-not-fit",
            where=str(bundle),
            expected="a file that starts with another Python",
            found=f"volumes, which none does; and nobody signed {BESIDE}"
            if signed_only
            else "volumes, which none does",
            hint=f"install venvault for that Python, or fetch {BESIDE} from whom you trust and start it yourself",
        )
        raise MachineUnfit(problem)
    named = [] if archive.resolve() == bundle.resolve() else [str(bundle)]
    return [str(archive), "apply", *named]


def start_with(python: Path, arguments: Sequence[str]) -> NoReturn:
    """Run that Python instead of this one, isolated from the user's other code; never comes back."""
    command = [str(python), "-I", *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":  # there is no exec; Ctrl-C reaches both, and is for the other one to answer
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with subprocess.Popen(command) as process:  # noqa: S603
            raise SystemExit(process.wait())
    else:
        os.execv(python, command)  # noqa: S606  # the user's own interpreter, the bundle's own code


def hand_over(
    bundle: Path,
    into: Path,
    machine: Machine,
    *,
    named: Path | None,
    flags: Sequence[str],
    report: Callable[[str], None],
    trust: Trust | None = None,
) -> None:
    """Start `apply` again with the Python that the bundle needs, if that is another; then this does not come back.

    What it starts may be the bundle's own code, so the bundle must be one that `trust` admits.

    Raises:
        MachineUnfit: the Python named does not fit, or cannot be started with what is at hand.
    """
    try:
        lock = Bundle.open(bundle, trust).lock
    except BundleDamaged:  # preflight tells it, beside all else
        return
    python = python_for(lock, machine, named=named, final=Path(os.path.realpath(into)), report=report)
    if python:
        start_with(python.path, [*start_again(bundle, signed_only=trust is not None), *flags])
