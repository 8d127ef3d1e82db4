"""Locks become files that read back as the same lock: all of them are replaced, or none is."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import Check, Drop, LeftOut, Limits, Lock, LockedWheel
from locks.read import read_lock

from compiler.errors import OutputError
from compiler.write import to_bytes, write_locks
from tests.compiler.fakes import make_target

TORCH, NUMPY = canonicalize_name("torch"), canonicalize_name("numpy")


def make_lock(python: str = "3.11") -> Lock:
    """A lock with something of everything."""
    tag = f"cp{python.replace('.', '')}"
    wheels = (
        LockedWheel(
            name=NUMPY,
            version=Version("1.26.4"),
            filename="numpy-1.26.4-py3-none-any.whl",
            size_bytes=18_000_000,
            sha256="a" * 64,
        ),
        LockedWheel(
            name=TORCH,
            version=Version("2.5.1+cu124"),
            filename=f"torch-2.5.1+cu124-{tag}-{tag}-linux_x86_64.whl",
            size_bytes=900_000_000,
            sha256="b" * 64,
            dependencies=(NUMPY,),
            index="cu124",
        ),
    )
    return Lock(
        stack="demo",
        stack_version="1",
        target=make_target("cu124", python=python),
        manifest_sha256="c" * 64,
        wheels=wheels,
        install_order=(NUMPY, TORCH),
        blacklist={canonicalize_name("torchao"): 'breaks "everything"\nand more \\'},
        drops=(Drop(package=TORCH, requires=canonicalize_name("triton"), reason="too big"),),
        left_out=(LeftOut(group="extra", reason="umlauts: ü, 輪"),),
        checks=(Check(name="one", code="import torch\nassert 'é'\n", after=(TORCH,), needs_gpu=True, timeout_s=60),),
        limits=Limits(driver=(525, 60, 13), compute_capabilities=("9.0",), ptx=("12.0",)),
    )


def test_bytes_read_back_as_the_same_lock_every_time() -> None:
    """Nothing is lost on the way to the file, and the same lock always gives the same bytes."""
    data = to_bytes(make_lock())

    assert read_lock(data, document="x") == make_lock()
    assert to_bytes(make_lock()) == data
    assert b"\r" not in data
    assert data.endswith(b"\n")


def test_bytes_do_not_depend_on_the_order_of_mappings() -> None:
    """A blacklist is written by name, in whatever order it was put together."""
    names = [canonicalize_name(name) for name in ("torchao", "torch-ao")]
    one = replace(make_lock(), blacklist=dict.fromkeys(names, "no"))
    other = replace(make_lock(), blacklist=dict.fromkeys(reversed(names), "no"))

    assert to_bytes(one) == to_bytes(other)


def test_locks_are_written_under_their_targets_names(tmp_path: Path) -> None:
    """The folder is made, each lock has its own file, and nothing else is left there."""
    locks = (make_lock(), make_lock("3.12"))
    folder = tmp_path / "new" / "folder"

    written = write_locks(locks, folder)

    names = [f"pylock.cu124-linux-x86_64-py3{minor}.toml" for minor in (11, 12)]
    assert list(written.items()) == [(folder / name, lock) for name, lock in zip(names, locks, strict=True)]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert [path.read_bytes() for path in written] == list(map(to_bytes, locks))


def test_older_lock_is_replaced_and_strangers_stay(tmp_path: Path) -> None:
    """A second run puts the new lock in the old one's place and touches no other file."""
    (tmp_path / "manifest.toml").write_text("mine", "utf-8")
    write_locks([make_lock()], tmp_path)
    newer = replace(make_lock(), stack_version="2")

    (path,) = write_locks([newer], tmp_path)

    assert read_lock(path.read_bytes(), document="x").stack_version == "2"
    assert (tmp_path / "manifest.toml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("place", ["occupied", "occupied/below"])
def test_folder_that_cannot_be_is_a_problem(tmp_path: Path, place: str) -> None:
    """Where a file is in the way of the folder, that is said, and nothing is written."""
    (tmp_path / "occupied").write_text("a file", "utf-8")

    with pytest.raises(OutputError) as caught:
        write_locks([make_lock()], tmp_path / place)

    (problem,) = caught.value.problems
    assert (problem.code, problem.expected) == ("lock-not-written", "to write there")
    assert problem.where.startswith(str(tmp_path / "occupied"))
    assert [path.name for path in tmp_path.iterdir()] == ["occupied"]


@pytest.mark.parametrize("obstacle", [f".{{}}.{os.getpid()}.partial", "{}"], ids=["beside it", "in its place"])
def test_failure_midway_replaces_no_lock(tmp_path: Path, obstacle: str) -> None:
    """When the second of two locks cannot be written, the first is still the old one, and no scrap is left."""
    (old,) = write_locks([make_lock()], tmp_path)
    before = old.read_bytes()
    second = tmp_path / "pylock.cu124-linux-x86_64-py312.toml"
    in_the_way = tmp_path / obstacle.format(second.name)
    in_the_way.mkdir()

    with pytest.raises(OutputError) as caught:
        write_locks([replace(make_lock(), stack_version="2"), make_lock("3.12")], tmp_path)

    (problem,) = caught.value.problems
    assert (problem.where, problem.code) == (str(second), "lock-not-written")
    assert old.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {in_the_way.name, old.name}


def break_rename(monkeypatch: pytest.MonkeyPatch, ending: str, error: Callable[[Path], BaseException]) -> None:
    """Have the rename to a name with that ending raise this, made of what was to be renamed."""
    rename = Path.replace

    def replace_or_raise(self: Path, goal: Path) -> Path:
        if goal.name.endswith(ending):
            raise error(self)
        return rename(self, goal)

    monkeypatch.setattr(Path, "replace", replace_or_raise)


def test_locks_that_were_replaced_are_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last of three renames fails, the old lock is there again, and the new ones that had none are gone."""
    (old,) = write_locks([make_lock()], tmp_path)
    before = old.read_bytes()
    break_rename(monkeypatch, "py313.toml", lambda partial: PermissionError(13, "Permission denied", str(partial)))
    locks = [replace(make_lock(), stack_version="2"), make_lock("3.12"), make_lock("3.13")]

    with pytest.raises(OutputError) as caught:
        write_locks(locks, tmp_path)

    assert caught.value.problems[0].where == str(tmp_path / "pylock.cu124-linux-x86_64-py313.toml")
    assert old.read_bytes() == before
    assert list(tmp_path.iterdir()) == [old]


def test_interrupted_run_replaces_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between two renames leaves the old locks, not some of each."""
    (old,) = write_locks([make_lock()], tmp_path)
    before = old.read_bytes()
    break_rename(monkeypatch, "py312.toml", lambda partial: KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        write_locks([replace(make_lock(), stack_version="2"), make_lock("3.12")], tmp_path)

    assert old.read_bytes() == before
    assert list(tmp_path.iterdir()) == [old]


def test_another_runs_half_written_file_is_left_alone(tmp_path: Path) -> None:
    """Two runs in one folder write each to files of its own; the last to rename wins, whole."""
    theirs = [tmp_path / f".{make_lock().filename}.{name}" for name in ("partial", "before", "1.partial", "1.before")]
    for path in theirs:
        path.write_text("theirs", "utf-8")
    (written,) = write_locks([make_lock()], tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {written.name, *(path.name for path in theirs)}
    assert {path.read_text("utf-8") for path in theirs} == {"theirs"}
