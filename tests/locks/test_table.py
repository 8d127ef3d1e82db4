"""Strict reading of tables: every fault, with its place, in one go."""

import datetime
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks import LockError
from locks.table import Faults, Table, read_json_document

Read = Callable[[Table], object]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
K_X = "doc: k.x: a string, 1"
READS: dict[str, Read] = {
    "text": lambda table: table.text("k"),
    "text or default": lambda table: table.text("k", "d"),
    "number": lambda table: table.number("k"),
    "number or default": lambda table: table.number("k", 7),
    "flag": lambda table: table.flag("k"),
    "flag or default": lambda table: table.flag("k", default=True),
    "texts": lambda table: table.texts("k"),
    "texts or default": lambda table: table.texts("k", ("d",)),
    "numbered texts": lambda table: list(table.numbered_texts("k")),
    "array": lambda table: table.array("k"),
    "table": lambda table: list(table.table("k")),
    "required table": lambda table: list(table.table("k", required=True)),
    "tables": lambda table: [list(inner) for inner in table.tables("k")],
    "text map": lambda table: table.text_map("k"),
    "parsed": lambda table: table.parsed("k", int, expected="a number in quotes", fallback=-1),
}


def read(values: Mapping[str, object], how: Read) -> tuple[object, list[str]]:
    """Give what `how` reads from `values`, and the faults as `place: expected, found`."""
    faults = Faults(code="demo", document="doc")
    value = how(Table(values, path="", faults=faults))
    return value, [f"{each.where}: {each.expected}, {each.found}" for each in faults.problems]


@pytest.mark.parametrize(
    ("how", "given_value", "value"),
    [
        ("text", "v", "v"),
        ("text or default", "", ""),
        ("text or default", "v", "v"),
        ("number", 0, 0),
        ("number", 12, 12),
        ("number or default", 0, 0),
        ("flag", False, False),
        ("flag or default", False, False),
        ("flag", True, True),
        ("array", [1, "a"], [1, "a"]),
        ("texts", [], ()),
        ("texts", ["b", "a"], ("b", "a")),
        ("texts or default", [], ()),
        ("table", {"x": 1}, ["x"]),
        ("required table", {}, []),
        ("tables", [{"x": 1}, {}], [["x"], []]),
        ("text map", {"x": "1", "y": "2"}, {"x": "1", "y": "2"}),
        ("parsed", "12", 12),
        ("numbered texts", ["b", "a"], [("k[0]", "b"), ("k[1]", "a")]),
    ],
)
def test_right_values_read_as_they_stand(how: str, given_value: object, value: object) -> None:
    """A value of the right type is returned, and nothing is held against the document."""
    assert read({"k": given_value}, READS[how]) == (value, [])


@pytest.mark.parametrize(
    ("how", "value", "faults"),
    [
        ("text", "", ["doc: k: a string, nothing"]),
        ("text or default", "d", []),
        ("number", 0, ["doc: k: a whole number, nothing"]),
        ("number or default", 7, []),
        ("flag", False, ["doc: k: true or false, nothing"]),
        ("flag or default", True, []),
        ("array", [], ["doc: k: an array, nothing"]),
        ("texts", (), ["doc: k: an array, nothing"]),
        ("texts or default", ("d",), []),
        ("table", [], []),
        ("required table", [], ["doc: k: a table, nothing"]),
        ("tables", [], []),
        ("text map", {}, []),
        ("parsed", -1, []),
        ("numbered texts", [], ["doc: k: an array, nothing"]),
    ],
)
@pytest.mark.parametrize("values", [{}, {"k": None}], ids=["absent", "null"])
def test_absent_values(values: Mapping[str, object], how: str, value: object, faults: list[str]) -> None:
    """What is absent, or null in JSON, reads as its default, and is one fault where there is none."""
    assert read(values, READS[how]) == (value, faults)


@pytest.mark.parametrize(
    ("how", "given_value", "value", "faults"),
    [
        ("text", "", "", ["doc: k: some text, ''"]),
        ("text", 5, "", ["doc: k: a string, 5"]),
        ("text", 1.5, "", ["doc: k: a string, 1.5"]),
        ("text", [], "", ["doc: k: a string, an array"]),
        ("text", datetime.date(2026, 1, 1), "", ["doc: k: a string, date"]),
        ("text or default", {}, "d", ["doc: k: a string, a table"]),
        ("number", "5", 0, ["doc: k: a whole number, '5'"]),
        ("number", 5.0, 0, ["doc: k: a whole number, 5.0"]),
        ("number", -1, -1, ["doc: k: zero or more, -1"]),
        ("number or default", [], 7, ["doc: k: a whole number, an array"]),
        ("flag", 1, False, ["doc: k: true or false, 1"]),
        ("flag or default", "yes", True, ["doc: k: true or false, 'yes'"]),
        ("array", "ab", [], ["doc: k: an array, 'ab'"]),
        ("texts", "ab", (), ["doc: k: an array, 'ab'"]),
        ("texts", ["a", 1, {}], ("a",), ["doc: k[1]: a string, 1", "doc: k[2]: a string, a table"]),
        ("numbered texts", [1, "a"], [("k[1]", "a")], ["doc: k[0]: a string, 1"]),
        ("table", [], [], ["doc: k: a table, an array"]),
        ("tables", {}, [], ["doc: k: an array, a table"]),
        ("tables", [{"x": 1}, 2], [["x"]], ["doc: k[1]: a table, 2"]),
        ("text map", {"x": 1, "y": "2", "z": ""}, {"x": "", "y": "2", "z": ""}, [K_X, "doc: k.z: some text, ''"]),
        ("text map", {"\x1b": 1}, {"\x1b": ""}, [r"doc: k.\x1b: a string, 1"]),
        ("parsed", 5, -1, ["doc: k: a string, 5"]),
        ("parsed", "five", -1, ["doc: k: a number in quotes, 'five'"]),
        ("parsed", "", -1, ["doc: k: a number in quotes, ''"]),
    ],
)
def test_wrong_values_are_faults(how: str, given_value: object, value: object, faults: list[str]) -> None:
    """A value of the wrong type is a fault that names it, and reads as an empty one or the default."""
    assert read({"k": given_value}, READS[how]) == (value, faults)


@pytest.mark.parametrize("how", ["number", "number or default"])
def test_truth_is_no_number(how: str) -> None:
    """`true` stands for no number, though Python thinks so."""
    assert len(read({"k": True}, READS[how])[1]) == 1


@given(st.sampled_from(sorted(READS)), VALUES)
def test_reading_never_raises(how: str, value: object) -> None:
    """Whatever a document holds, reading goes on, and every fault is named with its place."""
    _, faults = read({"k": value}, READS[how])

    assert all(fault.startswith(("doc: k: ", "doc: k.", "doc: k[")) for fault in faults)


def test_paths_are_dotted_from_the_top() -> None:
    """A fault deep inside is named by all tables and positions above it."""
    faults = Faults(code="demo", document="doc")
    table = Table({"a": {"b": [{}, {"c": 1}]}}, path="tool", faults=faults)

    for inner in table.table("a").tables("b"):
        inner.text("c")

    assert [problem.where for problem in faults.problems] == ["doc: tool.a.b[0].c", "doc: tool.a.b[1].c"]
    assert (table.at("x"), table.at(3), Table({}, path="", faults=faults).at("x")) == ("tool.x", "tool[3]", "x")


def test_table_can_be_looked_into() -> None:
    """Keys can be tested, listed and peeked at; a peek does not count as asking."""
    faults = Faults(code="demo", document="doc")
    table = Table({"a": 1, "b": [2]}, path="", faults=faults)

    assert ("a" in table, "c" in table, list(table)) == (True, False, ["a", "b"])
    assert (table.peek("b"), table.peek("c")) == ([2], None)
    table.done()
    assert [problem.where for problem in faults.problems] == ["doc: a", "doc: b"]


def test_done_reports_every_key_nobody_asked_for() -> None:
    """An unknown key is a fault with the known ones, and the nearest of them as a hint."""
    faults = Faults(code="demo", document="doc")
    table = Table({"verison": "1", "name": "n", "zzz": 0}, path="", faults=faults)
    table.text("name")
    table.text("version", "")
    table.done()

    assert [str(problem) for problem in faults.problems] == [
        "demo: doc: verison: expected one of name, version, found an unknown key (did you mean 'version'?)",
        "demo: doc: zzz: expected one of name, version, found an unknown key (remove it)",
    ]


def test_done_is_content_when_all_was_asked() -> None:
    """Asking for a key that is absent is no fault of the document."""
    faults = Faults(code="demo", document="doc")
    table = Table({"k": "v"}, path="", faults=faults)
    table.text("k")
    table.text("other", "")
    table.done()

    assert faults.problems == []


def test_faults_are_raised_together_or_not_at_all() -> None:
    """Without faults nothing is raised; otherwise one error carries all, the document's own included."""
    faults = Faults(code="demo", document="doc")
    faults.raise_if_any(LockError)
    faults.add("", expected="x", found="y")
    faults.add("a.b", expected="x", found="y", hint="z")

    with pytest.raises(LockError) as caught:
        faults.raise_if_any(LockError)
    assert str(caught.value) == "demo: doc: expected x, found y\ndemo: doc: a.b: expected x, found y (z)"


@pytest.mark.parametrize(
    "text",
    [
        '{"format": 1, "format": 1}',
        '{"format": 1, "a": {"b": 1, "b": 2}}',
        '{"format": 1, "a": [{"b": 1, "\\u0062": 1}]}',
    ],
)
def test_a_key_twice_in_json_is_refused(text: str) -> None:
    """Of two values of one key no reader may pick: the document is refused, at any depth and in any spelling."""
    faults = Faults(code="bad", document="doc")
    with pytest.raises(LockError, match="twice in one object"):
        read_json_document(
            text.encode(), faults=faults, newest_format=1, error=LockError, damaged_hint="again", newer_hint="newer"
        )
