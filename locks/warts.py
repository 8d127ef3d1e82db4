"""Warts of old metadata, and what they are read as. Pure.

What is mended is what uv mends, in uv's order, and nothing else. pip mends no requirement: since 24.1 it takes the
lines that `packaging` takes, passes over a release with any other, and reads an unreadable Requires-Python as none.

Source: uv, crates/uv-pypi-types/src/lenient_requirement.rs at 26a9dd4; pip, _internal/metadata/base.py and
_internal/resolution/resolvelib/candidates.py at 6d30920. uv's rule for a trailing comma is not needed, for
`packaging` takes that.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What a text with warts is read as."""

    text: str
    warts: tuple[str, ...]
    """What was mended, by name, in that order."""


# Name, what it looks like, what it is read as. Narrower than uv's where uv's would spoil a sound part: a project's name
# that ends in a digit (`oauth2>=1<2`), or a longer version (`>=1a1.05`). Each takes time in proportion to the text.
WARTS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("missing comma", re.compile(r"([<>=~!][^<>=~!,]*\d)(?=[<>=~^!])"), r"\1,"),
    ("tilde after !=", re.compile(r"!=~((?:\d\.)*\d)"), r"!=\1.*"),
    ("star after an inequality", re.compile(r"(<=|>=|<|>)\s*(\d+(?:\.\d+)*)\.\*(?![\w.])"), r"\1\2"),
    ("missing dot before a star", re.compile(r"(\d\.\d)\*"), r"\1.*"),
    ("no version but dev", re.compile(r">dev"), ">0.0.0dev"),
    ("zero after a pre-release", re.compile(r"(\d(?:a|b|rc|post|dev)\d+)\.0(?![\w.])"), r"\1"),
    ("stray quotes", re.compile(r"['\"]"), ""),
)


def _mend(text: str, parses: Callable[[str], bool]) -> Mended | None:
    if parses(text):
        return None
    versions, semicolon, marker = text.partition(";")  # a marker's quotes are no strays
    warts: list[str] = []
    for name, wart, sound in WARTS:
        mended = wart.sub(sound, versions)
        if mended != versions:
            versions = mended
            warts.append(name)
            if parses(whole := f"{versions}{semicolon}{marker}"):
                return Mended(text=whole, warts=tuple(warts))
    return None


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def mend_requirement(line: str) -> Mended | None:
    """Mend a line of Requires-Dist; None when it is sound, or past mending."""
    return _mend(line, _is_requirement)


def mend_specifier(text: str) -> Mended | None:
    """Mend a Requires-Python; None when it is sound, or past mending."""
    return _mend(text, _is_specifier)
