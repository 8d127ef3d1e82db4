"""An environment held against its receipt."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from locks import Check, LockError

from applier.apply import apply_bundle
from applier.checks.result import CheckResult
from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import python_of
from applier.errors import ApplyRefused
from applier.options import Options
from applier.verifying.drift import Drift
from applier.verifying.verify import verify_environment
from tests.bundles import make_bundle, running_machine, running_target
from tests.reporters import Told

MACHINE = running_machine()
SITE = scheme_paths(running_target(), "x")["purelib"]
CHECKS = (
    Check(name="demo imports", code="import demo"),
    Check(name="optional", code="import absent", critical=False),
    Check(name="gpu", code="raise SystemExit(1)", needs_gpu=True),
)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment, fresh from a bundle; not to be changed."""
    folder = tmp_path_factory.mktemp("verify")
    bundle = make_bundle(folder / "bundle.zip", checks=CHECKS)
    apply_bundle(bundle, folder / ".venv", machine=MACHINE, running_prefix=Path(sys.prefix).resolve())
    return folder / ".venv"


@pytest.fixture
def environment(applied: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(applied, tmp_path / ".venv", symlinks=True))


def drift(environment: Path) -> Drift:
    """Compare files only."""
    return verify_environment(environment, machine=MACHINE, files_only=True)


def test_a_fresh_environment_is_clean(applied: Path) -> None:
    """Right after apply nothing differs, and the checks pass again."""
    told = Told()
    found = verify_environment(applied, machine=MACHINE, reporter=told)

    assert found.is_clean
    line, todo = found.lines()
    assert todo.startswith("  do: apply the bundle again; ")
    assert line.startswith("check failed: optional: Traceback (most recent call last):\n")
    assert line.endswith("\nModuleNotFoundError: No module named 'absent'")
    assert [check.outcome for check in found.checks] == ["passed", "failed", "skipped"]
    assert told.phases == ["comparing", "checking"]
    compared = told.ended["comparing"]
    assert compared.done == compared.total == len(found.receipt.files)
    assert compared.done_bytes == compared.total_bytes
    assert {line.partition(" (")[0].partition("\n")[0] for line in told.lines} == {
        "check passed: demo imports",
        "check failed: optional",
        "check skipped: gpu",
    }


def test_using_an_environment_does_not_alter_it(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes bytecode leaves the environment clean."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    subprocess.run([python_of(environment, running_target()), "-c", "import demo, extra"], check=True)

    assert list((environment / SITE).rglob("*.pyc"))
    assert drift(environment).is_clean


@pytest.mark.parametrize(
    ("options", "is_shared"),
    [
        pytest.param(Options(), True, id="none there"),
        pytest.param(Options(read_only=True), True, id="read-only"),
        pytest.param(Options(bytecode=True), False, id="compiled"),
    ],
)
def test_checks_share_bytecode_unless_the_environment_has_its_own(
    options: Options, is_shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then they read that, as programs do; whatever was shared is gone, and nothing is written to the environment."""
    temporary, place = tmp_path / "temporary", tmp_path / ".venv"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    say = Check(name="say", code="import sys, demo; print(sys.pycache_prefix or demo.__spec__.cached)")
    bundle = make_bundle(tmp_path / "bundle.zip", checks=(say,) * 6)
    apply_bundle(bundle, place, machine=MACHINE, running_prefix=Path(sys.prefix).resolve(), options=options)
    caches = list(place.rglob("*.pyc"))
    found = verify_environment(place, machine=MACHINE)
    (used,) = {check.output for check in found.checks}

    assert found.is_clean
    assert Path(used).is_relative_to(temporary if is_shared else place)
    assert list(place.rglob("*.pyc")) == caches
    assert not list(temporary.iterdir())


def test_altered_files_are_named(environment: Path) -> None:
    """Other bytes of the same size are noticed."""
    path = environment / SITE / "demo" / "__init__.py"
    path.write_bytes(path.read_bytes().replace(b"1.0", b"1.1"))
    found = drift(environment)

    assert not found.is_clean
    assert found.lines() == [f"altered: {SITE}/demo/__init__.py", "  do: apply the bundle again"]


def test_missing_and_foreign_files_are_named(environment: Path) -> None:
    """What is gone and what was added is told, sorted, with paths relative to the environment."""
    (environment / SITE / "extra.py").unlink()
    (environment / SITE / "torchao.py").write_text("")
    (environment / "notes.txt").write_text("")
    found = drift(environment)

    assert found.lines() == [
        f"missing: {SITE}/extra.py",
        "  do: apply the bundle again",
        f"foreign: {SITE}/torchao.py",
        "foreign: notes.txt",
        "  do: remove it, or ask for a bundle that brings it",
    ]
    assert found.to_dict() == {
        "altered": [],
        "missing": [f"{SITE}/extra.py"],
        "foreign": [f"{SITE}/torchao.py", "notes.txt"],
        "blacklisted": [],
        "wrong_builds": [],
        "checks": [],
        "do": {
            "missing": "apply the bundle again",
            "foreign": "remove it, or ask for a bundle that brings it",
        },
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows environments have copies, no links")
def test_a_changed_link_is_an_altered_file(environment: Path) -> None:
    """An interpreter that points elsewhere is noticed, and so is a link in the place of a file."""
    python = environment / "bin" / "python"
    python.unlink()
    python.symlink_to("/bin/sh")
    module = environment / SITE / "extra.py"
    module.rename(environment / "elsewhere.py")
    module.symlink_to(environment / "elsewhere.py")

    assert drift(environment).altered == ("bin/python", f"{SITE}/extra.py")


def test_a_failing_critical_check_is_drift(environment: Path) -> None:
    """Untouched files are not enough: a check that no longer passes is told."""
    (environment / SITE / "demo" / "__init__.py").write_text("raise RuntimeError('broken')")
    found = verify_environment(environment, machine=MACHINE)

    assert [check.outcome for check in found.checks] == ["failed", "failed", "skipped"]
    assert not found.is_clean
    assert any(line.startswith("check failed: demo imports: ") for line in found.lines())
    assert found.to_dict()["checks"][0]["name"] == "demo imports"


@pytest.mark.parametrize("critical", [True, False])
def test_only_critical_checks_spoil_an_environment(critical: bool, applied: Path) -> None:
    """A check that failed is drift only where it is critical."""
    check = CheckResult(name="it", outcome="failed", critical=critical, output="")
    found = Drift(receipt=drift(applied).receipt, checks=(check,))

    assert found.is_clean is not critical


def test_an_environment_without_interpreter_is_told(environment: Path) -> None:
    """When python itself is gone, the file is missing and the checks fail; nothing is raised."""
    python = python_of(environment, running_target())
    python.unlink()
    found = verify_environment(environment, machine=MACHINE)

    assert python.relative_to(environment).as_posix() in found.missing
    assert "does not start: No such file or directory" in found.checks[0].output


def test_a_folder_without_receipt_is_refused(tmp_path: Path) -> None:
    """What was not applied cannot be verified."""
    with pytest.raises(ApplyRefused) as caught:
        drift(tmp_path)

    assert str(caught.value) == (
        f"no-receipt: {tmp_path / 'venvault-receipt.json'}: expected the receipt of an applied environment, "
        "found No such file or directory (name the environment's folder, or apply a bundle first)"
    )


def test_a_damaged_receipt_is_refused(environment: Path) -> None:
    """A receipt that cannot be read, or whose lock cannot, is refused with its place."""
    receipt = environment / "venvault-receipt.json"
    text = receipt.read_text()
    receipt.write_text(text[:-10])
    with pytest.raises(ApplyRefused, match="receipt-invalid"):
        drift(environment)
    receipt.write_text(text.replace("lock-version", "lock-fashion"))
    with pytest.raises(LockError, match=r"venvault-receipt\.json: lock"):
        verify_environment(environment, machine=MACHINE)
