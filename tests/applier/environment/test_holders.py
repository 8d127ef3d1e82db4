"""Who uses an environment: found by what each system tells, named, and ended when asked to."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from applier.environment.holders import (
    Holder,
    find_holders,
    holders_by_lsof,
    holders_by_proc,
    holders_by_psutil,
    stop_holders,
)

BOUND_S = 20
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
WAIT = "print('ready', flush=True); import sys; sys.stdin.read()"

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture
def user() -> Iterator[type["subprocess.Popen[str]"]]:
    """Starts processes that wait until they are ended; ends them."""
    started: list[subprocess.Popen[str]] = []

    class Started(subprocess.Popen[str]):
        def __init__(self, code: str, **more: object) -> None:
            super().__init__(  # type: ignore[call-overload]
                [sys.executable, "-c", code + WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more
            )
            started.append(self)
            assert self.stdout is not None
            assert self.stdout.readline() == "ready\n"

    yield Started
    for process in started:
        process.kill()
        process.communicate(timeout=BOUND_S)


@on_linux
@pytest.mark.parametrize("how", ["folder", "open file", "mapped file"])
def test_a_process_that_uses_an_environment_is_found(
    how: str, user: type["subprocess.Popen[str]"], tmp_path: Path
) -> None:
    """By its current folder, an open file or a mapped one; a neighbour whose name begins alike is another."""
    place = tmp_path / ".venv"
    place.mkdir()
    (place / "library").write_text("x" * 5000)
    (tmp_path / ".venv2").mkdir()
    path = str(place / "library")
    code = {
        "folder": "",
        "open file": f"held = open({path!r}); ",
        "mapped file": f"import mmap; file = open({path!r}, 'rb'); held = mmap.mmap(file.fileno(), 0, access=1); "
        "file.close(); ",
    }[how]
    process = user(code, cwd=place if how == "folder" else tmp_path / ".venv2")

    assert [holder.pid for holder in find_holders(place)] == [process.pid]
    assert f"(process {process.pid})" in str(find_holders(place)[0])


@on_linux
def test_a_program_of_the_environment_is_found_by_its_first_word(
    user: type["subprocess.Popen[str]"], tmp_path: Path
) -> None:
    """The Python of an environment is a link to one elsewhere; how it was started tells whose it is."""
    place = tmp_path / ".venv"
    place.mkdir()
    (place / "python").symlink_to(sys.executable)
    process = user("", executable=place / "python")

    assert find_holders(place) == ()
    process.kill()
    started = subprocess.Popen([place / "python", "-c", WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    started.stdout.readline()

    assert [holder.pid for holder in find_holders(place)] == [started.pid]

    started.communicate("", timeout=BOUND_S)


@on_linux
@pytest.mark.parametrize("code", ["", STUBBORN], ids=["willing", "stubborn"])
def test_processes_are_ended(code: str, user: type["subprocess.Popen[str]"], tmp_path: Path) -> None:
    """One that is asked ends; one that does not listen is ended all the same."""
    process = user(code, cwd=tmp_path)
    pauses: list[float] = []

    def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        time.sleep(0.01)

    left = stop_holders(tmp_path, sleep=sleep)

    assert left == ()
    assert process.wait(BOUND_S) == (-9 if code else -15)
    assert not code or len(pauses) >= 50


@on_linux
def test_this_process_and_its_starter_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """We are never told of ourselves, nor ended."""
    monkeypatch.chdir(tmp_path)

    assert find_holders(tmp_path) == ()


def test_what_cannot_be_seen_is_no_failure(tmp_path: Path) -> None:
    """Processes that ended meanwhile, or are another user's, are passed over."""
    (tmp_path / "12").mkdir()
    (tmp_path / "uptime").write_text("")
    (tmp_path / "13").mkdir()
    (tmp_path / "13" / "cmdline").write_text("/a/.venv/bin/python\0-m\0x\0")

    assert list(holders_by_proc(Path("/a/.venv"), tmp_path)) == [Holder(pid=13, name="?")]


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_an_interpreter_started_by_a_relative_path_is_found(tmp_path: Path) -> None:
    """A venv's interpreter is a link out of it: only the word it was started by, from its folder, tells of the venv."""
    for number, word in ((12, ".venv/bin/python"), (13, "../a/.venv/bin/python"), (14, ".venv2/bin/python"), (15, "x")):
        process = tmp_path / str(number)
        process.mkdir()
        (process / "cwd").symlink_to("/a")
        (process / "cmdline").write_text(f"{word}\0train.py\0")

    assert sorted(holder.pid for holder in holders_by_proc(Path("/a/.venv"), tmp_path)) == [12, 13]


LSOF = """\
p1
claunchd
fcwd
n/
p77
cpython3.11
fcwd
n/Users/me
ftxt
n/Users/me/app/.venv/lib/python3.11/site-packages/torch/_C.so
n/Users/me/app/.venv/lib/x.so
p78
czsh
fcwd
n/Users/me/app/.venv2
p79
czsh
fcwd
n/Users/me/app/.venv
"""


def test_the_words_of_lsof_are_understood() -> None:
    """Each process once, whichever of its files it is, and no neighbour."""
    found = list(holders_by_lsof(Path("/Users/me/app/.venv"), LSOF))

    assert found == [Holder(pid=77, name="python3.11"), Holder(pid=79, name="zsh")]


class _Denied(Exception):
    pass


class _FakeProcess:
    """A process as psutil gives it; what it does not name is denied."""

    def __init__(self, pid: int, **told: object) -> None:
        self.info = {"pid": pid, "name": f"program{pid}"}
        self._told = told

    def __getattr__(self, name: str) -> object:
        def tell() -> object:
            if name not in self._told:
                raise _Denied
            return self._told[name]

        return tell


def test_psutil_is_asked_where_there_is_one() -> None:
    """Program, folder, open and mapped files count, and what is denied does not hide the rest."""
    file = SimpleNamespace(path=str(Path("/a/.venv/torch.dll")))
    processes = [
        _FakeProcess(1, exe=str(Path("/a/.venv/python.exe"))),
        _FakeProcess(2, cwd=str(Path("/a"))),
        _FakeProcess(3, exe=str(Path("/b")), memory_maps=[file]),
        _FakeProcess(4, open_files=[file]),
        _FakeProcess(5, cmdline=[str(Path("/a/.venv/python.exe")), "-m", "x"]),
        _FakeProcess(6),
    ]
    psutil = SimpleNamespace(process_iter=lambda names: iter(processes), Error=_Denied)

    assert [holder.pid for holder in holders_by_psutil(Path("/a/.venv"), psutil)] == [1, 3, 4, 5]


def test_a_process_that_cannot_be_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's process stays, and is given back."""
    other = Holder(pid=4242, name="other")
    asked: list[int] = []

    def refuse(pid: int, _number: int) -> NoReturn:
        asked.append(pid)
        raise PermissionError

    monkeypatch.setattr("applier.environment.holders.find_holders", lambda folder: (other,))
    monkeypatch.setattr(os, "kill", refuse)

    assert stop_holders(Path("/x"), sleep=lambda pause_s: None) == (other,)
    assert asked == [4242, 4242]
