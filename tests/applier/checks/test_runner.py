"""Checks beside an installation: real processes, started by what is placed."""

import sys
import threading
import time
from pathlib import Path

import pytest
from packaging.utils import NormalizedName

from locks import Check

from applier.checks.built_in import PlannedCheck
from applier.checks.process import Processes
from applier.checks.result import CheckResult
from applier.checks.runner import Checking
from applier.errors import CheckFailed
from applier.machine.facts import Machine
from applier.machine.gpus import Gpu
from applier.machine.trouble import Trouble
from tests.reporters import Told

A, B = NormalizedName("alpha"), NormalizedName("beta")
BARE = Machine(
    sys_platform=sys.platform,
    machine="x",
    implementation="cpython",
    python=sys.version_info[:3],
    trouble=Trouble(code="no-driver", found="none here", hint=""),
)
WITH_GPU = Machine(
    sys_platform=sys.platform,
    machine="x",
    implementation="cpython",
    python=sys.version_info[:3],
    gpus=(Gpu(name="G", compute_capability="8.6", memory_bytes=1),),
)
LONG = "import time; time.sleep(600)"


def planned(code: str, *needs: NormalizedName, needs_gpu: bool = False, critical: bool = True) -> PlannedCheck:
    """A check whose name is its code."""
    check = Check(name=code, code=code, needs_gpu=needs_gpu, critical=critical)
    return PlannedCheck(check=check, needs=frozenset(needs))


def test_results_keep_the_order_of_the_checks(python: Path) -> None:
    """Checks run side by side and are told as they end; their results come in the checks' order."""
    codes = ["import time; time.sleep(0.5); print(0)", "print(1)", "print(2)"]
    told = Told()
    with Checking(map(planned, codes), python, BARE, reporter=told) as checking:
        results = checking.finish()

    assert [result.output for result in results] == ["0", "1", "2"]
    assert sorted(told.lines) == sorted(f"check passed: {code}" for code in codes)
    assert (told.ended["checking"].done, told.ended["checking"].total) == (3, 3)


def test_a_check_that_needs_a_gpu_is_skipped_without_one(python: Path) -> None:
    """Without a GPU it is not run, and the reason is told; with one it is run."""
    check = planned("print('ran')", needs_gpu=True)
    outcomes = []
    for machine in (BARE, WITH_GPU):
        with Checking([check], python, machine) as checking:
            (result,) = checking.finish()
        outcomes.append((result.outcome, result.output))

    assert outcomes == [("skipped", "needs a GPU; none here"), ("passed", "ran")]


def test_no_check_is_fine(python: Path) -> None:
    """A lock may have none."""
    with Checking([], python, BARE) as checking:
        assert checking.finish() == ()


def test_a_check_starts_when_its_package_is_placed(python: Path, tmp_path: Path) -> None:
    """The first check has ended before the second one's package is there."""
    first = planned(f"open({str(tmp_path / 'first')!r}, 'x')", A)
    second = planned(f"assert open({str(tmp_path / 'first')!r})", B)
    ended = threading.Event()
    told = Told()
    with Checking([second, first], python, BARE, awaited=(A, B), reporter=told) as checking:
        checking.placed(A)
        while not (tmp_path / "first").exists():
            ended.wait(0.01)
        checking.placed(B)
        results = checking.finish()

    assert [result.outcome for result in results] == ["passed", "passed"]
    assert [line.partition(": ")[0] for line in told.lines] == ["check passed", "check passed"]


def go_on_for_ever(checking: Checking) -> None:
    """Install something that has no end."""
    while True:
        checking.go_on()
        time.sleep(0.01)


def test_a_failed_critical_check_stops_the_rest_at_once(python: Path) -> None:
    """Whoever installs learns it while another check would run for minutes, which is ended."""
    checks = [planned("raise SystemExit('no good')", A), planned(LONG, A)]
    told = Told()
    with Checking(checks, python, BARE, awaited=(A,), reporter=told) as checking:
        checking.placed(A)
        with pytest.raises(CheckFailed) as caught:
            go_on_for_ever(checking)

    assert [problem.found for problem in caught.value.problems] == ["no good"]
    assert told.lines == ["check failed: raise SystemExit('no good') (no good)"]


def test_finish_ends_at_the_first_critical_failure(python: Path) -> None:
    """`apply` need not wait for the others; `verify` does."""
    checks, told = [planned(LONG), planned("raise SystemExit('no good')")], Told()
    with Checking(checks, python, BARE, reporter=told) as checking, pytest.raises(CheckFailed) as caught:
        checking.finish()
    assert [problem.found for problem in caught.value.problems] == ["no good"]
    assert (told.stopped_at["checking"].done, told.stopped_at["checking"].item) == (1, LONG)
    checks[0] = planned("import time; time.sleep(1)")
    with Checking(checks, python, BARE) as checking:
        results = checking.finish(to_the_end=True)

    assert [result.outcome for result in results] == ["passed", "failed"]


def test_leaving_ends_what_runs(python: Path) -> None:
    """An interrupt while checks run does not wait for them."""
    with pytest.raises(KeyboardInterrupt), Checking([planned(LONG)] * 9, python, BARE):
        raise KeyboardInterrupt


def test_what_is_no_result_is_raised_where_the_results_are_awaited(
    python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the runner's own is not lost in a thread, whatever ends after it."""

    def run(_processes: Processes, check: PlannedCheck, **_how: bool) -> CheckResult:
        if check.check.code == "pass":
            return CheckResult(name="it", outcome="passed", critical=True, output="")
        raise MemoryError

    monkeypatch.setattr(Processes, "run", run)
    with Checking([planned("break"), planned("pass")], python, BARE) as checking, pytest.raises(MemoryError):
        checking.finish()


@pytest.mark.usefixtures("fresh", "temporary")
def test_bytecode_cut_short_fails_no_check(python: Path) -> None:
    """As a full disk leaves it: Python cannot read it, and what reads it is run again without."""
    cut = "import fresh, os, sys; sys.pycache_prefix and os.truncate(fresh.__spec__.cached, 20)"
    with Checking([planned(cut)] * 9, python, BARE) as checking:
        outcomes = {result.outcome for result in checking.finish()}

    assert outcomes == {"passed"}
