"""Every problem code has its words, and nothing else has."""

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

from locks.codes import explanations
from locks.codes.cli import explain_command

from tests.pages import PROBLEMS, problems_page
from tests.problem_codes import raised_codes


def test_no_code_is_hidden_from_the_syntax_trees() -> None:
    """Wherever a code is given, the text tells which; else the next test would miss some."""
    codes, untold = raised_codes()

    assert untold == []
    assert codes["entry-points-invalid"] == {"applier/wheels/judge.py"}
    assert codes["only-yanked"] == {"compiler/solving/deadlock.py"}


def test_the_catalogue_has_every_code_that_is_raised_and_no_other() -> None:
    """A code that is new is explained, one that went is forgotten."""
    codes, _ = raised_codes()

    assert sorted(codes.keys() - explanations().keys()) == []
    assert sorted(explanations().keys() - codes.keys()) == []


@pytest.mark.parametrize("code", explanations())
def test_every_code_has_plain_words(code: str) -> None:
    """What, why and what to do are sentences, and the example is a problem of that code."""
    item = explanations()[code]

    for text in (item.what, item.why, item.do):
        assert text.endswith(".")
        assert text.isprintable()
        assert text[0] == text[0].upper() or text.startswith(("pip", "git", "torch"))
    assert item.example.code == code
    assert item.example.where
    assert item.example.found
    assert item.do != "Nothing." or not item.example.expected


def test_the_page_is_what_the_code_says() -> None:
    """`locks/PROBLEMS.md` is generated: `python -m tests.pages` writes it anew."""
    assert PROBLEMS.read_text("utf-8") == problems_page()


def test_explain_tells_one_code_and_takes_it_as_it_is_printed() -> None:
    """`explain error[check-failed]` is as good as `explain check-failed`."""
    plain, pasted = (CliRunner().invoke(explain_command, [code]) for code in ("check-failed", "error[check-failed]"))

    assert plain.exit_code == 0
    assert plain.output == pasted.output
    assert plain.output.startswith("check-failed\n  what: The new environment is complete")
    assert "    error[check-failed] " in plain.output


def test_explain_lists_all() -> None:
    """Without a code every one has a line, in the alphabet's order, or a key."""
    lines = CliRunner().invoke(explain_command, []).output.splitlines()
    document = json.loads(CliRunner().invoke(explain_command, ["--json"]).output)

    assert [line.split()[0] for line in lines] == list(explanations()) == list(document["codes"])
    assert all(before < after for before, after in pairwise(explanations()))


def test_explain_gives_one_code_to_machines() -> None:
    """`--json` has the four parts under their names."""
    document = json.loads(CliRunner().invoke(explain_command, ["check-failed", "--json"]).output)

    assert document.keys() == {"event", "ok", "what", "why", "do", "example"}
    assert document["example"]["code"] == "check-failed"


@pytest.mark.parametrize(
    ("code", "told"),
    [("chek-failed", "did you mean check-failed"), ("zzz", "without CODE, explain lists them all")],
)
def test_explain_helps_who_misspells(code: str, told: str) -> None:
    """A code that is none is wrong usage, and the nearest ones are named."""
    result = CliRunner().invoke(explain_command, [code])

    assert result.exit_code == 2
    assert told in result.output
