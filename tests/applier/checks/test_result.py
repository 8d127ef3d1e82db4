"""How checks end, and what is made of it."""

import pytest

from applier.checks.result import CheckResult, Outcome, refuse_failed
from applier.errors import CheckFailed


def test_every_failed_critical_check_is_told() -> None:
    """Failed critical checks refuse the environment, all of them; others do not."""
    results = [
        CheckResult(name=f"{outcome} {critical}", outcome=outcome, critical=critical, output="why")
        for outcome in ("passed", "failed", "skipped")
        for critical in (True, False)
    ]
    again = CheckResult(name="again", outcome="failed", critical=True, output="also")
    with pytest.raises(CheckFailed) as caught:
        refuse_failed([*results, again])

    assert [problem.where for problem in caught.value.problems] == ["failed True", "again"]
    assert str(caught.value.problems[0]) == (
        "check-failed: failed True: expected the check to pass, found why (send this output to the bundle's maker)"
    )


@pytest.mark.parametrize(
    ("outcome", "output", "line"),
    [
        ("passed", "2.5.1", "check passed: a"),
        ("skipped", "needs a GPU", "check skipped: a (needs a GPU)"),
        ("failed", "Traceback:\n  x = 1\nValueError", "check failed: a\n  Traceback:\n    x = 1\n  ValueError"),
    ],
)
def test_a_result_is_told_in_a_line_unless_its_output_has_more(outcome: Outcome, output: str, line: str) -> None:
    """What a check printed in many lines stands below its name, as it printed it."""
    assert CheckResult(name="a", outcome=outcome, critical=True, output=output).line() == line


def test_nothing_critical_failed_is_fine() -> None:
    """Skipped checks and failed ones that are not critical refuse nothing."""
    refuse_failed(
        [
            CheckResult(name="a", outcome="skipped", critical=True, output=""),
            CheckResult(name="b", outcome="failed", critical=False, output=""),
        ]
    )
