"""Who uses an environment that is about to be moved."""

import sys
from pathlib import Path

import pytest

from applier.environment.holders import Holder
from applier.errors import ApplyRefused
from applier.preflight.use import end_use, look_at_use

STUDIO = Holder(pid=7, name="studio")


@pytest.fixture(autouse=True)
def studio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that uses every environment, and does not end."""
    monkeypatch.setattr("applier.preflight.use.find_holders", lambda folder: (STUDIO,))
    monkeypatch.setattr("applier.preflight.use.stop_holders", lambda folder: (STUDIO,))


def end(place: Path, *, stop: bool) -> list[str]:
    """What is said while who uses the place is dealt with."""
    lines: list[str] = []
    end_use(place, stop=stop, report=lines.append)
    return lines


def test_who_uses_an_environment_is_told_as_the_check_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name and number, in the very words of `--check`."""
    monkeypatch.setattr(sys, "platform", "linux")
    (line,) = end(tmp_path, stop=False)

    assert line == str(look_at_use(tmp_path, stop=False))
    assert "in use by studio (process 7)" in line


def test_who_is_asked_to_end_and_does_not_is_named_again(tmp_path: Path) -> None:
    """What they are in for is told first."""
    assert end(tmp_path, stop=True) == [str(look_at_use(tmp_path, stop=True)), "studio (process 7) does not end"]
    assert "they will be ended" in str(look_at_use(tmp_path, stop=True))


def test_on_windows_they_are_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There no folder in use can be moved, so that an apply does not begin."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ApplyRefused, match="environment-in-use"):
        end(tmp_path, stop=False)


def test_who_is_ours_is_not_spoken_of(tmp_path: Path) -> None:
    """A worker that reads the old environment while way is made for the new one."""
    lines: list[str] = []
    end_use(tmp_path, stop=False, report=lines.append, but=[STUDIO.pid])

    assert lines == []


def test_nobody_is_not_spoken_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `--check` says that nobody was seen."""
    monkeypatch.setattr("applier.preflight.use.find_holders", lambda folder: ())

    assert end(tmp_path, stop=False) == end(tmp_path, stop=True) == []
