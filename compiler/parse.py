"""Strict reading of `manifest.toml`: every fault at once, each with its dotted path."""

import json
import re
import tomllib
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Problem
from locks.digest import sha256_of_bytes
from locks.lock import DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S
from locks.read import read_drop
from locks.table import Faults, Table
from locks.target import DEFAULT_FLOORS, PLATFORMS, PYTHONS, VARIANTS, Floor, parse_floor

from .errors import ManifestError
from .manifest import Manifest, OptionalGroup, Variant

_STACK_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def _fault_in_marker(requirement: Requirement) -> str | None:
    """Say why a marker that parses has no meaning: a version compared to a name, a variable of lock files."""
    try:
        if requirement.marker is not None:
            requirement.marker.evaluate({"extra": ""})
    except (ValueError, KeyError) as error:
        return str(error)
    return None


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https", "file")
    except ValueError:
        return False


def _read_requirements(table: Table) -> tuple[Requirement, ...]:
    found = []
    for key, text in table.numbered_texts("requirements", ()):
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            table.fault(key, expected="a PEP 508 requirement", found=str(error).replace("\n", " "))
            continue
        if fault := _fault_in_marker(requirement):
            table.fault(key, expected="a marker that can be evaluated", found=fault)
        if requirement.url:
            table.fault(
                key,
                expected="a name with versions",
                found=repr(text),
                hint="addresses cannot be locked for an offline machine; put the wheel in a find-links folder",
            )
        found.append(requirement)
    return tuple(found)


def _read_choices(table: Table, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen: list[str] = []
    for place, value in table.numbered_texts(key):
        if value not in known:
            table.fault(place, expected=f"one of {', '.join(known)}", found=repr(value))
        elif value in chosen:
            table.fault(place, expected="each once", found=f"{value!r} again")
        else:
            chosen.append(value)
    if table.peek(key) == []:
        table.fault(key, expected="at least one", found="none")
    return tuple(chosen)


def _read_floors(table: Table) -> dict[str, Floor]:
    floors = dict(DEFAULT_FLOORS)
    for name, default in DEFAULT_FLOORS.items():
        if name in table:
            floors[name] = table.parsed(name, parse_floor, expected="two numbers, as 2.28", fallback=default)
    for name in table:
        if name not in DEFAULT_FLOORS:
            table.fault(name, expected=f"one of {', '.join(DEFAULT_FLOORS)}", found="an unknown key")
    return floors


def _read_variant(name: str, table: Table) -> Variant:
    if name not in VARIANTS:
        table.faults.add(table.path, expected=f"one of {', '.join(VARIANTS)}", found=repr(name))
    index = table.text("index", "")
    from_index = frozenset(map(canonicalize_name, table.texts("from-index", ())))
    variant = Variant(name=name, requirements=_read_requirements(table), index=index or None, from_index=from_index)
    if index and not _is_address(index):
        table.fault("index", expected="an http, https or file address", found=repr(index))
    if bool(index) != bool(from_index):
        missing, present = ("from-index", "index") if index else ("index", "from-index")
        table.fault(missing, expected=f"a value beside {present!r}", found="nothing")
    table.done()
    return variant


def _read_optional(name: str, table: Table) -> OptionalGroup:
    group = OptionalGroup(name=name, requirements=_read_requirements(table))
    if not group.requirements:
        table.fault("requirements", expected="at least one requirement", found="none")
    table.done()
    return group


def _read_timeout(table: Table) -> int:
    timeout_s = table.number("timeout-s", DEFAULT_TIMEOUT_S)
    if timeout_s == 0 or timeout_s > MAX_TIMEOUT_S:
        table.fault("timeout-s", expected=f"1 to {MAX_TIMEOUT_S} seconds", found=str(timeout_s))
    return timeout_s


def _read_check(table: Table) -> Check:
    after = (table.text("after"),) if isinstance(table.peek("after"), str) else table.texts("after", ())
    needs = table.text("needs", "")
    if needs not in ("", "gpu"):
        table.fault("needs", expected="'gpu'", found=repr(needs))
    code = table.text("code")
    try:
        compile(code, "check", "exec")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        table.fault("code", expected="Python source", found=str(error))
    check = Check(
        name=table.text("name"),
        code=code,
        after=tuple(map(canonicalize_name, after)),
        needs_gpu=needs == "gpu",
        critical=table.flag("critical", default=True),
        timeout_s=_read_timeout(table),
    )
    table.done()
    return check


def _read_blacklist(table: Table) -> dict[NormalizedName, str]:
    return {canonicalize_name(name): table.text(name) for name in table}


def _parse(text: str, document: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(code="manifest-invalid", where=document, expected="TOML", found=str(error))
        raise ManifestError(problem) from None


def read_manifest(text: str, *, document: str = "manifest.toml") -> Manifest:
    """Read a manifest; `document` names it in problems.

    Raises:
        ManifestError: with every fault found.
    """
    content = _parse(text, document)
    faults = Faults(code="manifest-invalid", document=document)
    root = Table(content, path="", faults=faults)
    stack = root.table("stack", required=True)
    name = stack.text("name")
    if name and not _STACK_NAME.fullmatch(name):
        stack.fault("name", expected="lower-case letters, digits, '.', '_' and '-'", found=repr(name))
    variants = root.table("variants", required=True)
    optional = root.table("optional")
    manifest = Manifest(
        stack=name,
        version=stack.text("version"),
        pythons=_read_choices(stack, "python", PYTHONS),
        platforms=tuple(PLATFORMS[value] for value in _read_choices(stack, "platforms", tuple(PLATFORMS))),
        floors=_read_floors(stack.table("floors")),
        requirements=_read_requirements(stack),
        variants=tuple(_read_variant(key, variants.table(key)) for key in variants),
        blacklist=_read_blacklist(root.table("blacklist")),
        optional=tuple(_read_optional(key, optional.table(key)) for key in optional),
        drops=tuple(map(read_drop, root.tables("drop"))),
        checks=tuple(map(_read_check, root.tables("check"))),
        sha256=sha256_of_bytes(json.dumps(content, sort_keys=True, default=str).encode()),
    )
    if root.peek("variants") == {}:
        root.fault("variants", expected="at least one variant", found="none")
    stack.done()
    root.done()
    faults.raise_if_any(ManifestError)
    return manifest
