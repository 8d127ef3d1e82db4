"""One PEP 508 line read strictly, whatever document it stands in."""

import re
from collections.abc import Callable, Iterable

from packaging.requirements import InvalidRequirement, Requirement

from locks.metadata import parse_strictly

Fault = Callable[..., None]
"""Takes `expected`, `found` and perhaps `hint`, as `Faults.add` does after its path."""

_ORDER = ("===", "==", "~=", ">=", ">", "<", "<=", "!=")
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


def without_credentials(text: str) -> str:
    """Take user names and passwords out of the addresses in a line."""
    return _CREDENTIALS.sub("", text)


def line_of(requirement: Requirement) -> str:
    """Write a requirement as a person would: lower bounds first, exclusions last."""
    specifiers = sorted(requirement.specifier, key=lambda item: (_ORDER.index(item.operator), item.version))
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{','.join(map(str, specifiers))}{marker}"


def distinct(lines: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Give each line once, by its text; of those that are spelled apart and say the same, the alphabet's first."""
    return tuple(dict.fromkeys(sorted(lines, key=str)))


def _fault_in_marker(requirement: Requirement) -> str | None:
    """Say why a marker that parses has no meaning: a version compared to a name, a variable of lock files."""
    try:
        if requirement.marker is not None:
            requirement.marker.evaluate({"extra": ""})
    except (ValueError, KeyError) as error:
        return str(error)
    return None


def read_requirement(text: str, fault: Fault) -> Requirement | None:
    """Read one requirement; an address is a fault, because an offline machine cannot reach it."""
    try:
        requirement = parse_strictly(text)
    except InvalidRequirement as error:
        said = " ".join(part.strip() for part in str(error).splitlines()[:2])  # the third line points with a caret
        fault(expected="a PEP 508 requirement", found=without_credentials(said))
        return None
    if wrong := _fault_in_marker(requirement):
        fault(expected="a marker that can be evaluated", found=wrong)
    if requirement.url:
        fault(
            expected="a name with versions",
            found=repr(without_credentials(text)),
            hint="addresses cannot be locked for an offline machine; put the wheel in a find-links folder",
        )
    return requirement
