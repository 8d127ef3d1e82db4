"""The environment's skeleton: a venv without pip, built beside its final place, with that place written into it."""

import copy
import errno
import os
import venv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from locks import Problem, Target

from ..errors import ApplyRefused
from .frozen import freeze
from .scheme import RECEIPT, is_windows, scripts_folder


class _Builder(venv.EnvBuilder):
    """Builds at one path what will live at another."""

    def __init__(self, final: Path) -> None:
        super().__init__(
            system_site_packages=False, clear=False, symlinks=os.name != "nt", with_pip=False, prompt=final.name
        )
        self._final = final

    def _as_final(self, context: SimpleNamespace) -> SimpleNamespace:
        moved = copy.copy(context)
        for name, value in vars(context).items():
            if isinstance(value, str) and value.startswith(context.env_dir):
                setattr(moved, name, str(self._final) + value[len(context.env_dir) :])
        moved.env_name = self._final.name
        return moved

    def replace_variables(self, text: str, context: SimpleNamespace) -> str:
        """Fill in the activation scripts with the final place."""
        return super().replace_variables(text, self._as_final(context))

    def symlink_or_copy(self, src: Any, dst: Any, relative_symlinks_ok: bool = False) -> None:
        """Link the interpreter, or fail: venv's own would copy it, with a word in the log, and no two be the same."""
        if os.name == "nt":
            super().symlink_or_copy(src, dst, relative_symlinks_ok)
        else:
            os.symlink(os.path.basename(src) if relative_symlinks_ok else src, dst)  # noqa: PTH119, PTH211


def create_environment(staging: Path, *, final: Path) -> None:
    """Create the skeleton at `staging`, to be moved to `final`; no package is in it, and pip keeps out."""
    _Builder(final).create(staging)
    config = staging / "pyvenv.cfg"
    config.write_text(config.read_text("utf-8").replace(str(staging), str(final)), "utf-8")
    freeze(staging)


def python_of(environment: Path, target: Target) -> Path:
    """Give the path of the environment's interpreter."""
    return environment / scripts_folder(target) / ("python.exe" if is_windows(target) else "python")


def is_environment(path: Path) -> bool:
    """Say whether a venv lies at `path`, or what somebody left of one of ours."""
    return any((path / name).is_file() for name in ("pyvenv.cfg", RECEIPT))


def holds_something(place: Path) -> bool:
    """Say whether there is anything in the folder at `place`."""
    try:
        return place.is_dir() and any(place.iterdir())
    except OSError:  # what cannot be looked into is there
        return True


def resolve_place(into: Path) -> Path:
    """Give the absolute path of a place, with links resolved.

    Raises:
        ApplyRefused: its links lead in a circle, or cannot be followed; or its name is no text.
    """
    try:
        place = into.absolute().resolve()
        str(place).encode()  # as pyvenv.cfg must have it
        if place.is_symlink():  # from Python 3.13 on, what a circle of links is resolved to
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return place
    except (OSError, RuntimeError, UnicodeError) as error:  # RuntimeError: such a circle before Python 3.13
        found = "letters that are no text" if isinstance(error, UnicodeError) else str(error)
        hint = "name another folder"
        problem = Problem(code="place-not-allowed", where=str(into), expected="a folder's path", found=found, hint=hint)
        raise ApplyRefused(problem) from None


def current_folder() -> Path | None:
    """Give the current folder; None when it was deleted under us."""
    try:
        return Path.cwd()
    except OSError:
        return None


def judge_place(place: Path, *, running_prefix: Path, current: Path | None, home: Path) -> None:
    """Judge whether an environment may be put, and what is there destroyed, at `place` (absolute, links resolved).

    Raises:
        ApplyRefused: it is no environment, or one that must not be replaced.
    """
    reason = None
    if place in (running_prefix, *running_prefix.parents):
        reason = "the running Python's own folder"
    elif current is not None and place in (current, *current.parents):
        reason = "the current folder, or one above it"
    elif place in (home, *home.parents):
        reason = "the home folder, or one above it"
    elif os.path.ismount(place):  # Path.is_mount exists on Windows only from 3.12
        reason = "a mount point"
    elif place.exists() and not (place.is_dir() and (is_environment(place) or not any(place.iterdir()))):
        reason = "something that is no environment"
    if reason:
        raise ApplyRefused(
            Problem(
                code="place-not-allowed",
                where=str(place),
                expected="an environment, or nothing",
                found=reason,
                hint="name another folder",
            )
        )
