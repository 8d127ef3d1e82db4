"""Lock files are found by their name and read whole."""

from pathlib import Path

import pytest

from locks import LockError
from locks.files import is_plain_path, lock_files, read_lock_file


def test_locks_of_a_folder_are_known_by_their_names(tmp_path: Path) -> None:
    """PEP 751 names with a target in them, in order; no manifest, no half-written file; an absent folder has none."""
    for name in ("pylock.b.toml", "pylock.a.toml", "manifest.toml", "pylock.toml", ".pylock.a.toml.partial"):
        (tmp_path / name).touch()

    assert [path.name for path in lock_files(tmp_path)] == ["pylock.a.toml", "pylock.b.toml"]
    assert lock_files(tmp_path / "absent") == []


def test_lock_is_read_to_the_byte(tmp_path: Path) -> None:
    """What is given is the file's bytes, line ends too."""
    path = tmp_path / "pylock.a.toml"
    path.write_bytes(b"a\r\n")

    assert read_lock_file(path) == b"a\r\n"


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_lock_that_cannot_be_read_is_a_problem(tmp_path: Path, name: str) -> None:
    """A missing file, and a folder, are refused with their path."""
    with pytest.raises(LockError) as caught:
        read_lock_file(tmp_path / name)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("lock-unreadable", str(tmp_path / name))


@pytest.mark.parametrize(
    ("path", "is_plain"),
    [
        ("a", True),
        ("models/tiny é.gguf", True),
        (".hidden/..a", True),
        ("", False),
        ("/etc/passwd", False),
        ("a//b", False),
        ("a/", False),
        ("./a", False),
        ("a/../../b", False),
        ("..\\a", False),
        ("C:/a", False),
        ("c:a", False),
        ("a\0b", False),
        ("a\nb", False),
        ("a\udcffb", False),
    ],
)
def test_plain_paths_stay_where_they_start(path: str, *, is_plain: bool) -> None:
    """No path that leads out of its folder on any system is plain."""
    assert is_plain_path(path) is is_plain
