"""Findings, and the errors that come of those that stop."""

from dataclasses import replace

import pytest

from locks import ExitCode, Problem

from applier.errors import ApplyRefused, BundleDamaged, MachineUnfit
from applier.finding import About, Finding, error_of, refuse, stop

PROBLEM = Problem(code="a-code", where="a thing", expected="this", found="that", hint="do so")
FINE = Finding(level="ok", about="place", code="fine", what="it", found="good")
WARNED = Finding(level="warn", about="machine", code="odd", what="it", found="odd", hint="look")


def test_a_finding_is_a_line() -> None:
    """Level, code, what was looked at, what was found, what was needed, what to do."""
    assert str(FINE) == "ok    fine  it: good"
    assert str(WARNED) == "warn  odd  it: odd (look)"
    assert str(stop("place", PROBLEM)) == "stop  a-code  a thing: that; needed: this (do so)"


def test_a_line_is_one_line_whatever_was_found() -> None:
    """Names that were found may hold anything: what does not print is escaped."""
    assert str(replace(FINE, found="a\nb\x1b[31m é")) == "ok    fine  it: a\\nb\\x1b[31m é"


def test_a_problem_comes_back_as_it_went_in() -> None:
    """What stops is a problem, word for word."""
    assert stop("machine", PROBLEM).to_problem() == PROBLEM


@pytest.mark.parametrize(
    ("abouts", "error"),
    [
        pytest.param(["place"], ApplyRefused, id="place"),
        pytest.param(["place", "machine"], MachineUnfit, id="the machine before the place"),
        pytest.param(["machine", "place", "bundle"], BundleDamaged, id="the bundle before all"),
    ],
)
def test_the_gravest_kind_gives_the_exit_code(abouts: list[About], error: type[Exception]) -> None:
    """All that stops is in one error, in the order found; fine things and warnings are not."""
    findings = [FINE, *(stop(about, PROBLEM) for about in abouts), WARNED]

    with pytest.raises(error) as caught:
        refuse(findings)
    assert getattr(caught.value, "problems", None) == (PROBLEM,) * len(abouts)


def test_nothing_that_stops_is_no_error() -> None:
    """Warnings let it go on."""
    assert error_of([FINE, WARNED]) is None
    refuse([FINE, WARNED])
    assert error_of([stop("machine", PROBLEM)]).exit_code == ExitCode.UNFIT  # type: ignore[union-attr]
