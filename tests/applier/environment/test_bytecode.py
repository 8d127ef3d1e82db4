"""Bytecode: none unless asked for, then the same each time, and never stale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from applier.apply import apply_bundle
from applier.environment.bytecode import has_bytecode
from applier.environment.scheme import scheme_paths
from applier.environment.skeleton import python_of
from applier.options import Options
from applier.verifying.verify import verify_environment
from tests.bundles import demo_wheels, make_bundle, running_machine, running_target
from tests.wheels import make_wheel

SITE = scheme_paths(running_target(), "x")["purelib"]
OUT_OF_DATE = make_wheel("older", "1", files={"older/__init__.py": "", "older/template.py": "print 'no Python 3'\n"})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a file that does not compile."""
    return make_bundle(tmp_path_factory.mktemp("bytecode") / "bundle.zip", *demo_wheels(), OUT_OF_DATE)


def apply(bundle: Path, place: Path, *, bytecode: bool) -> dict[str, bytes]:
    """Apply, and read the bytecode there is."""
    options = Options(bytecode=bytecode, force=True)
    prefix = Path(sys.prefix).resolve()
    apply_bundle(bundle, place, machine=running_machine(), running_prefix=prefix, options=options)
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*.pyc")}


def test_there_is_none_unless_asked_for(bundle: Path, tmp_path: Path) -> None:
    """Neither installing nor checking writes any, and none comes out of a wheel."""
    assert apply(bundle, tmp_path / ".venv", bytecode=False) == {}


@pytest.mark.parametrize("module", ["extra", "demo"], ids=["at the top", "in a package"])
def test_what_programs_left_is_seen(module: str, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new environment has none; one whose programs have run has."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    place = tmp_path / ".venv"
    apply(bundle, place, bytecode=False)
    assert not has_bytecode(place, running_target())
    subprocess.run([python_of(place, running_target()), "-c", f"import {module}"], check=True)

    assert has_bytecode(place, running_target())


def test_twice_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    """Every module that is Python has its bytecode, with the final path in it, and the receipt does not mind."""
    first = apply(bundle, tmp_path / ".venv", bytecode=True)
    again = apply(bundle, tmp_path / ".venv", bytecode=True)
    tag = sys.implementation.cache_tag

    assert first == again
    assert {
        f"{SITE}/demo/__pycache__/__init__.{tag}.pyc",
        f"{SITE}/older/__pycache__/__init__.{tag}.pyc",
    } <= first.keys()
    assert not any("template" in path for path in first)
    for data in first.values():
        assert data[4:8] == b"\x03\0\0\0"  # PEP 552: a hash, to be checked
        assert b"venvault-new" not in data
    assert str(tmp_path / ".venv").encode() in first[f"{SITE}/demo/__pycache__/__init__.{tag}.pyc"]
    assert verify_environment(tmp_path / ".venv", machine=running_machine()).is_clean


def test_a_changed_source_is_what_runs(bundle: Path, tmp_path: Path) -> None:
    """Bytecode whose source was changed since, even at the same time and size, is passed over."""
    place = tmp_path / ".venv"
    apply(bundle, place, bytecode=True)
    source = place / SITE / "demo" / "__init__.py"
    status = source.stat()
    source.write_bytes(source.read_bytes().replace(b"'1.0'", b"'6.6'"))
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    code = "import demo; print(demo.__version__)"
    done = subprocess.run([python_of(place, running_target()), "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "6.6\n"
