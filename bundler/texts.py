"""The bundle's small texts: its entry point, the pins for pip. Pure."""

from locks import Lock

from applier.environment.scheme import is_windows

# Python 2 must be able to read this file too, to say what it lacks. From 3.11 on the runner starts, and looks for the
# Python that the bundle needs.
_MAIN = """\
import os
import sys


def refuse(exit_code, *lines):
    try:
        sys.stderr.write("".join(line + "\\n" for line in lines))
        sys.stderr.flush()
    except (AttributeError, EnvironmentError, ValueError):  # nobody can be told
        sys.stderr = None  # else Python tries once more at its end, and fails
    sys.exit(exit_code)


if sys.version_info[:2] < (3, 11):
    refuse(
        4,
        "error[python-does-not-fit] this {what}",
        "  expected: Python {wanted}",
        "  found:    Python %d.%d" % sys.version_info[:2],
        "  do:       {launcher} %s" % os.path.basename(sys.argv[0]),
    )

archive = os.path.dirname(os.path.abspath(__file__))

import zipfile

try:  # the import system checks no checksums
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            if name.startswith("runner/"):
                members.read(name)
except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
    if os.path.isfile(archive):
        refuse(
            3,
            "error[bundle-damaged] %s" % archive,
            "  expected: a whole {what}",
            "  found:    %s" % error,
            "  do:       copy it again, or ask its maker for a new one",
        )
sys.path.insert(0, os.path.join(archive, "runner"))

try:
    from pathlib import Path

    from applier.entry import {run}

    {run}(Path(archive))
except KeyboardInterrupt:  # before the command line answers it: a third of a second goes into compiling
    refuse(1, "", "Aborted!")
"""

_REQUIREMENTS = """\
# Unzip the bundle, and in its folder, with Python {python} ({platform}):
#   pip install --no-index --find-links wheels --require-hashes --no-deps -r requirements.txt
# or, from the lock:
#   pip install --no-deps -r pylock.toml      (pip 26.1 or newer)
#   uv pip sync --offline pylock.toml
"""
_DROPS = "# NOTE: without --no-deps, pip asks for what was dropped on purpose: {drops}\n"


def launcher(lock: Lock) -> str:
    """Give what starts the Python that the bundle is for."""
    python = lock.target.python
    return f"py -{python}" if is_windows(lock.target) else f"python{python}"


def default_name(lock: Lock, *, is_update: bool) -> str:
    """Give what a bundle is called unless it is called otherwise; an update never has its base's name."""
    return f"{'update' if is_update else 'bundle'}-{lock.target.variant}.zip"


def main_text(lock: Lock) -> str:
    """Give a bundle's `__main__.py`."""
    return _MAIN.format(
        wanted=lock.target.python,
        launcher=launcher(lock),
        what="bundle",
        run="run_bundle",
    )


def beside_main_text() -> str:
    """Give the `__main__.py` of `apply.pyz`, which may be started for a bundle of any target."""
    return _MAIN.format(
        wanted="3.11 or newer",
        launcher="start it with the Python of the bundle, as python3.11",
        what="apply.pyz",
        run="run_beside",
    )


def line_end(lock: Lock) -> str:
    """Give the line end of texts for people on the target."""
    return "\r\n" if is_windows(lock.target) else "\n"


def requirements_text(lock: Lock) -> str:
    """Give `requirements.txt`: the lock's pins and hashes, for older pip."""
    head = _REQUIREMENTS.format(python=lock.target.python, platform=lock.target.platform.name)
    if lock.drops:
        head += _DROPS.format(drops=", ".join(f"{drop.requires} ({drop.package})" for drop in lock.drops))
    return head + "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in lock.wheels)
