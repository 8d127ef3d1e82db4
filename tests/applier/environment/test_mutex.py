"""One holder at a time, also between processes, and none after a kill."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from applier.environment.mutex import hold

BOUND_S = 20

HOLDER = """
import sys
from pathlib import Path
from applier.environment.mutex import hold

with hold(Path(sys.argv[1]), waiting=lambda: print("waiting", flush=True)):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds `path` until it reads a line; it is ended in any case."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=BOUND_S)


def line_of(process: "subprocess.Popen[str]") -> str:
    """The next line the process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go(process: "subprocess.Popen[str]") -> None:
    """Have the process leave its `with` block, and wait for its end."""
    process.communicate("\n", timeout=BOUND_S)
    assert process.returncode == 0


def test_the_file_is_there_while_held_and_gone_afterwards(tmp_path: Path) -> None:
    """A lock that nobody else wants is taken at once and leaves nothing behind."""
    path = tmp_path / "lock"
    waited: list[str] = []
    with hold(path, waiting=lambda: waited.append("waited")):
        assert path.exists()

    assert not path.exists()
    assert not waited


def test_the_file_is_gone_after_a_failure_too(tmp_path: Path) -> None:
    """Whatever is raised while it is held, the lock is free again."""
    path = tmp_path / "lock"
    with pytest.raises(KeyboardInterrupt), hold(path, waiting=lambda: None):
        raise KeyboardInterrupt

    assert not path.exists()


def test_a_second_process_waits_until_the_first_is_done(tmp_path: Path) -> None:
    """Of two processes one holds; the other says that it waits, and holds when the first lets go."""
    path = tmp_path / "lock"
    with holder(path) as first:
        assert line_of(first) == "held"
        with holder(path) as second:
            assert line_of(second) == "waiting"
            let_go(first)
            assert line_of(second) == "held"
            let_go(second)

    assert not path.exists()


def test_we_wait_for_another_process(tmp_path: Path) -> None:
    """Waiting is told once, however long it takes, and ends with the other's release."""
    path = tmp_path / "lock"
    waited: list[float] = []
    with holder(path) as other:
        assert line_of(other) == "held"

        def release_soon() -> None:
            waited.append(time.monotonic())
            threading.Timer(0.5, let_go, (other,)).start()

        with hold(path, waiting=release_soon):
            assert other.wait(BOUND_S) == 0

    assert len(waited) == 1
    assert not path.exists()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """The system frees the lock of a process that was killed; its file is no obstacle."""
    path = tmp_path / "lock"
    with holder(path) as other:
        assert line_of(other) == "held"
        other.kill()
        other.wait(BOUND_S)

    assert path.exists()
    with hold(path, waiting=lambda: pytest.fail("there is nobody to wait for")):
        assert path.exists()
    assert not path.exists()


def test_a_file_removed_by_its_holder_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    """Many holders in turn, each removing the file: never are two inside at once."""
    path = tmp_path / "lock"
    inside = 0
    most = 0
    turns = 0
    counting = threading.Lock()

    def take_turns() -> None:
        nonlocal inside, most, turns
        for _ in range(3):
            with hold(path, waiting=lambda: None):
                with counting:
                    inside += 1
                    most = max(most, inside)
                with counting:
                    inside -= 1
                    turns += 1

    threads = [threading.Thread(target=take_turns) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_S)

    assert (most, turns) == (1, 12)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")
@pytest.mark.parametrize("made_anew", [False, True], ids=["gone", "made anew"])
def test_a_lock_file_that_vanishes_before_it_is_looked_at_is_made_again(
    made_anew: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the former holder removes the file between our opening and locking it, we start over."""
    path = tmp_path / "lock"
    stat = Path.stat
    left = [path]

    def stat_too_late(self: Path, *, follow_symlinks: bool = True) -> object:
        if self in left:
            left.remove(self)
            self.unlink()
            if made_anew:
                self.write_text("by another")
        return stat(self, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat_too_late)
    with hold(path, waiting=lambda: None):
        assert path.exists()
