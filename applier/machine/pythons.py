"""The Pythons on this machine, and what each says it is. The edge; `python_places` knows where they are.

Asking means starting it, with nothing but its standard library; only files whose place or name suggests the wanted
version are asked.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from locks import Target

from .python_places import patterns

_TIMEOUT_S = 15
# What `facts` finds out about the running one; `venv` is what an apply needs, and some systems leave it out.
_QUESTION = """\
import json, platform, sys, sysconfig
try:
    import venv
except ImportError:
    venv = None
free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
name = sys.implementation.name
print(json.dumps({
    "implementation": "free-threaded " + name if free else name,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "machine": platform.machine() if sys.maxsize > 2**32 else "32-bit",
    "venv": venv is not None,
    "executable": sys.executable,
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Python:
    """An interpreter, and what it says it is."""

    path: Path
    kind: str
    """Where it was found: "PATH", "pyenv"."""
    implementation: str
    version: str
    """As "3.11.7"."""
    machine: str
    has_venv: bool

    def __str__(self) -> str:
        venv = "" if self.has_venv else ", without the module venv"
        return f"{self.implementation} {self.version} at {self.path} ({self.kind}{venv})"

    def fits(self, target: Target) -> bool:
        """Say whether it can apply a bundle of that target."""
        return (
            (self.implementation, self.version.rpartition(".")[0]) == ("cpython", target.python)
            and self.machine.lower() == target.platform.machine.lower()
            and self.has_venv
        )


def _by_launcher(minor: str) -> Iterator[tuple[str, Path]]:
    """Ask Windows' launcher `py`, which knows what installers registered (PEP 514)."""
    try:
        done = subprocess.run(  # noqa: S603
            ["py", f"-{minor}", "-c", "import sys; print(sys.executable)"],  # noqa: S607  # the user's own
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout.strip():
        yield "py launcher", Path(done.stdout.strip())


def places(minor: str, environ: Mapping[str, str], home: Path) -> Iterator[tuple[str, Path]]:
    """Give the files that may be Pythons of a minor, each with its kind, the likeliest first."""
    windows = sys.platform == "win32"
    if windows:
        yield from _by_launcher(minor)
    for kind, folder, pattern in patterns(minor, environ, home, windows=windows):
        try:
            found = sorted(folder.glob(pattern), reverse=True)
        except (OSError, ValueError):
            continue
        for path in found:
            yield kind, path


def ask_python(path: Path, kind: str) -> Python | None:
    """Ask an interpreter what it is; None when it does not start or answers strangely."""
    try:
        done = subprocess.run(  # noqa: S603  # to ask an interpreter is to start it
            [path, "-I", "-S", "-c", _QUESTION],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
        answer = json.loads(done.stdout)
        return Python(
            path=Path(answer["executable"] or path),  # a shim may start another one elsewhere
            kind=kind,
            implementation=str(answer["implementation"]),
            version=str(answer["version"]),
            machine=str(answer["machine"]),
            has_venv=bool(answer["venv"]),
        )
    except (OSError, ValueError, TypeError, KeyError, subprocess.TimeoutExpired):
        return None


def find_pythons(target: Target, *, environ: Mapping[str, str], home: Path, not_below: Path) -> Iterator[Python]:
    """Find the Pythons that a bundle of `target` may be meant for, and say what they are, likeliest first.

    One file is asked once, whatever its names; none of the environment that is to be replaced is.
    """
    seen: set[Path] = set()
    for kind, path in places(target.python, environ, home):
        real = Path(os.path.realpath(path))  # not Path.resolve, which raises for a circle of links
        if real in seen or not path.is_file():
            continue
        seen.add(real)
        python = ask_python(path, kind)
        if python is None or not_below in python.path.parents:
            continue
        if python.path.resolve() == real or python.path.resolve() not in seen:
            seen.add(python.path.resolve())
            yield python


def choose_python(pythons: Iterable[Python], target: Target) -> tuple[Python | None, tuple[Python, ...]]:
    """Give the first that fits, and those that were seen before it and do not."""
    others: list[Python] = []
    for python in pythons:
        if python.fits(target):
            return python, tuple(others)
        others.append(python)
    return None, tuple(others)
