"""Strict reading of TOML and JSON tables.

Every fault is collected with its dotted path, so that a document is judged whole; the caller raises once at the
end. A faulty value reads as an empty one of the right type, which lets reading go on.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TypeVar

from .problem import Error, Problem, printable

_T = TypeVar("_T")
_NAMES = {str: "a string", int: "a whole number", bool: "true or false", list: "an array", dict: "a table"}


def _describe(value: object) -> str:
    kind = _NAMES.get(type(value), type(value).__name__)
    return f"{value!r}" if isinstance(value, str | int | float) else kind


class Faults:
    """Collects what is wrong with one document."""

    def __init__(self, *, code: str, document: str) -> None:
        self._code = code
        self.document = document
        self.problems: list[Problem] = []

    def add(self, path: str, *, expected: str, found: str, hint: str = "") -> None:
        """Note one fault at the dotted `path`."""
        where = printable(f"{self.document}: {path}" if path else self.document)  # a key may hold what it likes
        self.problems.append(Problem(code=self._code, where=where, expected=expected, found=found, hint=hint))

    def raise_if_any(self, error: type[Error]) -> None:
        """Raise `error` with all faults, if there are any."""
        if self.problems:
            raise error(self.problems)


class Table:
    """One table of a document, read key by key; `done` reports the keys that nobody asked for."""

    def __init__(self, values: Mapping[str, object], *, path: str, faults: Faults) -> None:
        self._values = values
        self._asked: set[str] = set()
        self.path = path
        self.faults = faults

    def at(self, key: str | int) -> str:
        """Give the dotted path of `key` in this table."""
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if self.path else key
        return f"{self.path}{step}"

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def fault(self, key: str, *, expected: str, found: str, hint: str = "") -> None:
        """Note that the value of `key` is wrong."""
        self.faults.add(self.at(key), expected=expected, found=found, hint=hint)

    def peek(self, key: str) -> object:
        """Look at a value that may be of several types, before reading it as the right one."""
        return self._values.get(key)

    def _value(self, key: str, kind: type[_T], default: _T | None) -> _T | None:
        self._asked.add(key)
        value = self._values.get(key)
        if value is None:
            if default is None:
                self.fault(key, expected=_NAMES[kind], found="nothing")
            return default
        # NOTE: bool is a subclass of int, but `true` is no number in TOML or JSON.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, expected=_NAMES[kind], found=_describe(value))
            return default
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Read a string; required, and then not empty, unless a default is given."""
        value = self._value(key, str, default)
        if value == "" and default is None:
            self.fault(key, expected="some text", found="''")
        return value or ""

    def number(self, key: str, default: int | None = None) -> int:
        """Read a whole number of zero or more; required unless a default is given."""
        value = self._value(key, int, default) or 0
        if value < 0:
            self.fault(key, expected="zero or more", found=str(value))
        return value

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Read a boolean; required unless a default is given."""
        return bool(self._value(key, bool, default))

    def day(self, key: str) -> date | None:
        """Read a TOML date, or a string that is one (2026-11-30); None when absent."""
        self._asked.add(key)
        value = self._values.get(key)
        if isinstance(value, datetime) or not isinstance(value, date | str | None):
            self.fault(key, expected="a date, as 2026-11-30", found=_describe(value))
            return None
        if not isinstance(value, str):
            return value
        return self.parsed(key, date.fromisoformat, expected="a date, as 2026-11-30", fallback=None)

    def numbered_texts(self, key: str, default: tuple[str, ...] | None = None) -> Iterator[tuple[str, str]]:
        """Read an array of strings, each with the key that names it; required unless a default is given."""
        for position, value in enumerate(self._value(key, list, None if default is None else list(default)) or []):
            if isinstance(value, str):
                yield f"{key}[{position}]", value
            else:
                self.fault(f"{key}[{position}]", expected="a string", found=_describe(value))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Read an array of strings; required unless a default is given."""
        return tuple(value for _, value in self.numbered_texts(key, default))

    def table(self, key: str, *, required: bool = False) -> "Table":
        """Read a table; absent reads as empty unless required."""
        values = self._value(key, dict, None if required else {}) or {}
        return Table(values, path=self.at(key), faults=self.faults)

    def array(self, key: str) -> list[object]:
        """Read an array of whatever it holds; required."""
        return self._value(key, list, None) or []

    def tables(self, key: str) -> tuple["Table", ...]:
        """Read an array of tables; absent reads as empty."""
        found = []
        for position, value in enumerate(self._value(key, list, []) or []):
            path = f"{self.at(key)}[{position}]"
            if isinstance(value, dict):
                found.append(Table(value, path=path, faults=self.faults))
            else:
                self.faults.add(path, expected="a table", found=_describe(value))
        return tuple(found)

    def text_map(self, key: str) -> dict[str, str]:
        """Read a table whose values are all strings; absent reads as empty."""
        inner = self.table(key)
        return {name: inner.text(name) for name in inner}

    def parsed(self, key: str, parse: Callable[[str], _T], *, expected: str, fallback: _T) -> _T:
        """Read a string and convert it with `parse`, whose ValueError becomes a fault; absent reads as `fallback`."""
        text = self._value(key, str, "")
        if text is None or not isinstance(self.peek(key), str):
            return fallback
        try:
            return parse(text)
        except ValueError:
            self.fault(key, expected=expected, found=repr(text))
            return fallback

    def done(self) -> None:
        """Report every key that was never asked for, each with the nearest known one."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "remove it"
                self.fault(key, expected=f"one of {', '.join(sorted(self._asked))}", found="an unknown key", hint=hint)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a JSON object; of two values of one key, each reader may take another."""
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} twice in one object")
    return values


def read_json_document(
    data: bytes, *, faults: Faults, newest_format: int, error: type[Error], damaged_hint: str, newer_hint: str
) -> Table:
    """Open one of our JSON documents, whose `format` tells which version it is; what is in it is the caller's.

    Raises:
        error: it is no JSON, has a key twice, or is of a newer format than we read.
    """
    try:
        document = json.loads(data, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as problem:
        faults.add("", expected="JSON", found=str(problem), hint=damaged_hint)
        raise error(faults.problems) from None
    table = Table(document if isinstance(document, dict) else {}, path="", faults=faults)
    if table.number("format") > newest_format:
        table.fault("format", expected=f"at most {newest_format}", found="a newer one", hint=newer_hint)
        raise error(faults.problems)
    return table
