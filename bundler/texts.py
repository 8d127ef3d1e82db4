"""The bundle's small texts: its entry point, the pins for pip. Pure."""

from locks import Lock

from applier.environment.scheme import is_windows

# Python 2 must be able to read this file too, to say what it lacks. From 3.11 on the runner starts, and looks for the
# Python that the bundle needs.
_MAIN = """\
import os
import sys

if sys.version_info[:2] < (3, 11):
    sys.stderr.write("error[python-does-not-fit] this {what}\\n")
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

try:
    from pathlib import Path

    from applier.entry import {run}

    {run}(Path(archive))
except KeyboardInterrupt:  # before the command line answers it: a third of a second goes into compiling
    sys.stderr.write("\\nAborted!\\n")
    sys.exit(1)
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
