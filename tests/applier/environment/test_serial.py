"""The highest serial applied in a place: kept beside it, by stack, and it never goes down."""

import os
from pathlib import Path

import pytest

from applier.environment.serial import judge_serial, read_serials, remember_serial
from applier.environment.siblings import Siblings
from applier.errors import ApplyRefused


def test_nothing_was_applied_where_nothing_is_kept(tmp_path: Path) -> None:
    """A first bundle of any serial, or none, may be applied."""
    assert read_serials(tmp_path / "env") == {}
    assert not judge_serial("demo", 0, {}, bundle="b.zip")
    assert not judge_serial("demo", 5, {}, bundle="b.zip")


@pytest.mark.parametrize(("serial", "is_older"), [(0, True), (6, True), (7, False), (8, False)])
def test_a_lower_serial_is_older(serial: int, is_older: bool) -> None:
    """The same one again is not, and other stacks have numbers of their own."""
    problems = judge_serial("demo", serial, {"demo": 7, "other": 9}, bundle="b.zip")

    assert [problem.code for problem in problems] == ["bundle-older"] * is_older


def test_serials_are_kept_beside_the_environment_by_stack(tmp_path: Path) -> None:
    """The highest stays, whatever is applied after it; and nothing is written inside."""
    final = tmp_path / "env"
    for stack, serial in (("demo", 7), ("other", 3), ("demo", 6), ("demo", 0), ("third", 0)):
        remember_serial(final, stack, serial, read_serials(final))

    assert read_serials(final) == {"demo": 7, "other": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["env.venvault-serials.json"]


def test_a_serial_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the place of the list before is on the disk by then, for an empty one would refuse every bundle."""
    steps, fsync, replace = list[str](), os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("sync")
        fsync(descriptor)

    def replaced(path: Path, target: Path) -> Path:
        steps.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    remember_serial(tmp_path / "env", "demo", 7, {})

    assert steps[0] == "sync"
    assert "replace" in steps


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"format": 2, "serials": {}}',
        b'{"format": 1}',
        b'{"format": 1, "serials": {"a": "7"}}',
        b'{"format": 1, "serials": {"a": 1, "a": 2}}',
        b'{"format": 1, "serials": {}, "more": 1}',
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, tmp_path: Path) -> None:
    """A damaged file does not count as none."""
    Siblings(tmp_path / "env").serials.write_bytes(data)
    with pytest.raises(ApplyRefused, match="serials-invalid"):
        read_serials(tmp_path / "env")
