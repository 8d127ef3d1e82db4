"""What a wheel's METADATA says of what it requires. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import cast

from packaging.markers import Environment
from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from .warts import Mended, mend_requirement

# Half of all requirement lines are for an extra nobody asked for, and parsing them is most of the work.
_ONLY_FOR_AN_EXTRA = re.compile(r""";\s*extra\s*==\s*(['"])[^'"]+\1\s*$""")

_MAX_LICENCE_NAME = 100
"""Characters; what is longer is the licence's text."""
_MAX_LINE = 4000
"""Characters of a requirement line; Python makes no number of more than 4300 digits."""
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n\s*")


class MendedRequirement(Requirement):
    """A requirement whose line had warts."""

    __slots__ = ("line", "mended")

    def __init__(self, line: str, mended: Mended) -> None:
        super().__init__(mended.text)
        self.line = line
        self.mended = mended


class Unbearable(InvalidRequirement):
    """A requirement line that Python itself gives up on, at once or when its versions are compared."""


def parse_strictly(line: str) -> Requirement:
    """Parse a requirement line as it stands.

    Raises:
        InvalidRequirement: it cannot be read.
    """
    if len(line) > _MAX_LINE:
        raise Unbearable(f"a line of {len(line)} characters")
    try:
        return Requirement(line)
    except RecursionError:
        raise Unbearable("a marker too deep to read") from None


@cache
def parse_requirement(line: str) -> Requirement:
    """Parse a requirement line, mended where it must be; the releases of a project repeat most of theirs.

    Raises:
        InvalidRequirement: it cannot be read.
    """
    try:
        return parse_strictly(line)
    except Unbearable:
        raise
    except InvalidRequirement as error:
        if mended := mend_requirement(line):
            return MendedRequirement(line, mended)
        raise InvalidRequirement(f"{line!r}: {str(error).splitlines()[0]}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelMetadata:
    """The part of one wheel's metadata that the resolver reads."""

    requires_dist: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...] = ()
    """Those it offers, as it spells them."""
    licence: str = ""
    """An SPDX expression, or the words it has instead; empty when it tells none."""


def _licence(raw: RawMetadata) -> str:
    """Choose the best of three places: the expression (PEP 639), the classifiers, a field that is no whole text."""
    if expression := raw.get("license_expression"):
        return expression
    prefix = "License :: "
    classified = [line.rpartition(" :: ")[2] for line in raw.get("classifiers", []) if line.startswith(prefix)]
    named = [name for name in classified if name != "OSI Approved"]
    field = (raw.get("license") or "").strip()
    return " AND ".join(sorted(named)) or (field if len(field) <= _MAX_LICENCE_NAME and "\n" not in field else "")


def _unfold(line: str) -> str:
    return _FOLD.sub(" ", line.strip())


def parse_metadata(data: bytes, *, project: NormalizedName) -> WheelMetadata:
    """Read METADATA, which must be that of `project`; of a field that stands there twice the first counts.

    Raises ValueError when it is another project's, or no METADATA.
    """
    # The description after the headers says nothing here, and a nested multipart one would exhaust the stack.
    raw, odd = parse_email(_END_OF_HEADERS.split(data, maxsplit=1)[0] + b"\n\n")
    name = raw.get("name") or next(iter(odd.get("name", [])), "")
    if canonicalize_name(name.strip()) != project:
        raise ValueError(f"METADATA of {name!r}" if name else "no METADATA")
    # What is in no encoding is among the odd ones, and must not go missing: it is read as far as it can be.
    requires_python = raw.get("requires_python") or next(iter(odd.get("requires-python", [])), None)
    return WheelMetadata(
        requires_dist=tuple(map(_unfold, raw.get("requires_dist") or odd.get("requires-dist", []))),
        requires_python=requires_python and _unfold(requires_python),
        extras=tuple(raw.get("provides_extra", [])),
        licence=_licence(raw),
    )


def applies(requirement: Requirement, environment: Environment, extras: frozenset[str]) -> bool:
    """Say whether `requirement` holds in `environment` when its owner was asked for with `extras`.

    Raises:
        InvalidRequirement: its marker has no meaning.
    """
    marker = requirement.marker
    if marker is None:
        return True
    values = cast("dict[str, str]", environment)
    try:
        return any(marker.evaluate({**values, "extra": extra}) for extra in sorted(extras) or [""])
    except (ValueError, KeyError) as error:  # it parses, but compares what cannot be compared
        raise InvalidRequirement(f"{requirement}: {error}") from None


def active_requirements(
    metadata: WheelMetadata, environment: Environment, extras: frozenset[str]
) -> Iterator[Requirement]:
    """Give the requirements that hold, in the metadata's order.

    Raises:
        InvalidRequirement: a line that might hold cannot be read.
    """
    for line in metadata.requires_dist:
        if extras or not _ONLY_FOR_AN_EXTRA.search(line):
            requirement = parse_requirement(line)
            if applies(requirement, environment, extras):
                yield requirement
