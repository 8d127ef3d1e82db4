"""The rules of fit: the target accepts the wheel's tags, the wheel accepts the target's Python. Pure."""

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, parse_tag

from locks import LockedWheel, Target

from ..framing import Fault


def _admits(requires_python: str, target: Target) -> bool:
    """Say whether it admits the target's Python; one that cannot be read admits all, as pip has it."""
    try:
        return SpecifierSet(requires_python).contains(target.environment()["python_full_version"])
    except ValueError:  # InvalidSpecifier, or a number of more digits than Python takes
        return True


def python_faults(requires_python: str, target: Target, *, member: str) -> Iterator[Fault]:
    """Judge the Requires-Python of METADATA."""
    if not _admits(requires_python, target):
        yield Fault(member, f"a Requires-Python that admits {target.python}", repr(requires_python))


def tag_faults(wheel: LockedWheel, target: Target, tags: frozenset[Tag]) -> Iterator[Fault]:
    """Judge the tags in the file name; `tags` are the target's."""
    found = "-".join(wheel.filename.removesuffix(".whl").split("-")[-3:])
    if not parse_tag(found) & tags:
        yield Fault("", f"a wheel for {target}", repr(found))
