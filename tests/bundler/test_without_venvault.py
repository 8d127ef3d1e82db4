"""A bundle without venvault: from its unzipped folder, pip and uv install the very set that `apply` does."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.utils import canonicalize_name

from locks import Drop, Lock

from applier.bundle.layout import wheel_member
from applier.bundle.reader import Bundle
from applier.environment.skeleton import python_of
from applier.environment.tree import list_files, read_files
from applier.wheels.plan import Plan, plan_wheels
from compiler.cli import venvault
from tests.bundles import demo_wheels, make_lock, running_target, write_bundle_of
from tests.wheels import Wheel, make_wheel

ROOT = Path(__file__).parents[2]
PIP = (sys.executable, "-m", "pip", "--python", "{python}", "install", "--no-compile", "--quiet")
FROM_WHEELS = ("--no-index", "--find-links", "wheels", "--require-hashes", "-r", "requirements.txt")
UV = shutil.which("uv", path=Path(sys.executable).parent) or "uv"
TOOLS = {
    "pip, requirements.txt": (*PIP, *FROM_WHEELS),
    "pip, requirements.txt, as written in it": (*PIP, "--no-deps", *FROM_WHEELS),
    "pip, pylock.toml": (*PIP, "-r", "pylock.toml"),
    "pip, pylock.toml, no dependencies": (*PIP, "--no-deps", "-r", "pylock.toml"),
    "uv, pylock.toml": (UV, "pip", "sync", "--quiet", "--offline", "--python", "{python}", "pylock.toml"),
}
# What each installer writes to say how it came by a package, and what RECORD says of that.
_ITS_OWN = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json", ".lock")


def odd_wheels() -> tuple[Wheel, ...]:
    """The demo wheels, and one of each kind that a tool may take for another."""
    here = running_target()
    major_minor = here.python.replace(".", "")
    platform_tag = here.tags()[0].platform
    demo, _ = demo_wheels()
    return (
        demo,
        make_wheel("local.version", "2.0+cu124.1", requires=["demo>=1", "absent ; sys_platform == 'other'"]),
        make_wheel("built", "1.0", build="3", requires=["local-version==2.0"], files={"shared/__init__.py": ""}),
        make_wheel("compiled", "1.0.post1", tag=f"cp{major_minor}-cp{major_minor}-{platform_tag}"),
        make_wheel("abi", "1!3.0rc1", tag=f"cp3{here.python[2:]}-abi3-{platform_tag}", requires=["demo[x]>=1"]),
        make_wheel("both", "1", tag="py2.py3-none-any"),
    )


def odd_lock() -> Lock:
    """A lock of them."""
    edges = {"local-version": ["demo"], "built": ["local-version"], "abi": ["demo"]}
    lines = {"local-version": "demo>=1", "built": "local-version==2.0", "abi": "demo[x]>=1"}
    lock = make_lock(odd_wheels(), dependencies=edges)
    told = (replace(wheel, requires=(lines[wheel.name],)) if wheel.name in lines else wheel for wheel in lock.wheels)
    return replace(lock, wheels=tuple(told))


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, unzipped into a folder with a name that addresses must quote."""
    return unzip(odd_lock(), odd_wheels(), tmp_path_factory.mktemp("bundle"))


def unzip(lock: Lock, wheels: tuple[Wheel, ...], place: Path) -> Path:
    """Bundle and unzip; give the folder."""
    bundle = write_bundle_of(lock, wheels, place / "bundle.zip").path
    folder = place / "C++ 100%2B é"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def plan_of(bundle: Path) -> Plan:
    """What `apply` would install."""
    opened = Bundle.open(bundle)
    return plan_wheels(
        opened.lock.in_install_order(),
        opened.lock.target,
        lambda wheel: opened.open_member(wheel_member(wheel.filename)),
    )


def files_of(environment: Path) -> dict[str, str]:
    """Path -> sha256 of every file, as RECORD spells it; what each installer writes about itself left out."""
    paths = (path for path in list_files(environment) if path.rpartition("/")[2] not in _ITS_OWN)
    return {path: file.sha256 for path, file in read_files(environment, paths).items() if file is not None}


def install(command: tuple[str, ...], folder: Path, environment: Path) -> "subprocess.CompletedProcess[str]":
    """Run the tool in `folder` on a new environment, where no index answers."""
    venv.create(environment, symlinks=os.name != "nt")
    python = str(python_of(environment, running_target()))
    refused = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "UV_CACHE_DIR": str(environment / "cache")}
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV"))}
    return subprocess.run(
        [part.format(python=python) for part in command],
        cwd=folder,
        env={**keep, **refused, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def installed(command: tuple[str, ...], folder: Path, environment: Path) -> Mapping[str, str]:
    """Install, and give what came."""
    done = install(command, folder, environment)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(environment / "cache", ignore_errors=True)
    bare = environment.with_name("bare")
    venv.create(bare, symlinks=os.name != "nt")
    return {path: digest for path, digest in files_of(environment).items() if path not in files_of(bare)}


def assert_same_files(came: Mapping[str, str], bundle: Path) -> None:
    """Hold what came against what `apply` would install; scripts name their interpreter, so only their names."""
    plan = plan_of(bundle)
    planned = {path: file for path, file in plan.files.items() if path.rpartition("/")[2] not in _ITS_OWN}
    digests = {
        path: file.digest for path, file in planned.items() if file.digest and not path.startswith(("bin/", "Scripts/"))
    }

    assert came.keys() == planned.keys()
    assert {path: came[path] for path in digests} == digests


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_the_same_files_are_installed(command: tuple[str, ...], unzipped: Path, tmp_path: Path) -> None:
    """Same packages, versions and files, byte for byte."""
    came = installed(command, unzipped, tmp_path / "env")

    assert any(path.endswith("local_version-2.0+cu124.1.dist-info/METADATA") for path in came)
    assert_same_files(came, unzipped.parent / "bundle.zip")


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_other_bytes_are_refused(command: tuple[str, ...], unzipped: Path, tmp_path: Path) -> None:
    """Every tool checks the hashes that stand in its file."""
    folder = tmp_path / "damaged"
    shutil.copytree(unzipped, folder)
    other = make_wheel("demo", "1.0", files={"demo/__init__.py": "import os"})
    (folder / "wheels" / other.filename).write_bytes(other.data)
    done = install(command, folder, tmp_path / "env")

    assert done.returncode != 0
    assert "demo" in done.stderr
    assert "hash" in done.stderr.lower() or str(len(other.data)) in done.stderr


@pytest.mark.parametrize(
    "name", ["pip, requirements.txt, as written in it", "pip, pylock.toml, no dependencies", "uv, pylock.toml"]
)
def test_a_dropped_edge_stays_dropped(name: str, tmp_path: Path) -> None:
    """What the manifest cut on purpose is not asked for again; of pip this has to be asked for (`--no-deps`)."""
    wheel = make_wheel("demo", "1.0", requires=["torchao>=1"])
    drop = Drop(package=wheel.name, requires=canonicalize_name("torchao"), reason="not needed")
    folder = unzip(make_lock([wheel], drops=(drop,)), (wheel,), tmp_path)

    assert any(path.endswith("demo/__init__.py") for path in installed(TOOLS[name], folder, tmp_path / "env"))


@pytest.mark.registry
@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_the_same_files_are_installed_of_real_packages(command: tuple[str, ...], tmp_path: Path) -> None:
    """The shipped quickstart, from the registry, comes out the same with each tool."""
    lock = ROOT / "locks" / "stacks" / "quickstart" / f"pylock.{running_target().name}.toml"
    bundle = tmp_path / "bundle.zip"
    done = CliRunner().invoke(venvault, ["bundle", str(lock), "--store", str(tmp_path / "store"), "-o", str(bundle)])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unzipped")

    assert_same_files(installed(command, tmp_path / "unzipped", tmp_path / "env"), bundle)
