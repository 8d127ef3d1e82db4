"""The support report: what stands in it, and what never does."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from locks import Problem

from applier.errors import CheckFailed
from applier.redact import Private
from applier.report import Timeline, private_here, report_to_bytes
from tests.bundles import running_machine

PRIVATE = Private(home="/home/zebra", user="zebra", host="ws-17", secrets=("s3cr3t",))
ENVIRON = {"CUDA_VISIBLE_DEVICES": "0", "LD_LIBRARY_PATH": "/home/zebra/lib", "HF_TOKEN": "s3cr3t", "EDITOR": "vi"}


def ticking() -> Timeline:
    """A timeline whose clock goes on by a second with each look."""
    seconds: Iterator[int] = count()
    return Timeline(say=lambda line: None, clock=lambda: float(next(seconds)))


def report(error: BaseException | None = None, **more: Any) -> dict[str, Any]:
    """A report, read back."""
    timeline = ticking()
    timeline("checking bundle.zip")
    timeline("planning in /home/zebra/x")
    data = report_to_bytes(
        command="apply",
        timeline=timeline,
        machine=running_machine(),
        bundle={"name": "bundle.zip"},
        error=error,
        environ=ENVIRON,
        private=PRIVATE,
        **more,
    )
    assert b"zebra" not in data
    assert b"s3cr3t" not in data
    found: dict[str, Any] = json.loads(data)
    return found


def test_a_report_tells_machine_bundle_and_timeline() -> None:
    """What a vendor asks for first; every line of talk has its time."""
    found = report()

    assert (found["command"], found["outcome"], found["problems"]) == ("apply", "done", [])
    assert found["bundle"] == {"name": "bundle.zip"}
    assert found["machine"]["python"] == list(running_machine().python)
    assert found["timeline"] == [
        {"at-s": 1.0, "line": "checking bundle.zip"},
        {"at-s": 2.0, "line": "planning in ~/x"},
    ]
    assert found["seconds"] == 3.0


def test_only_variables_that_matter_are_told() -> None:
    """Those that steer CUDA and Python, without anything private in them."""
    assert report()["variables"] == {"CUDA_VISIBLE_DEVICES": "0", "LD_LIBRARY_PATH": "~/lib"}


def test_a_failure_tells_every_problem_and_the_exit_code() -> None:
    """What the user saw is in it, redacted."""
    problem = Problem(code="check-failed", where="torch", expected="the check to pass", found="zebra has no s3cr3t")
    found = report(CheckFailed(problem), checks=[{"name": "torch"}])

    assert (found["outcome"], found["exit-code"]) == ("CheckFailed", 5)
    assert found["problems"][0]["found"] == "<user> has no <secret>"
    assert found["checks"] == [{"name": "torch"}]


def test_a_bug_of_ours_is_told_with_its_traceback() -> None:
    """What is no error of ours helps us only with the place it came from."""
    try:
        raise ZeroDivisionError("in /home/zebra")
    except ZeroDivisionError as error:
        found = report(error)

    assert found["outcome"] == "ZeroDivisionError"
    assert found["traceback"][-1] == "ZeroDivisionError: in ~\n"
    assert report(KeyboardInterrupt())["outcome"] == "interrupted"


def test_a_timeline_passes_every_line_on() -> None:
    """The user sees what is noted."""
    said: list[str] = []
    timeline = Timeline(say=said.append)
    timeline("planning")

    assert said == ["planning"]


def test_what_is_private_here_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user, the home and the secrets of the process."""
    monkeypatch.setenv("LOGNAME", "zebra")
    monkeypatch.setenv("HOME", "/home/zebra")
    monkeypatch.setenv("USERPROFILE", "/home/zebra")
    monkeypatch.setenv("SOME_TOKEN", "s3cr3t")
    found = private_here()

    assert found.user == "zebra"
    assert found.home.replace("\\", "/") == "/home/zebra"
    assert "s3cr3t" in found.secrets
    assert found.host
