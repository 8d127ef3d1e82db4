"""Removing: whatever is there, read-only or in use for a moment, and never what a link leads to."""

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from applier.environment.remove import extended, patiently, remove_tree
from tests.faults import in_a_child


def fill(folder: Path) -> Path:
    """Make a folder with a file in a folder."""
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("x")
    return folder


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: None, id="nothing"),
        pytest.param(fill, id="folder"),
        pytest.param(lambda path: path.write_text("x"), id="file"),
        pytest.param(lambda path: path.symlink_to("nowhere"), id="dangling link"),
    ],
)
def test_whatever_is_there_is_removed(make: Callable[[Path], object], tmp_path: Path) -> None:
    """Folder, file or link: afterwards nothing is there."""
    path = tmp_path / "it"
    make(path)
    remove_tree(path)

    assert not path.exists()
    assert not path.is_symlink()


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    """What a link points to stays, with its permissions."""
    kept = fill(tmp_path / "kept")
    (kept / "sub").chmod(0o500)
    (tmp_path / "link").symlink_to(kept)
    fill(tmp_path / "tree")
    (tmp_path / "tree" / "link").symlink_to(kept / "sub")
    remove_tree(tmp_path / "link")
    remove_tree(tmp_path / "tree")

    assert (kept / "sub" / "file").read_text() == "x"
    assert stat.S_IMODE((kept / "sub").stat().st_mode) == 0o500


def test_a_read_only_tree_is_removed_by_a_user(tmp_path: Path) -> None:
    """Folders without the permission to write, as `--read-only` leaves them, are no obstacle to their owner."""
    tree = fill(tmp_path / "it")
    for path in (tree / "sub" / "file", tree / "sub", tree):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
    if sys.platform == "win32" or os.geteuid() != 0:
        remove_tree(tree)
    else:  # the superuser may remove anything: let another user do it
        for path in (tmp_path, tree, tree / "sub", tree / "sub" / "file"):
            os.chown(path, 65534, 65534)

        def as_nobody() -> None:
            os.chdir(tmp_path)  # what is above may be closed to others
            os.setuid(65534)
            remove_tree(Path("it"))

        assert in_a_child(as_nobody) == 0

    assert not tree.exists()


def test_a_file_that_may_not_be_removed_is_made_writable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses to remove what is in a read-only folder is asked again after that is made writable."""
    tree = fill(tmp_path / "it")
    (tree / "sub").chmod(0o500)
    unlink = os.unlink

    def unlink_from_writable(path: str, *, dir_fd: int | None = None) -> None:
        if not (tree / "sub").stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink_from_writable)
    remove_tree(tree)

    assert not tree.exists()


def test_a_folder_that_may_not_be_opened_is_an_os_error_at_worst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the system refuses for good, removing fails as any system call does."""
    fill(tmp_path / "it")
    real = os.open

    def open_or_refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", open_or_refuse)
    with pytest.raises(PermissionError):
        remove_tree(tmp_path / "it")


BUSY = OSError(errno.EBUSY, "Device or resource busy")


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_what_is_in_use_for_a_moment_is_waited_for(failures: int) -> None:
    """A file that a scanner has open is asked for again, after growing pauses."""
    left = [BUSY] * failures
    pauses: list[float] = []

    def attempt() -> None:
        if left:
            raise left.pop()

    patiently(attempt, sleep=pauses.append)

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6][:failures]


def test_patience_ends() -> None:
    """What stays in use is an error after the last pause."""
    pauses: list[float] = []

    def attempt() -> None:
        raise BUSY

    with pytest.raises(OSError, match="busy"):
        patiently(attempt, sleep=pauses.append)

    assert len(pauses) == 5


def test_what_does_not_pass_is_not_waited_for() -> None:
    """A full disk is told at once."""

    def attempt() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        patiently(attempt, sleep=lambda pause_s: pytest.fail("there is nothing to wait for"))


@pytest.mark.parametrize(
    ("path", "spelling"),
    [
        ("C:\\Users\\me\\.venv", "\\\\?\\C:\\Users\\me\\.venv"),
        ("\\\\server\\share\\.venv", "\\\\?\\UNC\\server\\share\\.venv"),
        ("\\\\?\\C:\\.venv", "\\\\?\\C:\\.venv"),
    ],
    ids=["drive", "share", "extended already"],
)
def test_long_paths_have_a_spelling_on_windows(path: str, spelling: str) -> None:
    """A path of any length is taken by Windows when it is spelled so; elsewhere it stays as it is."""
    assert extended(Path(path), windows=True) == spelling
    assert extended(Path("/home/me"), windows=False) == str(Path("/home/me"))
