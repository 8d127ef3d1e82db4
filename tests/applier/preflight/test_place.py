"""What can be seen of a place without touching it."""

import os
import sys
from pathlib import Path

import pytest

from applier.preflight.place import length_of, look_at_place

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links are those of POSIX")


def test_a_place_that_is_not_there_is_seen_from_the_nearest_folder(tmp_path: Path) -> None:
    """Facts are those of the folder in which the first new one would be made; nothing is made."""
    place = look_at_place(tmp_path / "deep" / "down" / "env")

    assert (place.parent, place.has_old, place.may_add, place.may_replace) == (tmp_path, False, True, True)
    assert place.free_bytes > 0
    assert place.block_bytes > 0
    assert place.longest_path >= 259
    assert not list(tmp_path.iterdir())


def test_nothing_can_be_put_below_a_file(tmp_path: Path) -> None:
    """What is above the place must be a folder."""
    (tmp_path / "file").write_text("")

    assert not look_at_place(tmp_path / "file" / "env").may_add


def test_an_old_environment_is_seen(tmp_path: Path) -> None:
    """What is at the place is known to be there; kept for `rollback` it has the longest name it will have."""
    (tmp_path / "env").mkdir()
    place = look_at_place(tmp_path / "env")

    assert place.has_old
    assert place.may_replace
    assert place.prefix == length_of(str(tmp_path / "env.venvault-previous")) + 1


@posix
def test_a_folder_closed_to_us_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder above may be closed, nor an old environment that is not our own."""
    (tmp_path / "env").mkdir()
    user = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    others = look_at_place(tmp_path / "env")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    own = look_at_place(tmp_path / "env")

    assert (others.may_add, others.may_replace) == (False, False)
    assert (own.may_add, own.may_replace) == (False, True)


@posix
def test_other_peoples_folders_stay_in_a_folder_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder like /tmp only the owner may rename: anybody may write there, and still cannot replace it."""
    tmp_path.chmod(0o1777)
    (tmp_path / "env").mkdir()
    (tmp_path / "env").chmod(0o777)
    user = tmp_path.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "access", lambda *_: True)

    assert not look_at_place(tmp_path / "env").may_replace
    tmp_path.chmod(0o777)
    assert look_at_place(tmp_path / "env").may_replace


@posix
def test_a_path_is_measured_in_what_the_system_counts() -> None:
    """Bytes, not letters, count on POSIX."""
    assert length_of("/Größe/環境") == len("/Größe/環境".encode(sys.getfilesystemencoding()))
