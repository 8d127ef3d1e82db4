"""The rules of entry_points.txt, as far as scripts are made of it: read strictly, so that a name is a name. Pure.

Source: entry points specification; its grammar is `configparser`'s without interpolation.
"""

import configparser
import keyword
import re
from collections import Counter
from collections.abc import Iterator

from ..framing import Fault

_SECTIONS = ("console_scripts", "gui_scripts")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_REFERENCE = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>[\w.]+)\s*(\[[\w\s,.-]*\])?", re.ASCII)


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in text.split("."))


def _is_reference(text: str) -> bool:
    match = _REFERENCE.fullmatch(text)
    return match is not None and _is_dotted(match["module"]) and _is_dotted(match["attribute"])


def _read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(text)
    return parser


def entry_point_faults(text: str, *, member: str) -> Iterator[Fault]:
    """Judge what scripts are made of; `member` is the file's name."""
    try:
        parser = _read(text)
    except configparser.Error as error:
        yield Fault(member, "sections of names and references", " ".join(error.message.split()))
        return
    if parser.defaults():  # they would be entries of every section
        yield Fault(member, "no default section", "one with entries")
    entries = [(name, parser[section][name]) for section in _SECTIONS if section in parser for name in parser[section]]
    for name, count in Counter(name for name, _ in entries).items():
        if count > 1:
            yield Fault(member, "one script of a name", f"{count} called {name!r}")
        if not _NAME.fullmatch(name):
            yield Fault(member, "a script's name of letters, digits, '_', '.' and '-'", repr(name))
    for name, reference in entries:
        if not _is_reference(reference):
            yield Fault(member, f"module:attribute for script {name!r}", repr(reference))
