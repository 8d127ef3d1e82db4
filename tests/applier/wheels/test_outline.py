"""Outlines: what is written is read again, and only what is known to be one is read at all."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks.digest import sha256_of_bytes

from applier.environment.scheme import OUTLINES
from applier.errors import BundleDamaged
from applier.wheels.judge import judge_wheel
from applier.wheels.outline import (
    digests_in,
    outline_to_bytes,
    outlines_in,
    read_outline,
    read_outlines,
    write_outlines,
)
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


OUTLINE = outline_to_bytes(contents_of(UMLAUT))


@pytest.mark.parametrize("wheel", [*demo_wheels(), UMLAUT], ids=lambda wheel: wheel.filename)
def test_an_outline_is_all_that_the_wheel_holds(wheel: Wheel) -> None:
    """What was read out of the wheel comes back, in one line of ASCII, and its files go to the same places."""
    contents = contents_of(wheel)
    outline = outline_to_bytes(contents)

    assert outline.isascii()
    assert b"\n" not in outline
    assert read_outline(wheel.filename, outline) == contents
    placed = place_wheel(locked(wheel), TARGET, TAGS, io.BytesIO(wheel.data))
    assert place_contents(locked(wheel), TARGET, read_outline(wheel.filename, outline)) == (placed[1], placed[2])


def test_the_digests_in_an_outline_are_those_of_its_files() -> None:
    """Each, in their order, whatever letters it has."""
    contents = contents_of(make_wheel("many", "1", files={f"many/{number}.txt": str(number) for number in range(99)}))
    digests = [file.digest for file in contents.files if file.digest]

    assert digests_in(outline_to_bytes(contents)) == digests
    assert {"-", "_"} <= set("".join(digests))


def test_a_forged_outline_leads_nowhere_outside() -> None:
    """The names that an outline gives are judged like a wheel's."""
    forged = OUTLINE.replace(b'"a/empty"', b'"../../../../out"')
    _, problems = place_contents(locked(UMLAUT), TARGET, read_outline(UMLAUT.filename, forged))

    assert [problem.code for problem in problems] == ["path-not-allowed"]


def changed(**values: object) -> bytes:
    """The outline of UMLAUT with other values."""
    return json.dumps({**json.loads(OUTLINE), **values}).encode()


def with_file(place: int, value: object) -> bytes:
    """The outline of UMLAUT with another value in the row of its first file."""
    first, *rest = json.loads(OUTLINE)["files"]
    return changed(files=[[*first[:place], value, *first[place + 1 :]], *rest])


A_FILE = ("files[0]", "a file of a wheel")


@pytest.mark.parametrize(
    ("line", "where", "expected"),
    [
        pytest.param(OUTLINE[:-1], "", "JSON", id="cut short"),
        pytest.param(b'{"format":1,"a":' + b"[" * 100_000, "", "JSON", id="deep"),
        pytest.param(changed(format=2), "format", "at most 1", id="newer"),
        pytest.param(changed(wheel="b.whl"), "wheel", repr(UMLAUT.filename), id="another wheel's"),
        pytest.param(changed(data=None), "data", "a string", id="without data folder"),
        pytest.param(changed(scripts=["a"]), "scripts", "a table", id="scripts in a row"),
        pytest.param(changed(scripts={"a": "\u2713"}), "scripts.a", "base64", id="script in no base64"),
        pytest.param(changed(texts={"\x1b": 1}), "texts.\\x1b", "a string", id="text that is none, by no name"),
        pytest.param(changed(files={}), "files", "an array", id="files in a table"),
        pytest.param(changed(files=["a" * 10]), *A_FILE, id="a file that is text"),
        pytest.param(changed(files=[[]]), *A_FILE, id="a file of nothing"),
        pytest.param(with_file(0, 7), *A_FILE, id="a number for a name"),
        pytest.param(with_file(2, 7.5), *A_FILE, id="half a place"),
        pytest.param(with_file(2, -1), *A_FILE, id="a place before the wheel"),
        pytest.param(with_file(4, 1 << 63), *A_FILE, id="a size beyond all"),
        pytest.param(with_file(4, True), *A_FILE, id="a size that is true"),
        pytest.param(with_file(8, "sha256=abc"), *A_FILE, id="a hash too short"),
        pytest.param(with_file(8, f"md5={'a' * 22}"), *A_FILE, id="a weak hash"),
        pytest.param(with_file(8, ""), *A_FILE, id="no hash, which would have it installed empty"),
        pytest.param(with_file(9, "yes"), *A_FILE, id="a word for a flag"),
    ],
)
def test_what_is_no_outline_is_told(line: bytes, where: str, expected: str) -> None:
    """A line that a bundle names, and that is no outline of its wheel, is a problem that says where."""
    with pytest.raises(BundleDamaged) as caught:
        read_outline(UMLAUT.filename, line)

    (problem,) = caught.value.problems
    document = f"outline of {UMLAUT.filename}"
    assert (problem.code, problem.where, problem.expected) == (
        "outline-invalid",
        f"{document}: {where}" if where else document,
        expected,
    )


def test_all_faults_of_all_outlines_are_told() -> None:
    """Each by its place; nobody has to mend one to hear of the next."""
    with pytest.raises(BundleDamaged) as caught:
        read_outlines({UMLAUT.filename: changed(data=1, files=[1, 2]), "b.whl": b"[]", "c.whl": b"{"})

    assert [problem.where.removeprefix("outline of ") for problem in caught.value.problems] == [
        *(f"{UMLAUT.filename}: {place}" for place in ("data", "files[0]", "files[1]")),
        *(f"b.whl: {key}" for key in ("format", "wheel", "dist-info", "data", "files")),
        "c.whl",
    ]
    assert {problem.hint for problem in caught.value.problems} == {"ask the bundle's maker for a new one"}


def places_in(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document, itself first."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places_in(each, *way, key)


def put(value: Any, way: tuple[Any, ...], new: object) -> Any:
    """A copy of a document with another value at the end of a way."""
    if not way:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(value[way[0]], way[1:], new)
    return copy


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def read(line: bytes) -> WheelContents | set[str]:
    """What the outline holds, or the codes of what is wrong with it."""
    try:
        return read_outline(UMLAUT.filename, line)
    except BundleDamaged as error:
        return {problem.code for problem in error.problems}


@given(way=st.sampled_from(list(places_in(json.loads(OUTLINE)))), value=VALUES)
def test_any_document_is_an_outline_or_told_to_be_none(way: tuple[Any, ...], value: object) -> None:
    """Whatever stands wherever in it: it is read, and says where its files go, or a problem; never a traceback."""
    found = read(json.dumps(put(json.loads(OUTLINE), way, value)).encode())
    if isinstance(found, set):
        assert found == {"outline-invalid"}
    else:
        place_contents(locked(UMLAUT), TARGET, found)
        assert read(outline_to_bytes(found)) == found


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
    path.write_bytes(OUTLINE + b"\n")
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
