"""Checks run in the environment's own interpreter, and nothing of the user's gets into it."""

import stat
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from locks import Check

from applier.checks import tidying
from applier.checks.built_in import PlannedCheck
from applier.checks.guard import Guard
from applier.checks.process import Processes
from applier.checks.result import CheckResult

posix = pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX'")


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


def test_a_check_that_is_stopped_keeps_its_words(python: Path) -> None:
    """What it said tells how far it came; that it had no end comes last."""
    code = "import sys, time; print('out', flush=True); print('err', file=sys.stderr, flush=True); time.sleep(60)"

    assert run(code, python, timeout_s=1).output == "out\nerr\nno end within 1 s"


LEAVES = """
import fcntl, subprocess, sys
held = open({held!r}, "w")
fcntl.flock(held, fcntl.LOCK_EX)
command = [sys.executable, "-c", "import time; time.sleep(600)"]
left = subprocess.Popen(command, pass_fds=[held.fileno()], {options})
print(left.pid, flush=True)
{then}
"""
QUIETLY = "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"


def is_held(path: Path) -> bool:
    """Whether a process still has a lock on that file."""
    fcntl = pytest.importorskip("fcntl")
    with path.open("w") as stream, suppress(BlockingIOError):
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    return True


@posix
@pytest.mark.parametrize("status", [0, 1], ids=["passed", "failed"])
def test_what_a_check_leaves_running_ends_with_it(status: int, python: Path, tmp_path: Path) -> None:
    """It could use, and change, an environment that is in place by then."""
    held = tmp_path / "held"
    result = run(LEAVES.format(held=str(held), options=QUIETLY, then=f"raise SystemExit({status})"), python)
    end = time.monotonic() + 60
    while is_held(held):  # what was killed may take a moment
        assert time.monotonic() < end

    assert result.outcome == ("failed" if status else "passed")


@posix
def test_who_left_the_group_and_holds_the_output_is_not_waited_for(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit holds all the same, and what the check said until then is told."""
    monkeypatch.setattr("applier.checks.process._LAST_WORDS_S", 0.1)
    held = tmp_path / "held"
    code = LEAVES.format(held=str(held), options="start_new_session=True", then="import time; time.sleep(600)")
    number, words = run(code, python, timeout_s=2).output.splitlines()
    assert is_held(held)
    tidying.end([int(number)])

    assert words == "no end within 2 s"


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


# Bytecode.


def planned(code: str) -> PlannedCheck:
    """A check of that code."""
    return PlannedCheck(check=Check(name="it", code=code, timeout_s=30), needs=frozenset())


BY_ITSELF = "import fresh"
BY_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import fresh'], check=True)"
COMPILED = "import importlib.util, os; assert os.path.exists(importlib.util.find_spec('fresh').cached)"


@pytest.mark.parametrize("shares_bytecode", [False, True], ids=["alone", "shared"])
@pytest.mark.parametrize("code", [BY_ITSELF, BY_A_CHILD], ids=["itself", "child"])
def test_checks_leave_no_bytecode(code: str, shares_bytecode: bool, python: Path, fresh: Path, temporary: Path) -> None:
    """Importing a module, in a check or in a Python it starts, writes nothing into the environment."""
    with closing(Processes(python)) as processes:
        assert processes.run(planned(code), shares_bytecode=shares_bytecode).outcome == "passed"

    assert not list(fresh.parent.glob("__pycache__"))
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("first", [BY_ITSELF, BY_A_CHILD, BY_ITSELF + "; raise SystemExit(1)"])
@pytest.mark.usefixtures("fresh")
def test_what_one_check_compiled_the_next_one_reads(first: str, python: Path, temporary: Path) -> None:
    """However the first one ends; the folder is the user's alone, and gone when the round is over."""
    with closing(Processes(python)) as processes:
        processes.run(planned(first), shares_bytecode=True)
        second = processes.run(planned(COMPILED + "; import sys; print(sys.pycache_prefix)"), shares_bytecode=True)
        (folder,) = temporary.iterdir()
        mode = stat.S_IMODE(folder.stat().st_mode)

    assert (second.outcome, second.output) == ("passed", str(folder))
    assert mode == 0o700 or sys.platform == "win32"
    assert not list(temporary.iterdir())


WRITES_ON = """
import os, subprocess, sys
code = "import os, sys\\nwhile True: os.makedirs(sys.argv[1], exist_ok=True); open(sys.argv[1] + '/x.pyc', 'w').close()"
quiet = subprocess.DEVNULL
subprocess.Popen([sys.executable, "-c", code, sys.pycache_prefix], stdout=quiet, stderr=quiet)
"""


@posix
def test_nobody_writes_bytecode_when_the_round_is_over(python: Path, temporary: Path) -> None:
    """A process that a passed check left running would make the folder anew as often as it is removed."""
    with closing(Processes(python)) as processes:
        assert processes.run(planned(WRITES_ON), shares_bytecode=True).outcome == "passed"

    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("fresh")
def test_no_round_believes_another(python: Path, temporary: Path) -> None:
    """Each has a folder of its own; what the round before compiled is compiled anew."""
    for _ in range(2):
        with closing(Processes(python)) as processes:
            assert "AssertionError" in processes.run(planned(COMPILED), shares_bytecode=True).output
            assert processes.run(planned(BY_ITSELF), shares_bytecode=True).outcome == "passed"
            assert processes.run(planned(COMPILED), shares_bytecode=True).outcome == "passed"

    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("fresh")
def test_where_no_folder_is_to_be_had_each_check_compiles_for_itself(
    python: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said."""
    monkeypatch.setattr(Guard, "folder", None)
    code = "import fresh, sys; print(sys.pycache_prefix, sys.dont_write_bytecode)"
    with closing(Processes(python)) as processes:
        result = processes.run(planned(code), shares_bytecode=True)

    assert (result.outcome, result.output) == ("passed", "None True")
    assert not list(temporary.iterdir())


def test_a_stopped_round_makes_no_folder(python: Path, temporary: Path) -> None:
    """A check that comes too late is not run, and leaves nothing."""
    with closing(Processes(python)) as processes:
        processes.stop()
        assert processes.run(planned(BY_ITSELF), shares_bytecode=True).outcome == "skipped"

    assert not list(temporary.iterdir())
