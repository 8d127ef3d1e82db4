"""The same lock, the same venvault and the same libraries in the runner give the same bytes, wherever and by whom.

Really built, each time in a process of its own under other conditions, and compared by sha256.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from locks.digest import sha256_of_file

ROOT = Path(__file__).parent.parent.parent
TARGETS = ("linux-x86_64", "windows-x86_64")
BUILD = """\
import os, sys
from pathlib import Path

platform, output, umask, order = sys.argv[1:]
os.umask(int(umask, 8))
if order == "backwards":
    forwards = os.scandir

    class Backwards:
        def __init__(self, *place):
            with forwards(*place) as found:
                self.found = sorted(found, key=lambda entry: entry.name, reverse=True)
        def __enter__(self):
            return iter(self.found)
        def __exit__(self, *error):
            pass
        def __iter__(self):
            return iter(self.found)
        def close(self):
            pass

    listdir = os.listdir
    os.scandir = Backwards
    os.listdir = lambda *place: sorted(listdir(*place), reverse=True)

from tests.bundles import demo_wheels, make_lock, target_on, write_bundle_of
from tests.wheels import make_wheel

wheels = [*demo_wheels(), make_wheel("third", "1", files={"b\\u00fc.py": ""})]
lock = make_lock(wheels, target=target_on(platform))
write_bundle_of(lock, wheels[::-1] if order == "backwards" else wheels, Path(output))
"""


def build(
    folder: Path,
    platform: str,
    *,
    python: str = sys.executable,
    environ: Mapping[str, str] | None = None,
    umask: str = "022",
    order: str = "forwards",
    flags: tuple[str, ...] = (),
) -> str:
    """Build the bundle in a process of its own; its sha256."""
    folder.mkdir(parents=True)
    output = folder / "bundle.zip"
    known = {
        name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP", "PYENV_ROOT") if name in os.environ
    }
    places = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [python, *flags, "-c", BUILD, platform, str(output), umask, order],
        cwd=folder,
        env={**known, "PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1", **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return sha256_of_file(output)[0]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digest of each target's bundle, built in the usual way."""
    return {platform: build(tmp_path_factory.mktemp("usual") / platform, platform) for platform in TARGETS}


def test_two_targets_differ(usual: dict[str, str]) -> None:
    """The digests compared below are of something."""
    assert usual[TARGETS[0]] != usual[TARGETS[1]]


@pytest.mark.parametrize("platform", TARGETS)
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"environ": {"TZ": "Pacific/Kiritimati", "LC_ALL": "C"}}, id="time zone and locale"),
        pytest.param({"environ": {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE"}}, id="others"),
        pytest.param({"environ": {"PYTHONHASHSEED": "1"}}, id="hash seed"),
        pytest.param({"environ": {"PYTHONHASHSEED": "4294967295", "PYTHONUTF8": "1"}}, id="another hash seed"),
        pytest.param({"umask": "077"}, id="umask that denies"),
        pytest.param({"umask": "000"}, id="umask that allows"),
        pytest.param({"order": "backwards"}, id="order of files and wheels"),
        pytest.param({"environ": {"SOURCE_DATE_EPOCH": "1700000000"}}, id="date for builds"),
        pytest.param({"flags": ("-OO",)}, id="optimised"),
        pytest.param({"flags": ("-X", "utf8=0")}, id="not in UTF-8"),
    ],
)
def test_conditions_do_not_count(how: dict[str, object], platform: str, usual: dict[str, str], tmp_path: Path) -> None:
    """Time zone, locale, hash seed, umask, the order of files and flags of the interpreter leave no trace."""
    assert build(tmp_path / "other" / "place", platform, **how) == usual[platform]  # type: ignore[arg-type]


@cache
def interpreter(minor: str) -> tuple[str, str]:
    """Give an interpreter of that minor that can import what building needs; or, behind nothing, why there is none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [*map(str, sorted(versions.glob(f"{minor}.*/bin/python"))), shutil.which(f"python{minor}")]
    needed = "import sys, click, installer, packaging.pylock, platformdirs, pynvml, tomli_w, urllib3"
    why = "none is installed"
    for python in filter(None, candidates):
        check = f"{needed}; assert sys.version_info[:2] == ({minor.replace('.', ', ')})"
        environ = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
        tried = subprocess.run([python, "-c", check], env=environ, capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return python, ""
        why = f"{python}: {tried.stderr.strip().rpartition(chr(10))[2]}"
    return "", why


@pytest.mark.parametrize("platform", TARGETS)
@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
def test_the_interpreter_does_not_count(minor: str, platform: str, usual: dict[str, str], tmp_path: Path) -> None:
    """Each Python that can bundle gives the bytes that all others give."""
    python, why = interpreter(minor)
    if not python:
        pytest.skip(f"no Python {minor}: {why}")

    assert build(tmp_path / "other", platform, python=python) == usual[platform]
