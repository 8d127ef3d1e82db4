"""The bundle's small texts: its entry point, the pins for pip, the page for the end user. Pure."""

from locks import Lock

# Python 2 must be able to read this file too, to say what it lacks.
_MAIN = """\
import os
import sys

if {unfit}:
    sys.stderr.write("error[python-does-not-fit] this bundle\\n")
    sys.stderr.write("  expected: Python {wanted}\\n")
    sys.stderr.write("  found:    Python %d.%d\\n" % sys.version_info[:2])
    sys.stderr.write("  do:       {launcher} %s\\n" % os.path.basename(sys.argv[0]))
    sys.exit(4)

archive = os.path.dirname(os.path.abspath(__file__))

import zipfile

try:  # the import system checks no checksums
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            if name.startswith("runner/"):
                members.read(name)
except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
    if os.path.isfile(archive):
        sys.stderr.write("error[bundle-damaged] %s\\n" % archive)
        sys.stderr.write("  expected: a whole {what}\\n")
        sys.stderr.write("  found:    %s\\n" % error)
        sys.stderr.write("  do:       copy it again, or ask its maker for a new one\\n")
        sys.exit(3)
sys.path.insert(0, os.path.join(archive, "runner"))

from pathlib import Path

from applier.cli import {run}

{run}(Path(archive))
"""

_START_HERE = """\
{stack} {version} for {variant} ({platform}, Python {python})

This file holds a whole Python environment. It needs Python {python} and no network.

    {launcher} {bundle} --check          look whether it fits this machine; nothing is changed
    {launcher} {bundle}                  build the environment in the folder .venv
    {launcher} {bundle} verify           see later whether it is still as it was installed

--into FOLDER builds it somewhere else. An environment that is there already is replaced only when the new one is
complete and has passed its checks; until then it stays as it is.
"""


def _launcher(lock: Lock) -> str:
    python = lock.target.python
    return f"py -{python}" if lock.target.platform.os_name == "nt" else f"python{python}"


def default_name(lock: Lock) -> str:
    """Give what a bundle is called unless it is called otherwise."""
    return f"bundle-{lock.target.variant}.zip"


def main_text(lock: Lock) -> str:
    """Give a bundle's `__main__.py`."""
    major, minor = lock.target.python.split(".")
    return _MAIN.format(
        unfit=f"sys.version_info[:2] != ({major}, {minor})",
        wanted=lock.target.python,
        launcher=_launcher(lock),
        what="bundle",
        run="run_bundle",
    )


def beside_main_text() -> str:
    """Give the `__main__.py` of `apply.pyz`, which may be started for a bundle of any target."""
    return _MAIN.format(
        unfit="sys.version_info[:2] < (3, 11)",
        wanted="3.11 or newer",
        launcher="start it with the Python of the bundle, as python3.11",
        what="apply.pyz",
        run="run_beside",
    )


def start_here_text(lock: Lock) -> str:
    """Give `START-HERE.txt`; the name the bundle has today is not in it, so that its bytes do not depend on it."""
    return _START_HERE.format(
        stack=lock.stack,
        version=lock.stack_version,
        variant=lock.target.variant,
        platform=lock.target.platform.name,
        python=lock.target.python,
        launcher=_launcher(lock),
        bundle=default_name(lock),
    )


def requirements_text(lock: Lock) -> str:
    """Give `requirements.txt`: the lock's pins and hashes, for older pip."""
    return "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in lock.wheels)
