"""What a bug report needs of the program that runs: its version, the formats it writes, and the Python."""

import json
import platform
import sys
import zipfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .bundle.layout import CONTENTS

_FORMATS = {"lock": "locks.pylock", "bundle": "applier.bundle.contents", "receipt": "applier.environment.receipt"}


def own_version(bundle: Path | None = None) -> str:
    """Give the version of venvault that runs; from within a bundle, zipped or not, what its maker wrote down."""
    try:
        return version("venvault")
    except PackageNotFoundError:  # from within a bundle
        if bundle is None:
            return "a bundle's own runner"
    folder = bundle if bundle.is_dir() else zipfile.Path(bundle)
    return str(json.loads((folder / CONTENTS).read_text("utf-8"))["runner"]["venvault"])


def version_lines(bundle: Path | None = None) -> list[str]:
    """Tell versions in three lines; `bundle` is the one that has been started, if one was."""
    formats = ", ".join(f"{name} {import_module(module).FORMAT}" for name, module in _FORMATS.items())
    python = f"Python {platform.python_version()} ({sys.executable})"
    return [f"venvault {own_version(bundle)}", f"formats: {formats}", python]
