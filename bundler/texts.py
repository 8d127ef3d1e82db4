"""The bundle's small texts: its entry point, the pins for pip, the page for the end user. Pure."""

from locks import Lock

from applier.environment.scheme import is_windows
from applier.environment.siblings import room_for_folder
from applier.inspecting.needs import needs_of
from applier.inspecting.sizes import in_words
from applier.wheels.plan import Plan

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

from pathlib import Path

from applier.cli import {run}

{run}(Path(archive))
"""

_START_HERE = """\
{stack} {version} for {variant} ({platform}, Python {python})

This one file holds a whole Python environment: Python packages{cuda}, nothing to download.
It needs Python {python} on this machine, no network, and no administrator rights.

TO USE IT

{open_terminal}

    {launcher} {bundle} --check          look whether it fits this machine; nothing is changed
    {launcher} {bundle}                  build the environment in the folder .venv
    {launcher} {bundle} verify           see later whether it is still as it was installed

If the file is called otherwise, write its name. To build it somewhere else, add --into FOLDER. To see what is
in it, write inspect in the place of verify. Afterwards the environment's Python is {program}.{extra_files}

An environment that is there already is replaced only when the new one is complete and has passed its
checks; until then, and whenever something fails, it stays as it is.

HOW BIG

{packages} packages, {packed} packed. Installed: {files} files, {installed}; as much again is needed
while an older environment is still there.{path_limit}

WHAT THE MACHINE MUST HAVE

{needs}

WHEN IT DOES NOT WORK

Every message has a code in brackets, says what was expected and found, and what to do. The number the command
ends with tells what kind of trouble it is:

    1  refused: a folder, permission or your answer stood in the way; after verify, something was changed since.
    2  the command was written wrongly: see the three lines above.
    3  the file is damaged, as by a broken copy. Copy it again, or ask its maker for a new one.
    4  this machine does not fit: Python, system, graphics driver or card. The message says which.
    5  the new environment failed a check and was removed; what was there before is in place.

If you ask its maker for help, send the whole message.

WHAT ELSE IS IN THE FILE

    licences.txt       the licence of every package, with all texts{nvidia}
    sbom.cdx.json      every package with version, hash and licence, for security tools (CycloneDX)
    pylock.toml        the same as a lock file: pip 26.1 and uv can install from it once the file is unzipped
    requirements.txt   the same for older pip; how is written in it
"""

_REQUIREMENTS = """\
# Unzip the bundle, and in its folder, with Python {python} ({platform}):
#   pip install --no-index --find-links wheels --require-hashes --no-deps -r requirements.txt
# or, from the lock:
#   pip install --no-deps -r pylock.toml      (pip 26.1 or newer)
#   uv pip sync --offline pylock.toml
"""
_DROPS = "# NOTE: without --no-deps, pip asks for what was dropped on purpose: {drops}\n"

"""Longest path where long paths are not switched on: MAX_PATH is 260, its closing zero counted."""


def _launcher(lock: Lock) -> str:
    python = lock.target.python
    return f"py -{python}" if is_windows(lock.target) else f"python{python}"


def default_name(lock: Lock) -> str:
    """Give what a bundle is called unless it is called otherwise."""
    return f"bundle-{lock.target.variant}.zip"


def main_text(lock: Lock) -> str:
    """Give a bundle's `__main__.py`."""
    return _MAIN.format(
        wanted=lock.target.python,
        launcher=_launcher(lock),
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


def _path_limit(lock: Lock, longest_path: str) -> str:
    if not is_windows(lock.target):
        return ""
    room = room_for_folder(longest_path, lock.target)
    return f"\nUnless long paths are switched on in Windows, the folder's own path may have at most {room} characters."


def _extra_files(lock: Lock) -> str:
    if not lock.files:
        return ""
    room = in_words(sum(file.size_bytes for file in lock.files))
    return (
        f"\nModels, samples and pages that came along ({len(lock.files)}, {room}) lie in its share/{lock.stack} folder."
    )


def line_end(lock: Lock) -> str:
    """Give the line end of texts for people on the target."""
    return "\r\n" if is_windows(lock.target) else "\n"


def start_here_text(lock: Lock, plan: Plan) -> str:
    """Give `START-HERE.txt`; the name the bundle has today is not in it, so that its bytes do not depend on it."""
    on_windows = is_windows(lock.target)
    has_cuda = lock.target.variant != "cpu"
    needs = needs_of(lock)
    width = max(map(len, needs))
    program = r".venv\Scripts\python.exe" if on_windows else ".venv/bin/python"
    where = "Open a terminal (Command Prompt or PowerShell)" if on_windows else "Open a terminal"
    text = _START_HERE.format(
        stack=lock.stack,
        version=lock.stack_version,
        variant=lock.target.variant,
        platform=lock.target.platform.name,
        python=lock.target.python,
        launcher=_launcher(lock),
        bundle=default_name(lock),
        cuda=", with the CUDA libraries they need" if has_cuda else "",
        open_terminal=f"{where} in the folder of this file, and type one of:",
        program=program,
        extra_files=_extra_files(lock),
        packages=len(lock.wheels),
        packed=in_words(lock.size_bytes + sum(file.size_bytes for file in lock.files)),
        files=len(plan.files),
        installed=in_words(plan.size_bytes),
        path_limit=_path_limit(lock, plan.longest_path),
        needs="\n".join(f"    {name:{width}}  {words}" for name, words in needs.items()),
        nvidia=", and NVIDIA's terms" if has_cuda else "",
    )
    return text.replace("\n", line_end(lock))


def requirements_text(lock: Lock) -> str:
    """Give `requirements.txt`: the lock's pins and hashes, for older pip."""
    head = _REQUIREMENTS.format(python=lock.target.python, platform=lock.target.platform.name)
    if lock.drops:
        head += _DROPS.format(drops=", ".join(f"{drop.requires} ({drop.package})" for drop in lock.drops))
    return head + "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in lock.wheels)
