"""Problems and the errors that carry them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks import Error, ExitCode, IndexUnavailable, LockError, Problem
from locks.problem import printable

BARE = Problem(code="lock-invalid", where="a.toml: name", expected="a string", found="5")
HINTED = Problem(code="clash", where="b", expected="one", found="two", hint="remove one")


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        pytest.param(BARE, "lock-invalid: a.toml: name: expected a string, found 5", id="without a hint"),
        pytest.param(HINTED, "clash: b: expected one, found two (remove one)", id="with a hint"),
    ],
)
def test_problem_is_one_sentence(problem: Problem, sentence: str) -> None:
    """A problem reads as code, place, expectation and finding; a hint follows in brackets."""
    assert str(problem) == sentence


def test_problem_gives_its_fields_for_json() -> None:
    """All five fields are strings under their own names, the empty hint too."""
    assert BARE.to_dict() == {
        "code": "lock-invalid",
        "where": "a.toml: name",
        "expected": "a string",
        "found": "5",
        "hint": "",
    }


@pytest.mark.parametrize(
    ("problems", "carried"),
    [
        pytest.param(BARE, (BARE,), id="one"),
        pytest.param([BARE, HINTED], (BARE, HINTED), id="a list"),
        pytest.param(iter([HINTED, BARE]), (HINTED, BARE), id="an iterator"),
    ],
)
def test_error_carries_every_problem(problems: Problem | list[Problem], carried: tuple[Problem, ...]) -> None:
    """An error keeps its problems in order and says one line for each."""
    error = Error(problems)

    assert error.problems == carried
    assert str(error) == "\n".join(str(problem) for problem in carried)


def test_exit_codes_are_the_documented_numbers() -> None:
    """Scripts rely on these numbers: they never move."""
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "REFUSED": 1,
        "USAGE": 2,
        "DAMAGED": 3,
        "UNFIT": 4,
        "CHECK_FAILED": 5,
    }


@pytest.mark.parametrize("kind", [Error, LockError, IndexUnavailable])
def test_our_errors_refuse(kind: type[Error]) -> None:
    """What this package raises is under the one root and ends in exit code 1."""
    assert issubclass(kind, Error)
    assert kind(BARE).exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("größe 漢", "größe 漢", id="printable"),
        pytest.param("a\x1b[2J\n漢", r"a\x1b[2J\n漢", id="moves the cursor"),
        pytest.param("C:\\a'b\x00", r"C:\a'b\x00", id="a path of Windows'"),
        pytest.param("\udcff\u202e", r"\udcff\u202e", id="no text, and a change of direction"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    """And nothing else is."""
    assert printable(text) == shown


@given(st.text())
def test_whatever_is_said_is_printable(text: str) -> None:
    """What can be seen stays as it is."""
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable()
