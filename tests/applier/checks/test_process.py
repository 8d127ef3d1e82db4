"""Checks run in the environment's own interpreter, and nothing of the user's gets into it."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from locks import Check

from applier.checks.built_in import PlannedCheck
from applier.checks.process import Processes
from applier.checks.result import CheckResult


def run(code: str, python: Path, *, timeout_s: int = 30) -> CheckResult:
    """Run one check of the name `it`."""
    check = Check(name="it", code=code, timeout_s=timeout_s)
    with closing(Processes(python)) as processes:
        return processes.run(PlannedCheck(check=check, needs=frozenset()))


def test_a_check_that_ends_well_has_passed(python: Path) -> None:
    """What it printed is kept, standard error after standard output."""
    result = run("import sys; print('out'); print('err', file=sys.stderr)", python)

    assert result == CheckResult(name="it", outcome="passed", critical=True, output="out\nerr")


@pytest.mark.parametrize(
    ("code", "output"),
    [
        pytest.param("assert 1 == 2, 'no'", "AssertionError: no", id="assertion"),
        pytest.param("import absent", "ModuleNotFoundError: No module named 'absent'", id="import"),
        pytest.param("def", "SyntaxError", id="no Python"),
        pytest.param("raise SystemExit(3)", "exit status 3", id="exit without words"),
        pytest.param("import os; os.kill(os.getpid(), 9)", "exit status -9", id="killed"),
        pytest.param("input()", "EOFError", id="asks for input"),
        pytest.param("\0", "embedded null byte", id="no text"),
    ],
)
def test_a_check_that_ends_badly_has_failed(code: str, output: str, python: Path) -> None:
    """Whatever way it ends badly, the last lines of what it printed tell why."""
    result = run(code, python)

    assert result.outcome == "failed"
    assert output in result.output


def test_only_the_end_of_the_output_is_kept(python: Path) -> None:
    """A talkative check leaves its last fifteen lines, undecodable bytes replaced."""
    result = run("import os; os.write(1, b'\\xff' + b''.join(b'%d\\n' % i for i in range(100)))", python)

    assert result.output.splitlines() == [str(number) for number in range(85, 100)]
    assert "\ufffd" in run("import os; os.write(1, b'\\xff')", python).output


def test_a_check_that_does_not_end_is_stopped(python: Path) -> None:
    """The time limit holds, and is named."""
    before = time.monotonic()
    result = run("import time; time.sleep(60)", python, timeout_s=1)

    assert (result.outcome, result.output) == ("failed", "no end within 1 s")
    assert time.monotonic() - before < 10


def test_an_interpreter_that_is_gone_fails_the_check(tmp_path: Path) -> None:
    """A check of an environment without interpreter fails and says so."""
    result = run("", tmp_path / "python")

    assert (result.outcome, result.output) == (
        "failed",
        f"{tmp_path / 'python'} does not start: No such file or directory",
    )


def test_nothing_of_the_users_gets_into_the_interpreter(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither PYTHONPATH, nor PYTHONHOME, nor the current folder, nor the user's site brings other modules in."""
    (tmp_path / "intruder.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    code = "import importlib.util, sys; assert not importlib.util.find_spec('intruder'); print(*sys.path, sep='\\n')"
    result = run(code, python)

    assert result.outcome == "passed", result.output
    assert str(tmp_path) not in result.output.splitlines()


def test_the_users_other_variables_are_kept(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check sees what the user set for libraries, such as the visible GPUs."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")

    assert run("import os; print(os.environ['CUDA_VISIBLE_DEVICES'])", python).output == "7"


def test_checks_leave_no_bytecode(python: Path, site: Path) -> None:
    """Importing a module in a check writes nothing into the environment."""
    (site / "fresh.py").write_text("x = 1\n")
    try:
        assert run("import fresh", python).outcome == "passed"
        assert not list(site.glob("__pycache__"))
    finally:
        (site / "fresh.py").unlink()
