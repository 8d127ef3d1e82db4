"""Bytecode for an environment that has just been proven, the same bytes each time. The edge.

None is shipped and none is written while installing or checking. What is written here carries the hash of its source
(PEP 552, checked): unlike a time it is the same on every machine, and unlike an unchecked hash it is passed over when
the source changes, so that no bytecode is ever stale. The receipt leaves it out.
"""

import subprocess
from pathlib import Path

from locks import Target
from locks.progress import Reporter, phase

from .scheme import scheme_paths
from .skeleton import python_of


def has_bytecode(environment: Path, target: Target) -> bool:
    """Say whether there is any, ours or what programs have left: at the top, or in a package."""
    library = environment / scheme_paths(target, "")["purelib"]
    return any(any(library.glob(caches)) for caches in ("__pycache__", "*/__pycache__"))


def write_bytecode(staging: Path, *, final: Path, target: Target, reporter: Reporter) -> None:
    """Compile every module of the environment built at `staging`, with the paths it will have at `final`.

    Files that are no Python of this minor are passed over: wheels ship templates and tests of that kind.
    """
    library = staging / scheme_paths(target, "")["purelib"]
    command: list[str | Path] = [python_of(staging, target), "-I", "-m", "compileall", "-qq", "-j", "0"]
    command += ["--invalidation-mode", "checked-hash", "-s", staging, "-p", final, library]
    with phase(reporter, "compiling"):
        # Its exit status tells only whether every file was Python.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603  # our words
    reporter.noted(f"compiled {sum(1 for _ in library.rglob('*.pyc'))} modules")
