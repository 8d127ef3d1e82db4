"""How checks end, and what is made of it."""

import pytest

from applier.checks.result import CheckResult, refuse_failed
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


def test_nothing_critical_failed_is_fine() -> None:
    """Skipped checks and failed ones that are not critical refuse nothing."""
    refuse_failed(
        [
            CheckResult(name="a", outcome="skipped", critical=True, output=""),
            CheckResult(name="b", outcome="failed", critical=False, output=""),
        ]
    )
