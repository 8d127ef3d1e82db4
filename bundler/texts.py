"""The bundle's small texts: its entry point, the pins for pip, the page for the end user. Pure."""

from locks import Lock

# Python 2 must be able to read this file too, to say what it lacks. From 3.11 on the runner starts, and looks for the
# Python that the bundle needs.
_MAIN = """\
import os
import sys

if sys.version_info[:2] < (3, 11):
    sys.stderr.write("error[python-does-not-fit] this bundle\\n")
    sys.stderr.write("  expected: Python {python}\\n")
    sys.stderr.write("  found:    Python %d.%d\\n" % sys.version_info[:2])
    sys.stderr.write("  do:       {launcher} %s\\n" % os.path.basename(sys.argv[0]))
    sys.exit(4)

bundle = os.path.dirname(os.path.abspath(__file__))

import zipfile

try:  # the import system checks no checksums
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if name.startswith("runner/"):
                archive.read(name)
except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
    if os.path.isfile(bundle):
        sys.stderr.write("error[bundle-damaged] %s\\n" % bundle)
        sys.stderr.write("  expected: a whole bundle\\n")
        sys.stderr.write("  found:    %s\\n" % error)
        sys.stderr.write("  do:       copy the bundle again, or ask its maker for a new one\\n")
        sys.exit(3)
sys.path.insert(0, os.path.join(bundle, "runner"))

from pathlib import Path

from applier.cli import run_bundle

run_bundle(Path(bundle))
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
    """Give `__main__.py`."""
    return _MAIN.format(python=lock.target.python, launcher=_launcher(lock))


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
