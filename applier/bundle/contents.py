"""What a bundle holds, member by member, and `bundle.json`, which says so. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from locks import Lock
from locks.digest import is_sha256
from locks.table import Faults, Table, read_json_document

from ..errors import BundleDamaged
from .layout import CONTENTS, file_member, wheel_member

FORMAT = 1
MAX_SERIAL = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the bundle."""

    name: str
    size_bytes: int
    sha256: str
    outline_sha256: str = ""
    """Of a wheel, that of its outline; empty of others, and where the bundle's maker had none."""


def bulk_members(lock: Lock) -> tuple[Member, ...]:
    """Give every wheel and extra file of the lock, as the bundle holds it."""
    wheels = (
        Member(name=wheel_member(wheel.filename), size_bytes=wheel.size_bytes, sha256=wheel.sha256)
        for wheel in lock.wheels
    )
    files = (Member(name=file_member(file.path), size_bytes=file.size_bytes, sha256=file.sha256) for file in lock.files)
    return (*wheels, *files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an update leaves out, for the machine has it from an older bundle."""

    stack: str
    stack_version: str
    target: str
    lock_sha256: str
    """Digest of the older bundle's lock, by which it is known under any name."""
    wheels: tuple[Member, ...]
    """The wheels of the update's own lock that are not in it, under the names they would have."""

    @property
    def name(self) -> str:
        """The base in words."""
        return f"{self.stack} {self.stack_version} {self.target}"

    @property
    def size_bytes(self) -> int:
        """Bytes of the wheels that are left out."""
        return sum(wheel.size_bytes for wheel in self.wheels)


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
    serial: int = 0
    """Counts up from one release of the stack to the next, so that an older one is known for it; 0 for none."""
    source_bytes: int = 0
    """Bytes of Python source among the installed, which bytecode may be made of."""
    base: Base | None = None
    """None when everything is here."""

    @property
    def outlines(self) -> dict[str, str]:
        """Member name -> sha256 of the outline, of every wheel, wherever it is."""
        wheels = (*self.members, *(self.base.wheels if self.base else ()))
        return {wheel.name: wheel.outline_sha256 for wheel in wheels if wheel.outline_sha256}


def _members_to_list(members: Iterable[Member]) -> list[dict[str, Any]]:
    return [
        {
            "name": member.name,
            "size": member.size_bytes,
            "sha256": member.sha256,
            **({"outline-sha256": member.outline_sha256} if member.outline_sha256 else {}),
        }
        for member in members
    ]


def _base_to_dict(base: Base) -> dict[str, Any]:
    return {
        "stack": base.stack,
        "stack-version": base.stack_version,
        "target": base.target,
        "lock-sha256": base.lock_sha256,
        "wheels": _members_to_list(base.wheels),
    }


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
        **({"source-bytes": contents.source_bytes} if contents.source_bytes else {}),
        "runner": dict(contents.runner),
        **({"serial": contents.serial} if contents.serial else {}),
        **({"base": _base_to_dict(contents.base)} if contents.base else {}),
        "members": _members_to_list(contents.members),
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _read_digest(table: Table, key: str) -> str:
    sha256 = table.text(key)
    if not is_sha256(sha256):
        table.fault(key, expected="64 lower-case hex digits", found=repr(sha256))
    return sha256


def _read_serial(table: Table) -> int:
    serial = table.number("serial", 0)
    if serial > MAX_SERIAL:
        table.fault("serial", expected=f"at most {MAX_SERIAL}", found="a larger one")
    return serial


def _read_members(tables: Iterable[Table]) -> tuple[Member, ...]:
    members: dict[str, Member] = {}
    for table in tables:
        name = table.text("name")
        if name in members:
            table.fault("name", expected="a name of its own", found=repr(name))
        members[name] = Member(
            name=name,
            size_bytes=table.number("size"),
            sha256=_read_digest(table, "sha256"),
            outline_sha256=_read_digest(table, "outline-sha256") if "outline-sha256" in table else "",
        )
        table.done()
    return tuple(members.values())


def _read_base(table: Table) -> Base:
    base = Base(
        stack=table.text("stack"),
        stack_version=table.text("stack-version"),
        target=table.text("target"),
        lock_sha256=_read_digest(table, "lock-sha256"),
        wheels=_read_members(table.tables("wheels")),
    )
    table.done()
    return base


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
        newer_hint="start the bundle with the runner that came with it",
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
        serial=_read_serial(table),
        source_bytes=table.number("source-bytes", 0),
        base=_read_base(table.table("base")) if "base" in table else None,
    )
    table.done()
    faults.raise_if_any(BundleDamaged)
    return contents
