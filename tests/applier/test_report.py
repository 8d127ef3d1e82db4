"""The support report: what stands in it, and what never does."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from locks import Problem
from locks.progress import SILENT, Progress

from applier.errors import CheckFailed
from applier.redact import Private
from applier.report import Record, private_here, recorded, report_to_bytes
from tests.bundles import running_machine
from tests.reporters import Told

PRIVATE = Private(home="/home/zebra", user="zebra", host="ws-17", secrets=("s3cr3t",))
ENVIRON = {"CUDA_VISIBLE_DEVICES": "0", "LD_LIBRARY_PATH": "/home/zebra/lib", "HF_TOKEN": "s3cr3t", "EDITOR": "vi"}


def report(error: BaseException | None = None, **facts: Any) -> dict[str, Any]:
    """A report of a run whose clock goes on by a second with each look, read back."""
    seconds: Iterator[int] = count()
    record = Record(command="apply", reporter=SILENT, clock=lambda: float(next(seconds)), facts=facts)
    record.noted("checking bundle.zip")
    record.warned("planning in /home/zebra/x")
    data = report_to_bytes(record, error, environ=ENVIRON, private=PRIVATE)
    assert b"zebra" not in data
    assert b"s3cr3t" not in data
    found: dict[str, Any] = json.loads(data)
    return found


def test_a_report_tells_machine_bundle_and_timeline() -> None:
    """What a vendor asks for first; every line of talk has its time."""
    found = report(bundle="bundle.zip", machine=running_machine().to_dict())

    assert (found["command"], found["outcome"], found["problems"]) == ("apply", "done", [])
    assert found["bundle"] == "bundle.zip"
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


def test_a_report_is_left_however_a_run_ends(tmp_path: Path) -> None:
    """The talk goes on to the user, and the file tells how it ended."""
    told = Told()
    file = tmp_path / "report.json"

    def run() -> None:
        with recorded("apply", file, told) as record:
            record.noted("planning")
            record.started(Progress(phase="syncing"))
            record.facts["bundle"] = "b.zip"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    found = json.loads(file.read_bytes())

    assert (told.lines, told.phases) == (["planning", f"report written to {file}"], ["syncing"])
    assert (found["outcome"], found["bundle"]) == ("ZeroDivisionError", "b.zip")
    assert [entry["line"] for entry in found["timeline"]] == ["planning", "syncing"]


def test_a_report_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """It is told why; what the run did stands."""
    told = Told()
    with recorded("apply", tmp_path / "absent" / "report.json", told):
        pass
    with recorded("apply", None, told):
        pass

    assert told.warnings == [f"no report at {tmp_path / 'absent' / 'report.json'}: No such file or directory"]


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
