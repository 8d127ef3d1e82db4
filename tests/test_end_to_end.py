"""The whole way as a user goes it, by the installed command: compile, bundle, apply, verify."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from locks.target import PLATFORMS

from tests.index_server import IndexServer
from tests.wheels import make_wheel

ROOT = Path(__file__).parent.parent
PYTHON = "{}.{}".format(*sys.version_info)
HERE = next(
    item.name
    for item in PLATFORMS.values()
    if (item.sys_platform, item.machine.lower()) == (sys.platform, platform.machine().lower())
)

MANIFEST = """
[stack]
name = "tiny"
version = "1"
python = ["{python}"]
platforms = ["{platform}"]
requirements = ["helper>=1"]

[variants.cu124]
requirements = ["torch==2.5.1"]
index = "{index}"
from-index = ["torch"]

[files]
include = ["models"]

[blacklist]
torchao = "not beside torch 2.5"

[[check]]
name = "torch is the CUDA build"
code = "import torch; assert torch.build == 'cu124'"
after = "torch"
"""

CHECKED = """
[stack]
name = "checked"
version = "1"
python = ["{python}"]
platforms = ["{platform}"]
requirements = ["looks", "found"]

[variants.cpu]
"""

EARLY = """
[[check]]
name = "early {number}"
code = '''
import importlib, importlib.util, time
while not importlib.util.find_spec("found"):
    time.sleep(0.001)
    importlib.invalidate_caches()
import looks
'''
after = "looks"
"""

LATE = """
[[check]]
name = "late {number}"
code = "import found.late, looks"
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever its exit code."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def venvault(*arguments: str | Path, cwd: Path) -> str:
    """Run the installed command, which must succeed; give its standard output."""
    done = run(Path(sys.executable).with_name("venvault"), *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bare_python(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as a machine has it that holds nothing else: no site packages, no variables, and no network
    where the system lets us cut it.
    """
    command = [sys.executable, "-I", "-S", *arguments]
    if shutil.which("unshare") and run("unshare", "-n", "true", cwd=cwd).returncode == 0:
        command = ["unshare", "-n", *command]
    home = {name: os.environ[name] for name in ("HOME", "PATH", "SYSTEMROOT", "USERPROFILE") if name in os.environ}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=home)


def test_a_pinned_cuda_build_arrives_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch comes from its variant's index though the ordinary one has a newer, and the environment proves it."""
    with IndexServer() as server:
        build = {
            "torch/__init__.py": "from . import version\nbuild, __version__ = 'cu124', '2.5.1+cu124'\n",
            "torch/version.py": "cuda = '12.4'\n",
        }
        server.add(make_wheel("torch", "2.5.1+cu124", requires=["helper"], files=build), root="whl/cu124")
        server.add(make_wheel("torch", "2.6.0", files={"torch/__init__.py": "build = 'cpu'\n"}))
        server.add(make_wheel("helper", "1.2", entry_points="[console_scripts]\nhelp-me = helper:main\n"))
        monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)
        manifest = MANIFEST.format(python=PYTHON, platform=HERE, index=f"{server.url}/whl/cu124")
        (tmp_path / "manifest.toml").write_text(manifest, "utf-8")
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "tiny.gguf").write_text("weights")

        venvault("compile", cwd=tmp_path)
        venvault("bundle", "--store", "store", cwd=tmp_path)

    applied = bare_python("bundle-cu124.zip", cwd=tmp_path)
    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.startswith("tiny 1 cu124: torch 2.5.1+cu124, no GPU, 2 packages, ")
    assert venvault("verify", cwd=tmp_path).startswith(
        "unaltered: tiny 1 cu124: torch 2.5.1+cu124, no GPU, 2 packages, "
    )
    assert (tmp_path / ".venv" / ("Scripts/help-me.exe" if os.name == "nt" else "bin/help-me")).is_file()
    assert (tmp_path / ".venv" / "share" / "tiny" / "models" / "tiny.gguf").read_text() == "weights"
    assert not list(tmp_path.glob(".venv.venvault-*"))


def test_checks_early_and_late_pass_first_time_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some begin when their package is there, and meet another that is half there; so many that they share bytecode."""
    large = bytes(range(256)) * 160_000
    found: dict[str, str | bytes] = {"found/__init__.py": "", "found/data.bin": large, "found/late.py": ""}
    with IndexServer() as server:
        server.add(make_wheel("looks", "1", files={"looks.py": "import found.late\n"}))
        server.add(make_wheel("found", "1", files=found))
        monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)
        checks = "".join(text.format(number=number) for text in (EARLY, LATE) for number in range(3))
        (tmp_path / "manifest.toml").write_text(CHECKED.format(python=PYTHON, platform=HERE) + checks, "utf-8")
        venvault("compile", cwd=tmp_path)
        venvault("bundle", "--store", "store", "-o", "b.zip", cwd=tmp_path)

    first = bare_python("b.zip", cwd=tmp_path)
    again = bare_python("b.zip", "--force", "--yes", cwd=tmp_path)

    for done in (first, again, bare_python("b.zip", "verify", cwd=tmp_path)):
        assert (done.returncode, "6 of 6 checks passed" in done.stdout) == (0, True), done.stderr


@pytest.mark.registry
def test_quickstart_from_the_registry(tmp_path: Path) -> None:
    """The shipped quickstart compiles against the real registry, and its bundle applies itself with the network cut."""
    stack = ROOT / "locks" / "stacks" / "quickstart"

    venvault("compile", stack, "--platform", HERE, "--python", PYTHON, "--out", "locks", cwd=tmp_path)
    venvault("bundle", "locks", "--store", "store", "--output", "quick start.zip", cwd=tmp_path)
    applied = bare_python("quick start.zip", "--into", "env", cwd=tmp_path)
    verified = bare_python("quick start.zip", "verify", "env", cwd=tmp_path)

    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.startswith("quickstart 2026.11 cpu: ")
    assert ", 3 packages, " in applied.stdout
    assert (verified.returncode, verified.stdout.partition(":")[0]) == (0, "unaltered")
