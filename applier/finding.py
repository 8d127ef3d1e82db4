"""What preflight found, one thing each: fine, to be known, or in the way. Values; `refuse` makes errors of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from locks import Error, Problem
from locks.problem import printable

from .errors import ApplyRefused, BundleDamaged, MachineUnfit

Level = Literal["ok", "warn", "stop"]
About = Literal["bundle", "machine", "place", "room"]
"""What a finding is about; "room" is what only a new environment needs."""
# The gravest first: a damaged bundle is told before the machine it may not fit.
_ERRORS: dict[About, type[Error]] = {
    "bundle": BundleDamaged,
    "machine": MachineUnfit,
    "place": ApplyRefused,
    "room": ApplyRefused,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    about: About
    code: str
    """Kebab-case and stable: scripts may match on it."""
    what: str
    """What was looked at, in words: a GPU's name, "free space"."""
    found: str
    expected: str = ""
    """What was needed instead; empty unless the level is "stop"."""
    hint: str = ""
    """What the reader can do."""

    def __str__(self) -> str:
        expected = f"; needed: {self.expected}" if self.expected else ""
        hint = f" ({self.hint})" if self.hint else ""
        line = f"{self.level:4}  {self.code}  {self.what}: {self.found}{expected}{hint}"
        return printable(line)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping."""
        return asdict(self)

    def to_problem(self) -> Problem:
        """Give what stops as a problem."""
        return Problem(code=self.code, where=self.what, expected=self.expected, found=self.found, hint=self.hint)


def ok(about: About, *, code: str, what: str, found: str) -> Finding:
    """Give what is fine."""
    return Finding(level="ok", about=about, code=code, what=what, found=found)


def warn(about: About, *, code: str, what: str, found: str, hint: str) -> Finding:
    """Give what should be known, and is in nobody's way."""
    return Finding(level="warn", about=about, code=code, what=what, found=found, hint=hint)


def stop(about: About, problem: Problem) -> Finding:
    """Give a problem as a finding that stops."""
    return Finding(
        level="stop",
        about=about,
        code=problem.code,
        what=problem.where,
        found=problem.found,
        expected=problem.expected,
        hint=problem.hint,
    )


def error_of(findings: Iterable[Finding]) -> Error | None:
    """Give the error that all which stops amounts to, of the gravest kind among them; None when nothing stops."""
    stops = [finding for finding in findings if finding.level == "stop"]
    for about, error in _ERRORS.items():
        if any(finding.about == about for finding in stops):
            return error(finding.to_problem() for finding in stops)
    return None


def refuse(findings: Iterable[Finding]) -> None:
    """Raise when something stops.

    Raises:
        BundleDamaged, MachineUnfit, ApplyRefused: with all that stops, whatever its kind.
    """
    if error := error_of(findings):
        raise error
