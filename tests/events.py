"""What commands print under `--json`, read back."""

import json
from typing import Any


def events_of(output: str) -> list[dict[str, Any]]:
    """Every event, in its order; the result is the last, and there is one."""
    events: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    assert [event["event"] for event in events].index("result") == len(events) - 1
    return events


def result_of(output: str) -> dict[str, Any]:
    """The result."""
    *_, result = events_of(output)
    return {name: value for name, value in result.items() if name != "event"}


def warnings_of(output: str) -> list[str]:
    """The lines that should not be overlooked."""
    return [event["line"] for event in events_of(output) if event["event"] == "warning"]
