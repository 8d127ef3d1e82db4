"""Checks that begin beside an apply, while packages are still being written: what they miss then is no fault."""

import sys
import time
from functools import partial
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import Check
from locks.progress import Progress

from applier.apply import apply_bundle
from applier.options import Options
from applier.verifying.verify import verify_environment
from tests.bundles import make_bundle, running_machine
from tests.crews import hired_here
from tests.reporters import Told
from tests.wheels import make_wheel

MACHINE = running_machine()
PREFIX = Path(sys.prefix).resolve()
BOUND_S = 60
# As transformers looks for pillow, and breaks on the half of it.
LOOKS = """
from importlib.util import find_spec
if find_spec("found"):
    import found.late
"""
EARLY = """
import atexit, pathlib
atexit.register(pathlib.Path({ended!r}).touch)
with open({runs!r}, "a") as runs:
    runs.write("x")
import looks
"""
WHEELS = (
    make_wheel("looks", "1", files={"looks.py": LOOKS}),
    make_wheel("found", "1", files={"found/__init__.py": ""}),
    make_wheel("later", "1", files={"found/late.py": ""}),
)


class HalfThere(Told):
    """Keeps the installation where half of a package is written, until the early check has met it."""

    def __init__(self, ended: Path) -> None:
        super().__init__()
        self._ended = ended

    def advanced(self, progress: Progress) -> None:
        end = time.monotonic() + BOUND_S
        while progress.item == "found 1" and not self._ended.exists():
            assert time.monotonic() < end
            time.sleep(0.01)


def test_what_an_early_check_misses_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails on a package that is half there, and passes once all is in place: in a first apply and again."""
    monkeypatch.setattr("applier.apply.hired", hired_here)
    ended, runs = tmp_path / "ended", tmp_path / "runs"
    code = EARLY.format(ended=str(ended), runs=str(runs))
    early = Check(name="early", code=code, after=(canonicalize_name("looks"),))
    late = Check(name="late", code="import looks, found.late")
    bundle = make_bundle(tmp_path / "bundle.zip", *WHEELS, checks=(late, early))
    apply = partial(apply_bundle, bundle, tmp_path / ".venv", machine=MACHINE, running_prefix=PREFIX)
    for options in (Options(), Options(force=True)):
        ended.unlink(missing_ok=True)
        runs.write_text("")
        told = HalfThere(ended)
        receipt = apply(options=options, reporter=told).receipt

        assert runs.read_text() == "xx"
        assert [(check.name, check.outcome) for check in receipt.checks] == [("late", "passed"), ("early", "passed")]
        assert sorted(line for line in told.lines if line.startswith("check ")) == [
            "check passed: early",
            "check passed: late",
        ]
    assert verify_environment(tmp_path / ".venv", machine=MACHINE).is_clean
