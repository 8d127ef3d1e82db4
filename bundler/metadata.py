"""Do the wheels say what the lock says of them, and is their set complete? Judged by their own METADATA.

An index may give other METADATA than the wheel holds, and wheels have been published that lost their requirements.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, LockedWheel, Problem
from locks.completeness import judge_requirements
from locks.metadata import WheelMetadata, active_requirements, parse_metadata, parse_requirement

Extras = frozenset[NormalizedName]
_HINT = "the index told something else at compile time: compile again with --refresh"


def _extras_asked(lock: Lock) -> Mapping[NormalizedName, set[Extras]]:
    """Give the sets of extras with which each package is asked for; none at all is always among them."""
    asked: dict[NormalizedName, set[Extras]] = {wheel.name: {frozenset()} for wheel in lock.wheels}
    for line in (*lock.requirements, *(line for wheel in lock.wheels for line in wheel.requires)):
        requirement = parse_requirement(line)
        extras = frozenset(map(canonicalize_name, requirement.extras))
        asked.get(canonicalize_name(requirement.name), set()).add(extras)
    return asked


def _lines(lock: Lock, wheel: LockedWheel, metadata: WheelMetadata, asked: Iterable[Extras]) -> dict[str, Requirement]:
    """Give the wheel's requirements that hold on the target, those left out that the manifest cut."""
    cut = {drop.requires for drop in lock.drops if drop.package == wheel.name}
    environment = lock.target.environment()
    active = (line for extras in asked for line in active_requirements(metadata, environment, extras))
    return {str(line): line for line in active if canonicalize_name(line.name) not in cut}


def _judge_wheel(wheel: LockedWheel, found: Iterable[str]) -> Iterator[Problem]:
    lost, added = set(wheel.requires) - set(found), set(found) - set(wheel.requires)
    if lost or added:
        yield Problem(
            code="metadata-differs",
            where=wheel.filename,
            expected=f"the requirements that the lock has: {'; '.join(sorted(lost)) or 'no others'}",
            found=f"METADATA with {'; '.join(sorted(added)) or 'none of these'}",
            hint=_HINT,
        )


def judge_metadata(lock: Lock, read: Callable[[LockedWheel], bytes]) -> list[Problem]:
    """Hold every wheel's METADATA, which `read` gives, against the lock, and the set against all requirements in it."""
    asked = _extras_asked(lock)
    problems: list[Problem] = []
    askers = [("the manifest", parse_requirement(line)) for line in lock.requirements]
    for wheel in lock.wheels:
        try:
            metadata = parse_metadata(read(wheel), project=wheel.name)
            lines = _lines(lock, wheel, metadata, asked[wheel.name])
        except (ValueError, InvalidRequirement) as error:
            problems.append(_unreadable(wheel, error))
            continue
        problems += _judge_wheel(wheel, lines)
        askers += [(f"{wheel.name} {wheel.version}", line) for line in lines.values()]
    versions = {wheel.name: wheel.version for wheel in lock.wheels}
    return [*problems, *judge_requirements(versions, askers, hint=_HINT)]


def _unreadable(wheel: LockedWheel, error: Exception) -> Problem:
    return Problem(
        code="metadata-unreadable",
        where=wheel.filename,
        expected=f"METADATA of {wheel.name}",
        found=str(error),
        hint="report it to the wheel's maker",
    )
