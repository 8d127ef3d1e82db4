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
from applier.environment.tree import list_files, read_file, read_files, size_bytes_of


def digest(data: bytes) -> str:
    """A digest in RECORD's spelling."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


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
    paths = ["b.py", "to-folder", "to-file", "to-nothing", "absent", "a"]

    assert read_files(tree, iter(paths)) == {
        "b.py": InstalledFile(sha256=digest(b"b.py"), size_bytes=4),
        "to-folder": InstalledFile(link="a"),
        "to-file": InstalledFile(link="b.py"),
        "to-nothing": InstalledFile(link="nothing"),
        "absent": None,
        "a": None,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="the links of POSIX")
def test_only_what_goes_with_the_environments_is_counted(tmp_path: Path) -> None:
    """A file that another environment has too takes no room of its own; with the last of its names it goes."""
    places = [tmp_path / name for name in ("old", "new", "backup")]
    for place in places:
        place.mkdir()
    (places[0] / "own").write_bytes(b"own")
    (places[0] / "shared").write_bytes(b"12345")
    os.link(places[0] / "shared", places[1] / "shared")

    assert [size_bytes_of(place) for place in places[:2]] == [3, 0]
    assert size_bytes_of(*places) == 8
    os.link(places[0] / "shared", places[2] / "shared")
    assert size_bytes_of(*places[:2]) == 3


def test_a_file_that_may_not_be_read_is_no_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses to open a file, it counts as not there."""

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", f"{self} ({mode})")

    monkeypatch.setattr(Path, "open", refuse)

    assert read_file(tree, "b.py") is None


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    """What cannot be read counts as not there."""
    if sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as listener:
            place = os.path.relpath(tmp_path / "s")
            listener.bind(place if len(place) < 100 else str(tmp_path / "s"))

            assert list(list_files(tmp_path)) == ["s"]
            assert read_file(tmp_path, "s") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe that nobody writes to is no file either, and reading the tree ends."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        program = "import sys; from pathlib import Path; from applier.environment.tree import read_file; "
        program += "print(read_file(Path(sys.argv[1]), 'pipe'))"
        # A process of its own, because whoever opens a pipe may wait for ever.
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, timeout=4, check=True
        )

        assert done.stdout == "None\n"
