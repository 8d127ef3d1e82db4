"""How a check ended, and what follows from it. Values."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import Any, Literal

from locks import Problem

from ..errors import CheckFailed

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check ended."""

    name: str
    outcome: Outcome
    critical: bool
    output: str
    """The end of what the check printed, or why it was skipped."""

    @property
    def spoils(self) -> bool:
        """Say whether the environment is no good because of it."""
        return self.critical and self.outcome == "failed"

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping."""
        return asdict(self)

    def line(self) -> str:
        """Say in words how it ended, and why unless it passed."""
        head = f"check {self.outcome}: {self.name}"
        if self.outcome == "passed":
            return head
        return f"{head}\n{indent(self.output, '  ')}" if "\n" in self.output else f"{head} ({self.output})"


def refuse_failed(results: Iterable[CheckResult]) -> None:
    """Raise CheckFailed when a critical check failed, with every one that did."""
    problems = [
        Problem(
            code="check-failed",
            where=result.name,
            expected="the check to pass",
            found=result.output,
            hint="send this output to the bundle's maker",
        )
        for result in results
        if result.spoils
    ]
    if problems:
        raise CheckFailed(problems)
