"""The two renames, and every state that a killed run can leave."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

import pytest

from applier.environment.swap import Siblings, recover, remove_tree, swap, transaction
from applier.errors import ApplyRefused


@pytest.fixture
def siblings(tmp_path: Path) -> Siblings:
    """Places of which none is taken."""
    return Siblings(tmp_path / ".venv")


def fill(folder: Path, text: str) -> None:
    """Make a folder that can be told from others."""
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "which").write_text(text)


def which(folder: Path) -> str | None:
    """What the folder was filled with; None where there is none."""
    path = folder / "sub" / "which"
    return path.read_text() if path.exists() else None


def failing_rename(target: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse to rename anything to `target`, once."""
    rename = Path.rename
    left = [error]

    def rename_or_fail(self: Path, to: Path) -> Path:
        if to == target and left:
            raise left.pop()
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", rename_or_fail)


def test_the_siblings_lie_beside_the_environment(siblings: Siblings) -> None:
    """All places are in one folder, so that renames stay on one file system."""
    places = (siblings.staging, siblings.retired, siblings.mutex)

    assert {place.parent for place in places} == {siblings.final.parent}
    assert [place.name for place in places] == [".venv.venvault-new", ".venv.venvault-old", ".venv.venvault-lock"]


@pytest.mark.parametrize(
    ("final", "staging", "retired", "whole", "done"),
    [
        pytest.param(None, None, None, None, None, id="nothing there"),
        pytest.param("old", None, None, "old", None, id="no run before"),
        pytest.param(None, "half", None, None, "removed .venv.venvault-new", id="killed while building the first"),
        pytest.param("old", "half", None, "old", "removed .venv.venvault-new", id="killed while building"),
        pytest.param(
            None,
            "new",
            "old",
            "old",
            "put the old environment back in place, removed .venv.venvault-new",
            id="killed between the renames",
        ),
        pytest.param(None, None, "old", "old", "put the old environment back in place", id="killed while giving up"),
        pytest.param("new", None, "old", "new", "removed .venv.venvault-old", id="killed before removing the old"),
        pytest.param(
            "new",
            "half",
            "old",
            "new",
            "removed .venv.venvault-new, removed .venv.venvault-old",
            id="killed twice",
        ),
    ],
)
def test_one_whole_environment_comes_out_of_every_state(
    final: str | None, staging: str | None, retired: str | None, whole: str | None, done: str | None, siblings: Siblings
) -> None:
    """Whichever folders a killed run left, the old or the new environment is in place afterwards, and nothing else."""
    for place, text in ((siblings.final, final), (siblings.staging, staging), (siblings.retired, retired)):
        if text is not None:
            fill(place, text)
    said = recover(siblings)

    assert which(siblings.final) == whole
    assert not siblings.staging.exists()
    assert not siblings.retired.exists()
    assert said == (done and f"an earlier run was cut off: {done}")
    assert recover(siblings) is None


@pytest.mark.parametrize("old", ["old", None], ids=["an old one", "none"])
def test_the_new_environment_takes_the_place(old: str | None, siblings: Siblings) -> None:
    """After the swap the new one is in place, and the old one waits beside it."""
    fill(siblings.staging, "new")
    if old:
        fill(siblings.final, old)
    swap(siblings)

    assert which(siblings.final) == "new"
    assert which(siblings.retired) == old
    assert not siblings.staging.exists()


BUSY = OSError(errno.EBUSY, "Device or resource busy")


def test_an_environment_that_cannot_be_moved_stays(siblings: Siblings, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first rename is refused, the old one is where it was and the message says what to do."""
    fill(siblings.final, "old")
    fill(siblings.staging, "new")
    failing_rename(siblings.retired, BUSY, monkeypatch)
    with pytest.raises(ApplyRefused) as caught:
        swap(siblings)

    assert which(siblings.final) == "old"
    assert str(caught.value) == (
        f"environment-in-use: {siblings.final}: expected an environment that can be moved, found Device or resource "
        "busy (close the programs that run from it, then try again)"
    )


@pytest.mark.parametrize("old", ["old", None], ids=["an old one", "none"])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        pytest.param(OSError(errno.EBUSY, "busy"), ApplyRefused, id="refused by the system"),
        pytest.param(KeyboardInterrupt(), KeyboardInterrupt, id="interrupted by the user"),
    ],
)
def test_the_swap_is_undone_when_its_second_rename_fails(
    error: BaseException,
    raised: type[BaseException],
    old: str | None,
    siblings: Siblings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the two renames nothing is in place; whatever happens there, the old one is put back at once."""
    fill(siblings.staging, "new")
    if old:
        fill(siblings.final, old)
    failing_rename(siblings.final, error, monkeypatch)
    with pytest.raises(raised):
        swap(siblings)

    assert which(siblings.final) == old
    assert not siblings.retired.exists()


@pytest.mark.parametrize(
    ("which_rename", "expected"), [pytest.param(1, "old", id="the first"), pytest.param(2, "new", id="the second")]
)
def test_an_interrupt_right_after_a_rename_leaves_a_whole_environment(
    which_rename: int, expected: str, siblings: Siblings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between the renames puts the old environment back; after both it comes too late, and nothing is undone."""
    fill(siblings.final, "old")
    fill(siblings.staging, "new")
    rename = Path.rename
    done: list[Path] = []

    def rename_and_interrupt(self: Path, to: Path) -> None:
        rename(self, to)
        done.append(to)
        if len(done) == which_rename:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", rename_and_interrupt)
    with pytest.raises(KeyboardInterrupt) if expected == "old" else nullcontext():
        swap(siblings)

    assert which(siblings.final) == expected


@pytest.mark.parametrize("old", ["old", None], ids=["an old one", "none"])
def test_a_new_environment_that_vanished_is_no_success(old: str | None, siblings: Siblings) -> None:
    """When something removed the staged folder meanwhile, the swap is refused and the old environment is back."""
    if old:
        fill(siblings.final, old)
    with pytest.raises(ApplyRefused):
        swap(siblings)

    assert which(siblings.final) == old
    assert not siblings.retired.exists()


# The transaction.


def test_a_transaction_leaves_nothing_but_the_environment(siblings: Siblings) -> None:
    """After success only the environment is there: no staging, no lock file."""
    with transaction(siblings.final, lambda line: None):
        fill(siblings.staging, "new")
        swap(siblings)

    assert [path.name for path in siblings.final.parent.iterdir()] == [".venv"]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), OSError()], ids=repr)
def test_a_transaction_that_fails_leaves_what_was_there(error: BaseException, siblings: Siblings) -> None:
    """Whatever is raised inside, the staged folder and the lock file are gone and the old environment stays."""
    fill(siblings.final, "old")

    def fail() -> NoReturn:
        fill(siblings.staging, "half")
        raise error

    with pytest.raises(type(error)), transaction(siblings.final, lambda line: None):
        fail()

    assert which(siblings.final) == "old"
    assert [path.name for path in siblings.final.parent.iterdir()] == [".venv"]


def test_a_transaction_recovers_first_and_says_so(siblings: Siblings) -> None:
    """What a killed run left is cleaned before anything else, and told in one line."""
    fill(siblings.retired, "old")
    lines: list[str] = []
    with transaction(siblings.final, lines.append) as held:
        assert held == siblings
        assert which(siblings.final) == "old"

    assert lines == ["an earlier run was cut off: put the old environment back in place"]


def test_a_transaction_makes_the_parent_folder(tmp_path: Path) -> None:
    """An environment may be put in a folder that is not there yet."""
    with transaction(tmp_path / "a" / "b" / ".venv", lambda line: None):
        assert (tmp_path / "a" / "b").is_dir()


# Removing.


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: None, id="nothing"),
        pytest.param(lambda path: fill(path, "x"), id="folder"),
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
    """What a link points to stays."""
    fill(tmp_path / "kept", "x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove_tree(tmp_path / "link")

    assert which(tmp_path / "kept") == "x"


def test_a_file_that_may_not_be_removed_is_made_writable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses to remove read-only files (Windows) is asked again after they are made writable."""
    fill(tmp_path / "it", "x")
    locked = tmp_path / "it" / "sub" / "which"
    locked.chmod(stat.S_IREAD)
    unlink = os.unlink

    def unlink_writable(path: str, *, dir_fd: int | None = None) -> None:
        if not locked.stat().st_mode & stat.S_IWRITE:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink_writable)
    remove_tree(tmp_path / "it")

    assert not (tmp_path / "it").exists()


def test_a_folder_that_may_not_be_opened_is_an_os_error_at_worst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the system refuses to open a folder, removing it works after all or fails as any system call does."""
    fill(tmp_path / "it", "x")
    real = os.open

    def open_or_refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", open_or_refuse)
    with pytest.raises(PermissionError):
        remove_tree(tmp_path / "it")
