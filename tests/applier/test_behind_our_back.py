"""A real environment, used and then changed by other tools: what `verify` makes of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import Check

from applier.apply import apply_bundle
from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import python_of
from applier.verifying.drift import Drift
from applier.verifying.verify import verify_environment
from tests.bundles import demo_wheels, make_bundle, running_machine, running_target
from tests.wheels import Wheel, make_wheel

SITE = scheme_paths(running_target(), "x")["purelib"]
SCRIPTS = scheme_paths(running_target(), "x")["scripts"]
BANNED = canonicalize_name("torchao")


def torch(version: str, cuda: str | None) -> Wheel:
    """A wheel of the name torch that tells its build as torch does, and computes as far as its check goes."""
    return make_wheel(
        "torch",
        version,
        files={
            "torch/version.py": f"__version__ = {version!r}\ncuda = {cuda!r}\n",
            "torch/__init__.py": (
                "from . import version\n__version__ = version.__version__\nfloat32 = None\n"
                "class ones:\n"
                "    def __init__(self, *shape, **options):\n        self.shape = shape\n"
                "    def sum(self):\n        return self\n"
                "    def item(self):\n        return self.shape[0] ** (3 if len(self.shape) > 1 else 1)\n"
                "    def __matmul__(self, other):\n        return self\n"
            ),
        },
    )


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a torch in it, fresh from a bundle; not to be changed."""
    folder = tmp_path_factory.mktemp("behind")
    bundle = make_bundle(
        folder / "bundle.zip",
        *demo_wheels(),
        torch("2.5.1", None),
        checks=(Check(name="demo imports", code="import demo", after=(canonicalize_name("demo"),)),),
        blacklist={BANNED: "breaks"},
    )
    apply_bundle(bundle, folder / ".venv", machine=running_machine(), running_prefix=Path(sys.prefix).resolve())
    return folder / ".venv"


@pytest.fixture
def environment(applied: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(applied, tmp_path / ".venv", symlinks=True))


def drift(environment: Path, *, files_only: bool = True) -> Drift:
    """Verify."""
    return verify_environment(environment, machine=running_machine(), files_only=files_only)


def pip(environment: Path, *arguments: str | Path) -> None:
    """Let the pip of the tests' own environment change that one."""
    python = python_of(environment, running_target())
    command = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def install(environment: Path, wheel: Wheel, folder: Path) -> None:
    """Install a wheel with pip, over whatever is there."""
    path = folder / wheel.filename
    path.write_bytes(wheel.data)
    pip(environment, "install", "--no-index", "--no-deps", "--force-reinstall", path)


def test_apply_run_verify_is_clean(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its programs have run and written bytecode, every file is as it was and every check passes."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    assert not list(environment.rglob("*.pyc"))
    python = python_of(environment, running_target())
    for command in (["-c", "import demo, extra, torch"], ["-m", "compileall", "-q", environment / SITE]):
        subprocess.run([python, *command], check=True)
    if os.name != "nt":
        subprocess.run([python, environment / SCRIPTS / "demo"], check=True, capture_output=True)
    found = drift(environment, files_only=False)

    assert list(environment.rglob("*.pyc"))
    assert (found.is_clean, found.lines()) == (True, [])
    assert [(check.name, check.outcome) for check in found.checks] == [
        ("demo imports", "passed"),
        ("torch is the cpu build", "passed"),
        ("torch multiplies on the CPU", "passed"),
        ("no blacklisted package", "passed"),
    ]


def test_an_upgrade_by_pip_is_a_wrong_build(environment: Path, tmp_path: Path) -> None:
    """The other version is named; the old one's metadata is missing, the new one's foreign."""
    install(environment, make_wheel("extra", "3.0", files={"extra.py": "x = 3\n"}), tmp_path)
    found = drift(environment)

    assert [(build.package, build.expected, build.found) for build in found.wrong_builds] == [("extra", "2.0", "3.0")]
    assert found.altered == (f"{SITE}/extra.py",)
    assert f"{SITE}/extra-2.0.dist-info/RECORD" in found.missing
    assert f"{SITE}/extra-3.0.dist-info/RECORD" in found.foreign
    assert found.blacklisted == ()


def test_another_build_of_the_same_torch_is_a_wrong_build(environment: Path, tmp_path: Path) -> None:
    """No file name differs; the build does, and the check of the build fails too."""
    install(environment, torch("2.5.1", "12.4"), tmp_path)
    found = drift(environment, files_only=False)

    assert [(build.expected, build.found) for build in found.wrong_builds] == [
        ("2.5.1 for the CPU", "2.5.1 for CUDA 12.4")
    ]
    assert found.foreign == (f"{SITE}/torch-2.5.1.dist-info/REQUESTED", f"{SITE}/torch-2.5.1.dist-info/direct_url.json")
    assert [check.name for check in found.checks if check.spoils] == ["torch is the cpu build"]


def test_a_banned_package_by_pip_is_blacklisted(environment: Path, tmp_path: Path) -> None:
    """Every file of it, module and metadata, is told as blacklisted and not as foreign."""
    install(environment, make_wheel("torchao", "0.7", files={"torchao/__init__.py": ""}), tmp_path)
    found = drift(environment)

    assert found.foreign == ()
    assert f"{SITE}/torchao/__init__.py" in found.blacklisted
    assert f"{SITE}/torchao-0.7.dist-info/METADATA" in found.blacklisted
    assert (found.altered, found.missing, found.wrong_builds) == ((), (), ())


def test_what_pip_uninstalls_is_missing(environment: Path) -> None:
    """A package that is gone is missing, file by file, and nothing else is."""
    pip(environment, "uninstall", "--yes", "extra")
    found = drift(environment)

    assert f"{SITE}/extra.py" in found.missing
    assert all("extra" in path or "shared" in path for path in found.missing)
    assert (found.altered, found.foreign, found.wrong_builds) == ((), (), ())
