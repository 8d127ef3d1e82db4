"""An environment's files as they lie on disk."""

import base64
import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from applier.environment.receipt import InstalledFile
from applier.environment.tree import freed_bytes_of, list_files, read_files


def digest(data: bytes) -> str:
    """A digest in RECORD's spelling."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def read_one(environment: Path, path: str) -> InstalledFile | None:
    """One file, read as many are."""
    return read_files(environment, [path])[path]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with something of everything."""
    for path in ("b.py", "a/x.py", "a/__pycache__/x.pyc", "__pycache__/y.pyc", "a/venvault-receipt.json"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "venvault-receipt.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    (tmp_path / "to-folder").symlink_to("a")
    (tmp_path / "to-file").symlink_to("b.py")
    (tmp_path / "to-nothing").symlink_to("nothing")
    return tmp_path


def test_every_file_and_link_is_listed(tree: Path) -> None:
    """Files and links in one order, links not entered; bytecode and the environment's own receipt passed over."""
    assert list(list_files(tree)) == [
        "b.py",
        "to-file",
        "to-folder",
        "to-nothing",
        "a/venvault-receipt.json",
        "a/x.py",
    ]


def test_files_are_read_as_the_receipt_has_them(tree: Path) -> None:
    """A file gives its digest and size, a link where it points, whatever is there."""
    paths = ["b.py", "to-folder", "to-file", "to-nothing", "absent", "a", "nul\0", "half of a letter \ud800"]

    assert read_files(tree, iter(paths)) == {
        "b.py": InstalledFile(sha256=digest(b"b.py"), size_bytes=4),
        "to-folder": InstalledFile(link="a"),
        "to-file": InstalledFile(link="b.py"),
        "to-nothing": InstalledFile(link="nothing"),
        "absent": None,
        "a": None,
        "nul\0": None,
        "half of a letter \ud800": None,
    }


@pytest.mark.parametrize("processors", [1, 2, 8, 64])
def test_every_file_is_read_whoever_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    """With one thread or several, more threads than files too, and files larger than a buffer."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(processors)), raising=False)
    files = {f"{number}": bytes([number]) * size_bytes for number, size_bytes in enumerate([0, 1, 1 << 18, 700_000])}
    for count in range(len(files) + 1):
        chosen = dict(list(files.items())[:count])
        for name, data in chosen.items():
            (tmp_path / name).write_bytes(data)

        assert read_files(tmp_path, chosen) == {
            name: InstalledFile(sha256=digest(data), size_bytes=len(data)) for name, data in chosen.items()
        }


def test_whoever_is_interrupted_reads_no_further(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C in one file, the thousands behind it are left alone."""
    opened = []

    def interrupted(path: str) -> os.stat_result:
        opened.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    monkeypatch.setattr(os, "lstat", interrupted)

    with pytest.raises(KeyboardInterrupt):
        read_files(tree, ["b.py"] * 1000)
    assert len(opened) == 1


def test_what_removing_frees_is_added_up(tree: Path) -> None:
    """Everything below counts, bytecode too; a link to a file as itself, and what is not there as nothing."""
    links = sum((tree / name).lstat().st_size for name in ("to-file", "to-nothing"))
    files = ("b.py", "a/x.py", "a/__pycache__/x.pyc", "__pycache__/y.pyc", "a/venvault-receipt.json")

    assert freed_bytes_of([tree]) == sum(map(len, files)) + len("{}") + links
    assert freed_bytes_of([tree / "absent"]) == 0


def test_a_file_with_another_name_elsewhere_frees_nothing(tmp_path: Path) -> None:
    """Only when its last name goes its bytes do; two environments that share a file hold it once."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "own").write_bytes(b"123")
    (first / "shared").write_bytes(b"12345")
    (second / "shared").hardlink_to(first / "shared")

    assert freed_bytes_of([first]) == freed_bytes_of([second]) == 3
    assert freed_bytes_of([first, second]) == 3 + 3 + 5


def test_a_file_that_may_not_be_read_is_no_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses to open a file, it counts as not there."""

    def refuse(path: str, mode: str, buffering: int) -> None:
        raise PermissionError(13, "Permission denied", f"{path} ({mode}, {buffering})")

    monkeypatch.setattr("builtins.open", refuse)

    assert read_one(tree, "b.py") is None


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    """What cannot be read counts as not there."""
    if sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as listener:
            place = os.path.relpath(tmp_path / "s")
            listener.bind(place if len(place) < 100 else str(tmp_path / "s"))

            assert list(list_files(tmp_path)) == ["s"]
            assert read_one(tmp_path, "s") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe that nobody writes to is no file either, and reading the tree ends."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        program = "import sys; from pathlib import Path; from applier.environment.tree import read_files; "
        program += "print(read_files(Path(sys.argv[1]), ['pipe']))"
        # A process of its own, because whoever opens a pipe may wait for ever.
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, timeout=4, check=True
        )

        assert done.stdout == "{'pipe': None}\n"
