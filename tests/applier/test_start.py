"""What is imported before a command says its first line, and by a worker: counted, for each module takes its time.

Out of a bundle every module is compiled anew at each start.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FIRST_LINE = {
    "applier",
    "applier.arguments",
    "applier.bundle",
    "applier.bundle.extent",
    "applier.bundle.volumes",
    "applier.changed",
    "applier.cli",
    "applier.entry",
    "applier.errors",
    "locks",
    "locks.cli",
    "locks.commands",
    "locks.digest",
    "locks.interrupts",
    "locks.lazily",
    "locks.output",
    "locks.problem",
    "locks.progress",
    "locks.showing",
    "locks.table",
}
WORKER = {
    "applier",
    "applier.bundle",
    "applier.bundle.extent",
    "applier.changed",
    "applier.digest",
    "applier.framing",
    "applier.framing.content",
    "applier.framing.inflate",
    "applier.unpacking",
    "applier.unpacking.clone",
    "applier.unpacking.job",
    "applier.unpacking.sink",
    "applier.unpacking.take",
    "applier.unpacking.unpack",
    "applier.unpacking.worker",
    "locks",
    "locks.lazily",
}
_PROGRAM = """\
import sys
before = set(sys.modules)
import {module}
print(*(name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names))
"""


def imported_by(module: str) -> set[str]:
    """Import a module in a fresh interpreter; give all that came with it and is not the standard library's."""
    command = [sys.executable, "-c", _PROGRAM.format(module=module)]
    return set(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize(
    ("module", "ceiling"),
    [
        pytest.param("applier.entry", FIRST_LINE, id="python bundle.zip"),
        pytest.param("compiler.cli", FIRST_LINE | {"compiler", "compiler.cli"}, id="venvault"),
    ],
)
def test_little_is_imported_before_the_first_line(module: str, ceiling: set[str]) -> None:
    """Of ours only what is named here; of others click alone: no `packaging`, no `installer`, no stage."""
    imported = imported_by(module)

    assert {name for name in imported if name.partition(".")[0] != "click"} <= ceiling


def test_a_worker_imports_next_to_nothing() -> None:
    """A worker has what reads, inflates and hashes, and nothing from outside the standard library."""
    assert imported_by("applier.unpacking.worker") <= WORKER
