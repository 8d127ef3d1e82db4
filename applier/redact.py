"""What a report to a stranger must not tell, taken out of it: user, home, host, secrets. Pure.

One pass over the text with one pattern, longest alternative first, so that what was put in is not looked at again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HOME, USER, HOST, SECRET = "~", "<user>", "<host>", "<secret>"
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE|_PAT$|KEY(?!BOARD)|PROXY|INDEX_URL", re.IGNORECASE
)
_SHORTEST_SECRET = 4
"""A shorter value is part of too many words."""

# What is private whoever we are: somebody's home, and what stands before the @ of an address.
_ANY_HOME = r"(?P<before>(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2}|[A-Za-z]:/Users/))(?P<somebody>[^\s/\\:'\"<>]+)"
_CREDENTIALS = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<login>[^\s/@'\"<>]+)@"
_PLACEHOLDERS = f"(?P<done>{USER}|{HOST}|{SECRET})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What is known to be private on this machine; empty where not known."""

    home: str = ""
    user: str = ""
    host: str = ""
    secrets: tuple[str, ...] = ()


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the values of environment variables that are secret by their name, longest first."""
    found = {value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET}
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


def _spellings(path: str) -> Iterator[str]:
    """Give a path as it is, with doubled backslashes as `repr` has it, and with forward slashes."""
    yield from sorted({path, path.replace("\\", "\\\\"), path.replace("\\", "/")}, key=lambda text: -len(text))


def _word(text: str) -> str:
    """Match a name where it stands alone: "ann" is not in "annotated"."""
    return rf"(?<![^\W_]){re.escape(text)}(?![^\W_])"


def _pattern(private: Private) -> "re.Pattern[str]":
    home = private.home.rstrip("/\\")
    parts = [_PLACEHOLDERS]
    if private.secrets:
        parts.append(f"(?P<secret>{'|'.join(map(re.escape, private.secrets))})")
    parts.append(_CREDENTIALS)
    if home:
        parts.append(rf"(?P<home>(?:{'|'.join(map(re.escape, _spellings(home)))})(?![^\W_]))")
    parts.append(_ANY_HOME)
    if private.host:
        bare = private.host.partition(".")[0] or private.host
        parts.append(f"(?P<host>{_word(private.host)}|{_word(bare)})")
    if private.user:
        parts.append(f"(?P<user>{_word(private.user)})")
    return re.compile("|".join(parts), re.IGNORECASE)


def _replacement(match: "re.Match[str]") -> str:
    found = match.groupdict()
    if found.get("done"):
        return match[0]
    if found.get("scheme"):
        return f"{found['scheme']}{SECRET}@"
    if found.get("before"):
        return f"{found['before']}{USER}"
    for name, placeholder in (("secret", SECRET), ("home", HOME), ("host", HOST), ("user", USER)):
        if found.get(name):
            return placeholder
    return match[0]


def redact(value: Any, private: Private) -> Any:
    """Give a JSON-like value with everything private taken out of its texts, keys of mappings included."""
    pattern = _pattern(private)

    def clean(item: Any) -> Any:
        match item:
            case str():
                return pattern.sub(_replacement, item)
            case Mapping():
                return {clean(key): clean(inner) for key, inner in item.items()}
            case list() | tuple():
                return [clean(inner) for inner in item]
            case _:
                return item

    return clean(value)
