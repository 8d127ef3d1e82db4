"""Checks run in the environment's own interpreter, and nothing of the user's gets into it."""

import sys
import time
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import Check

from applier.checks import CheckResult, checks_of, refuse_failed, run_check, run_checks
from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import create_environment, python_of
from applier.errors import CheckFailed
from applier.machine.facts import Machine
from applier.machine.gpus import Gpu
from applier.machine.trouble import Trouble
from tests.bundles import make_lock, running_target
from tests.wheels import make_wheel

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


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare environment; tests put back what they change."""
    place = tmp_path_factory.mktemp("checks") / "env"
    create_environment(place, final=place)
    return place


@pytest.fixture
def python(environment: Path) -> Path:
    """The environment's interpreter."""
    return python_of(environment, running_target())


@pytest.fixture
def site(environment: Path) -> Path:
    """The folder that the environment's packages are in."""
    return environment / scheme_paths(running_target(), "x")["purelib"]


def run(
    code: str, python: Path, *, machine: Machine = BARE, needs_gpu: bool = False, timeout_s: int = 30
) -> CheckResult:
    """Run one check of the name `it`."""
    return run_check(Check(name="it", code=code, needs_gpu=needs_gpu, timeout_s=timeout_s), python, machine)


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


def test_a_check_that_needs_a_gpu_is_skipped_without_one(python: Path) -> None:
    """Without a GPU it is not run, and the reason is told; with one it is run."""
    skipped = run("raise SystemExit", python, needs_gpu=True)

    assert (skipped.outcome, skipped.output) == ("skipped", "needs a GPU; none here")
    assert run("", python, machine=WITH_GPU, needs_gpu=True).outcome == "passed"


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


def test_results_keep_the_order_of_the_checks(python: Path) -> None:
    """Checks run side by side, and their results come in the checks' order."""
    codes = ["import time; time.sleep(0.3); print(0)", "print(1)", "print(2)"]
    results = run_checks([Check(name=code, code=code) for code in codes], python, BARE)

    assert [result.output for result in results] == ["0", "1", "2"]


# The built-in check.

BLACKLIST = {canonicalize_name("torchao"): "breaks", canonicalize_name("torch-ao"): "breaks"}


def built_in() -> Check:
    """The check that a lock with a blacklist gets."""
    lock = make_lock([make_wheel("demo", "1")], blacklist=BLACKLIST, checks=(Check(name="own", code="pass"),))
    own, check = checks_of(lock)
    assert (own.name, check.name, check.critical) == ("own", "no blacklisted package", True)
    return check


def test_without_a_blacklist_there_is_no_built_in_check() -> None:
    """A lock's own checks are all there is."""
    checks = (Check(name="own", code="pass"),)

    assert checks_of(make_lock([make_wheel("demo", "1")], checks=checks)) == checks


def test_a_clean_environment_holds_no_blacklisted_package(python: Path) -> None:
    """The built-in check passes where there is nothing to find."""
    assert run_check(built_in(), python, BARE).outcome == "passed"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("torchao.py", "", id="module"),
        pytest.param("torchao/__init__.py", "", id="package"),
        pytest.param("torch_ao.py", "", id="module of a name with a dash"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torchao\nVersion: 1\n", id="distribution"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: TorchAO\nVersion: 1\n", id="capitals"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch_ao\nVersion: 1\n", id="underscore"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: Torch.ao\nVersion: 1\n", id="dot"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch--ao\nVersion: 1\n", id="two dashes"),
    ],
)
def test_a_blacklisted_package_is_found_however_it_came(path: str, content: str, python: Path, site: Path) -> None:
    """A planted module or dist-info of a blacklisted name fails the check, in whatever spelling."""
    planted = site / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(content)
    try:
        result = run_check(built_in(), python, BARE)
    finally:
        planted.unlink()
        if planted.parent != site:
            planted.parent.rmdir()

    assert result.outcome == "failed"
    assert "blacklisted: ['" in result.output


# The verdict.


def test_every_failed_critical_check_is_told() -> None:
    """Failed critical checks refuse the environment, all of them; others do not."""
    results = [
        CheckResult(name=f"{outcome} {critical}", outcome=outcome, critical=critical, output="why")
        for outcome in ("passed", "failed", "skipped")
        for critical in (True, False)
    ]
    again = CheckResult(name="again", outcome="failed", critical=True, output="also")
    with pytest.raises(CheckFailed) as caught:
        refuse_failed([*results, again])

    assert [problem.where for problem in caught.value.problems] == ["failed True", "again"]
    assert str(caught.value.problems[0]) == (
        "check-failed: failed True: expected the check to pass, found why (send this output to the bundle's maker)"
    )


def test_nothing_critical_failed_is_fine() -> None:
    """Skipped checks and failed ones that are not critical refuse nothing."""
    refuse_failed(
        [
            CheckResult(name="a", outcome="skipped", critical=True, output=""),
            CheckResult(name="b", outcome="failed", critical=False, output=""),
        ]
    )
