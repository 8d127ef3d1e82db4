"""What is tidied up after checks, function by function; `test_process` and `test_processes` have it at work."""

import io
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from applier.checks import tidying


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_made_and_removed_with_all_that_is_in_it(place: Path) -> None:
    """Also folders in it; one that is gone already is no trouble."""
    folder = tidying.make_folder()
    assert Path(folder).parent == place
    (Path(folder) / "a" / "b").mkdir(parents=True)
    (Path(folder) / "a" / "b" / "c.pyc").write_bytes(b"x")
    tidying.remove_folder(folder)
    tidying.remove_folder(folder)

    assert not list(place.iterdir())


@pytest.mark.parametrize(("free_bytes", "is_made"), [(tidying.ROOM_BYTES, True), (tidying.ROOM_BYTES - 1, False)])
def test_a_disk_that_is_nearly_full_gets_none(
    free_bytes: int, is_made: bool, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it may be what an environment that is being built needs."""
    usage = type(shutil.disk_usage(place))(1 << 40, 0, free_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage)

    assert bool(tidying.make_folder()) is is_made
    assert bool(list(place.iterdir())) is is_made


def test_what_is_no_folder_for_such_files_gets_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has none, `tempfile` would take the one it is in."""
    monkeypatch.chdir(place)
    assert not tidying.make_folder()
    monkeypatch.setattr(tempfile, "tempdir", str(place / "absent"))

    assert not tidying.make_folder()
    assert not list(place.iterdir())


def test_a_folder_in_which_files_still_appear_is_removed_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again; for ever it is not."""
    folder, really = tidying.make_folder(), shutil.rmtree
    calls: list[str] = []

    def rmtree(path: str, *, ignore_errors: bool) -> None:
        calls.append(path)
        if len(calls) == 3:
            really(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    tidying.remove_folder(folder)
    assert (len(calls), list(place.iterdir())) == (3, [])
    tidying.remove_folder(str(place))

    assert len(calls) == 103


@pytest.fixture
def hung(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The file system for temporary files answers once this is set."""
    answers, mkdtemp = threading.Event(), tempfile.mkdtemp

    def waits(*, prefix: str) -> str:
        answers.wait()
        return mkdtemp(prefix=prefix)

    monkeypatch.setattr(tempfile, "mkdtemp", waits)
    monkeypatch.setattr(tidying, "_PATIENCE_S", 0.01)
    monkeypatch.chdir(place)
    yield answers
    answers.set()


def test_a_file_system_that_does_not_answer_keeps_nobody_waiting(
    hung: threading.Event, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """There is no folder then, which is said, and what runs is ended at the end as ever."""
    ended: list[set[int]] = []
    monkeypatch.setattr(tidying, "_LONG_PATIENCE_S", 0.01)
    monkeypatch.setattr(sys, "stdin", io.StringIO("7\nfolder\n8\n7\n"))
    monkeypatch.setattr(tidying, "end", ended.append)
    tidying.main()

    assert not hung.is_set()
    assert (capfd.readouterr().out, ended) == ("\n", [{8}])


def test_a_folder_that_came_too_late_is_removed_too(
    hung: threading.Event, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody was told of it."""

    def lines() -> Iterator[str]:
        yield "folder\n"
        hung.set()

    monkeypatch.setattr(sys, "stdin", lines())
    tidying.main()

    assert capfd.readouterr().out == "\n"
    assert not list(place.iterdir())


def test_what_runs_is_ended_and_what_is_gone_is_no_trouble() -> None:
    """A process of its own group, and the number of one that has ended."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    gone, busy = (subprocess.Popen(command, start_new_session=True) for _ in range(2))
    gone.kill()
    gone.wait()
    tidying.end([gone.pid, busy.pid])

    assert busy.wait(60) != 0
