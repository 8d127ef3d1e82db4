"""The bundle's layout, owned by its reader: member names and `bundle.json`. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from locks.digest import is_sha256
from locks.pylock import WHEELS_FOLDER
from locks.table import Faults, Table, read_json_document

from ..errors import BundleDamaged

FORMAT = 1
CONTENTS = "bundle.json"
LOCK = "pylock.toml"
MAIN = "__main__.py"
REQUIREMENTS = "requirements.txt"
START_HERE = "START-HERE.txt"
RUNNER = "runner"


def wheel_member(filename: str) -> str:
    """Give the member name of a wheel; the same as its path in the lock."""
    return f"{WHEELS_FOLDER}/{filename}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the bundle."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What `bundle.json` says: every other member, and what the environment will take."""

    stack: str
    stack_version: str
    target: str
    """The target's name; the lock has the whole."""
    members: tuple[Member, ...]
    """Sorted by name, `bundle.json` itself left out."""
    installed_files: int
    installed_bytes: int
    longest_path: str
    """Longest path below the environment, as many systems cap the whole at 260 characters."""
    runner: tuple[tuple[str, str], ...]
    """Distributions the runner was made of, with versions."""


def contents_to_bytes(contents: Contents) -> bytes:
    """Write `bundle.json`; same contents, same bytes."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "stack": contents.stack,
        "stack-version": contents.stack_version,
        "target": contents.target,
        "installed-files": contents.installed_files,
        "installed-bytes": contents.installed_bytes,
        "longest-path": contents.longest_path,
        "runner": dict(contents.runner),
        "members": [
            {"name": member.name, "size": member.size_bytes, "sha256": member.sha256} for member in contents.members
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _read_members(tables: Iterable[Table]) -> tuple[Member, ...]:
    members = []
    for table in tables:
        member = Member(name=table.text("name"), size_bytes=table.number("size"), sha256=table.text("sha256"))
        if not is_sha256(member.sha256):
            table.fault("sha256", expected="64 lower-case hex digits", found=repr(member.sha256))
        table.done()
        members.append(member)
    return tuple(members)


def read_contents(data: bytes) -> Contents:
    """Read `bundle.json`.

    Raises:
        BundleDamaged: it is not valid, or of a newer format.
    """
    faults = Faults(code="bundle-contents-invalid", document=CONTENTS)
    table = read_json_document(
        data,
        faults=faults,
        newest_format=FORMAT,
        error=BundleDamaged,
        damaged_hint="copy the bundle again",
        newer_hint="start the bundle with its own runner",
    )
    contents = Contents(
        stack=table.text("stack"),
        stack_version=table.text("stack-version"),
        target=table.text("target"),
        members=_read_members(table.tables("members")),
        installed_files=table.number("installed-files"),
        installed_bytes=table.number("installed-bytes"),
        longest_path=table.text("longest-path", ""),
        runner=tuple(sorted(table.text_map("runner").items())),
    )
    table.done()
    faults.raise_if_any(BundleDamaged)
    return contents
