"""pip-compile, as a process of its own: the edge of the cross-check. Its Python modules are not imported."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import default_environment
from packaging.tags import sys_tags
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Problem
from locks.index.credentials import redact

from ..errors import CrossCheckError
from .comparison import Host
from .pins import Pin, read_pins

# NOTE: no --generate-hashes: pip takes the digests from the same pages as we do, and it took half as long again.
_FLAGS = (
    "--no-config",
    "--quiet",
    "--no-header",
    "--no-emit-options",
    "--resolver=backtracking",
    "--strip-extras",
    "--allow-unsafe",  # setuptools and pip are packages like any other in an environment
    "--annotate",
    "--annotation-style=line",
    "--pip-args=--only-binary :all:",
)
_FIRST_PIP_WITH_CUTOFF = Version("26.0")
_MAX_FACTS = 5


def look_at_host() -> Host:
    """Gather what pip goes by on this machine."""
    return Host(tags=frozenset(sys_tags()), environment=default_environment())


def knows_cutoff() -> bool:
    """Say whether the installed pip can be told to pass over what was uploaded after some day."""
    return Version(version("pip")) >= _FIRST_PIP_WITH_CUTOFF


def last_words(errors: str) -> tuple[str, ...]:
    """Pick out of a failure's many lines what pip itself complains of, and the last one; credentials left out."""
    lines = [redact(line.strip()) for line in errors.splitlines() if line.strip()]
    return tuple(dict.fromkeys([*(line for line in lines if line.startswith("ERROR")), *lines[-1:]]))[-_MAX_FACTS:]


def _failed(where: str, found: tuple[str, ...]) -> CrossCheckError:
    *facts, last = found or ("nothing said",)
    problem = Problem(
        code="cross-check-failed",
        where=where,
        expected="pip-compile to resolve the same lines",
        found=last,
        hint="see whether pip is configured for the same indexes; the lock itself is not in doubt for it",
        because=tuple(facts),
    )
    return CrossCheckError(problem)


def _run(folder: Path, lines: Iterable[str], flags: Iterable[str]) -> subprocess.CompletedProcess[str]:
    (folder / "lock.in").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    # -P, as -m would look for piptools and pip in the current folder first.
    command = [sys.executable, "-P", "-m", "piptools", "compile", *_FLAGS, *flags]
    return subprocess.run(  # noqa: S603  # no shell; the lines are in a file
        [*command, f"--output-file={folder / 'lock.txt'}", folder / "lock.in"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def ask_pip_compile(
    lines: Iterable[str], *, where: str, own_index: str | None, newest_day: date | None
) -> Mapping[NormalizedName, Pin]:
    """Have pip-compile resolve `lines` for this machine, as pip is configured.

    `own_index` is asked beside pip's own; nothing uploaded after `newest_day` is taken. Takes as long as pip does,
    which downloads whole wheels for their metadata.

    Raises:
        CrossCheckError: it failed, with its last words; `where` is what they are about.
    """
    # In the file and not on the command line, which other users of the machine can read.
    options = [f"--extra-index-url {shlex.quote(own_index)}"] if own_index else []
    cutoff = [f"--uploaded-prior-to={newest_day + timedelta(days=1)}T00:00:00Z"] if newest_day else []
    try:
        with TemporaryDirectory(prefix="venvault-") as folder:
            done = _run(Path(folder), [*options, *lines], cutoff)
            if done.returncode == 0:
                output = Path(folder) / "lock.txt"
                return read_pins(output.read_text("utf-8")) if output.exists() else {}
    except OSError as error:
        raise _failed(where, (f"{error.filename or sys.executable}: {error.strerror}",)) from None
    except ValueError as error:
        raise _failed(where, (f"an output that cannot be read: {error}",)) from None
    raise _failed(where, last_words(done.stderr))
