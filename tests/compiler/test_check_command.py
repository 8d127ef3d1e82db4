"""`venvault compile --check` on a command line: a verdict and its exit code, nothing written, nobody asked."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

from compiler import read_manifest
from compiler.cli import venvault
from compiler.write import write_locks
from tests.compiler.fakes import locks_from
from tests.events import result_of

MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11", "3.12"]
platforms = ["linux-x86_64"]
requirements = ["a"]
[variants.cpu]
"""
PY311, PY312 = "pylock.cpu-linux-x86_64-py311.toml", "pylock.cpu-linux-x86_64-py312.toml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest with its locks, on a machine where any connection and any look at pip's settings is a failure."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    (tmp_path / "pip.conf").write_text("this is no configuration", "utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    (tmp_path / "manifest.toml").write_text(MANIFEST, "utf-8")
    write_locks(locks_from(read_manifest(MANIFEST), {"ordinary": {"a": {"1": {}}}}), tmp_path)
    return tmp_path


def run(*arguments: object) -> Result:
    """Run the command line; a traceback would be an exception other than the exit."""
    result = CliRunner().invoke(venvault, ["compile", "--check", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def contents(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("argument", ["manifest.toml", "."])
def test_locks_that_follow_are_counted(folder: Path, argument: str) -> None:
    """All is well: one line, exit code 0, every file as it was."""
    before = contents(folder)

    result = run(folder / argument)

    assert (result.exit_code, result.output) == (0, f"ok: 2 locks follow from {folder / argument}\n")
    assert contents(folder) == before


def test_result_for_programs(folder: Path) -> None:
    """With --json the locks are listed."""
    result = run(folder, "--json")

    assert result.exit_code == 0
    assert result_of(result.stdout) == {"ok": True, "locks": [str(folder / PY311), str(folder / PY312)]}


def test_every_problem_of_every_lock_is_told(folder: Path) -> None:
    """A stale lock, a missing one and one too many end with 1, and are all there."""
    moved = MANIFEST.replace('"a"', '"a<1"').replace('"3.12"', '"3.13"')
    (folder / "manifest.toml").write_text(moved, "utf-8")

    result = run(folder, "--json")

    assert result.exit_code == 1
    assert [(problem["code"], problem["where"]) for problem in result_of(result.stdout)["problems"]] == [
        ("lock-stale", f"{folder / PY311}: manifest-sha256"),
        ("requirement-not-met", f"{folder / PY311}: a"),
        ("lock-missing", str(folder / "pylock.cpu-linux-x86_64-py313.toml")),
        ("lock-orphaned", str(folder / PY312)),
    ]


def test_problem_in_words(folder: Path) -> None:
    """What moved is named, with what to do about it."""
    (folder / "manifest.toml").write_text(MANIFEST.replace('version = "1"', 'version = "2"'), "utf-8")

    lines = run(folder, "--python", "3.11").stderr.splitlines()

    assert lines[0] == f"error[lock-stale] {folder / PY311}: manifest-sha256"
    assert lines[2].endswith("; moved since then: stack: version 1 -> 2")
    assert lines[3] == "  do:       run venvault compile"


def test_narrowed_to_some_targets(folder: Path) -> None:
    """With --variant, --platform or --python the other locks do not count; what the manifest lacks is wrong usage."""
    (folder / PY312).write_text("broken", "utf-8")

    assert run(folder).exit_code == 1
    assert run(folder, "--python", "3.11", "--variant", "cpu", "--platform", "linux-x86_64").exit_code == 0
    assert run(folder, "--python", "3.12").exit_code == 1
    assert run(folder, "--python", "3.13").exit_code == 2


def test_locks_may_be_in_another_folder(folder: Path) -> None:
    """--out says where they are; an absent folder lacks them all."""
    (folder / "out").mkdir()
    for name in (PY311, PY312):
        (folder / name).rename(folder / "out" / name)

    assert run(folder, "--out", folder / "out").exit_code == 0
    assert run(folder).exit_code == 1
    assert run(folder, "--out", folder / "absent").stderr.count("error[lock-missing]") == 2


def test_cutoff_of_the_command_line_counts(folder: Path) -> None:
    """Locks compiled with --exclude-newer are checked with it."""
    result = run(folder, "--exclude-newer", "2026-11-01")

    assert result.exit_code == 1
    assert f"error[lock-differs] {folder / PY311}: exclude-newer date" in result.stderr


def test_expired_drop_is_told(folder: Path) -> None:
    """A manifest that compile would refuse today has no locks that follow."""
    drop = '[[drop]]\npackage = "a"\nrequires = "b"\nreason = "for now"\nexpires = 2001-01-01\n'
    (folder / "manifest.toml").write_text(MANIFEST + drop, "utf-8")

    result = run(folder)

    assert (result.exit_code, "error[drop-expired]" in result.stderr) == (1, True)


@pytest.mark.parametrize("flag", ["--upgrade", "--upgrade-package=a", "--refresh", "--cross-check"])
def test_flags_that_ask_an_index_are_wrong_usage(folder: Path, flag: str) -> None:
    """What only a compilation heeds does not go with a check."""
    result = run(folder, flag)

    assert result.exit_code == 2
    assert "--check asks no index" in result.stderr
