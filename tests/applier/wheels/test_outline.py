"""Outlines: what is written is read again, and only what is known to be one is read at all."""

import io
import os
from pathlib import Path

import pytest

from locks.digest import sha256_of_bytes

from applier.environment.scheme import OUTLINES
from applier.wheels.judge import judge_wheel
from applier.wheels.outline import outline_to_bytes, outlines_in, read_outline, write_outlines
from applier.wheels.place import place_contents, place_wheel
from applier.wheels.source import WheelContents
from tests.bundles import demo_wheels, locked, running_target
from tests.wheels import Wheel, make_wheel

TARGET = running_target()
TAGS = frozenset(TARGET.tags())
UMLAUT = make_wheel(
    "a", "1", files={"a/gr\u00fc\u00df.txt": "x", "a/empty": ""}, data_files={"scripts/s": "#!pythonw\n"}
)


def contents_of(wheel: Wheel) -> WheelContents:
    """What a sound wheel holds."""
    contents, problems = judge_wheel(locked(wheel), TARGET, TAGS, io.BytesIO(wheel.data))
    assert contents is not None
    assert problems == []
    return contents


@pytest.mark.parametrize("wheel", [*demo_wheels(), UMLAUT], ids=lambda wheel: wheel.filename)
def test_an_outline_is_all_that_the_wheel_holds(wheel: Wheel) -> None:
    """What was read out of the wheel comes back, in one line of ASCII, and its files go to the same places."""
    contents = contents_of(wheel)
    outline = outline_to_bytes(contents)

    assert outline.isascii()
    assert b"\n" not in outline
    assert read_outline(outline) == contents
    placed = place_wheel(locked(wheel), TARGET, TAGS, io.BytesIO(wheel.data))
    assert place_contents(locked(wheel), TARGET, read_outline(outline)) == (placed[1], placed[2])


def test_a_forged_outline_leads_nowhere_outside() -> None:
    """The names that an outline gives are judged like a wheel's."""
    forged = outline_to_bytes(contents_of(UMLAUT)).replace(b'"a/empty"', b'"../../../../out"')
    _, problems = place_contents(locked(UMLAUT), TARGET, read_outline(forged))

    assert [problem.code for problem in problems] == ["path-not-allowed"]


def test_an_environment_keeps_outlines_by_their_digests(tmp_path: Path) -> None:
    """Each is found by its sha256; an altered one is another, and what is of another format is none."""
    outlines = [outline_to_bytes(contents_of(wheel)) for wheel in demo_wheels()]
    write_outlines(tmp_path, [*outlines, b'{"format":2,"wheel":"a"}'])
    found = outlines_in(tmp_path)
    (tmp_path / OUTLINES).write_bytes((tmp_path / OUTLINES).read_bytes().replace(b"dist-info", b"Dist-info"))

    assert found == {sha256_of_bytes(outline): outline for outline in outlines}
    assert not found.keys() & outlines_in(tmp_path).keys()


def _nothing(_path: Path) -> None: ...


def _huge(path: Path) -> None:
    path.write_bytes(outline_to_bytes(contents_of(UMLAUT)) + b"\n")
    os.truncate(path, (1 << 28) + 1)


@pytest.mark.parametrize(
    "put",
    [_nothing, Path.mkdir, getattr(os, "mkfifo", _nothing), _huge],
    ids=["none", "folder", "pipe", "more than memory is for"],
)
def test_what_is_no_file_of_outlines_holds_none(put, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """An environment that is not ours, or older, has none; nothing is waited for."""
    put(tmp_path / OUTLINES)

    assert outlines_in(tmp_path) == {}
