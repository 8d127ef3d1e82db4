"""An environment that does not change by accident: no pip in it, a word to the pip outside, and, if wished, read-only.

Source: pip and uv pass over PEP 668's EXTERNALLY-MANAGED in every virtual environment, as the specification has it, and
conda's frozen file (CEP 22) is for conda's own. What pip does read is its configuration in the environment; uv reads
nothing there, and only missing permission stops it.
"""

import os
import stat
from pathlib import Path

from .tree import refuse_unreadable

_WORDS = "refused: venvault froze this environment; apply a bundle to change it"
# NOTE: pip has no key that forbids; one whose value is no boolean ends the command, and pip prints the value.
_PIP_CONFIGURATION = f"[install]\nno-clean = {_WORDS}\n\n[uninstall]\nyes = {_WORDS}\n"
PIP_CONFIGURATION = "pip.ini" if os.name == "nt" else "pip.conf"
WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def freeze(environment: Path) -> None:
    """Have pip refuse to install into the environment, and to uninstall from it."""
    (environment / PIP_CONFIGURATION).write_text(_PIP_CONFIGURATION, "utf-8")


def make_read_only(environment: Path) -> None:
    """Take the permission to write from every file and folder; links have none of their own.

    What has none is left alone: a file that the old environment has too, under a name of its own, keeps its one mode.
    """
    for here, _, names in os.walk(environment, topdown=False, onerror=refuse_unreadable):
        for path in (Path(here), *(Path(here, name) for name in names)):
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & WRITE and not path.is_symlink():
                path.chmod(mode & ~WRITE)
