"""Strict reading of `manifest.toml`: every fault at once, each with its dotted path."""

import re
import tomllib
from dataclasses import replace
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from locks import Problem
from locks.digest import manifest_sha256
from locks.lock import ORDINARY_INDEX
from locks.read import read_drop
from locks.table import Faults, Table
from locks.target import PLATFORMS, PYTHONS

from ..errors import ManifestError
from .model import Manifest
from .sections import (
    read_age,
    read_check,
    read_choices,
    read_cutoff,
    read_file_patterns,
    read_floors,
    read_optional,
    read_requirements,
    read_variant,
)

STACK_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def _read_blacklist(table: Table) -> dict[NormalizedName, str]:
    return {canonicalize_name(name): table.text(name) for name in table}


def _parse(text: str, document: str) -> dict[str, Any]:
    def refuse(expected: str, found: str, hint: str) -> ManifestError:
        problem = Problem(code="manifest-invalid", where=document, expected=expected, found=found, hint=hint)
        return ManifestError(problem)

    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        is_list = document.endswith((".txt", ".in"))
        hint = f"`venvault init {document}` makes a manifest of requirements" if is_list else ""
        raise refuse("TOML", str(error), hint) from None
    if "lock-version" in content and "stack" not in content:
        hint = "name the manifest that it comes from; `venvault bundle LOCK` makes a bundle of a lock"
        raise refuse("a manifest", "a lock, which is no manifest", hint)
    return content


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
    if name and not STACK_NAME.fullmatch(name):
        stack.fault("name", expected="lower-case letters, digits, '.', '_' and '-'", found=repr(name))
    variants = root.table("variants", required=True)
    optional = root.table("optional")
    version = stack.text("version")
    pythons = read_choices(stack, "python", PYTHONS)
    platforms = read_choices(stack, "platforms", tuple(PLATFORMS))
    manifest = Manifest(
        stack=name,
        version=version,
        pythons=pythons,
        platforms=tuple(PLATFORMS[value] for value in platforms),
        floors=read_floors(stack.table("floors")),
        requirements=read_requirements(stack),
        variants=tuple(
            read_variant(key, variants.table(key), platforms=platforms, pythons=pythons) for key in variants
        ),
        blacklist=_read_blacklist(root.table("blacklist")),
        optional=tuple(read_optional(key, optional.table(key)) for key in optional),
        drops=tuple(map(read_drop, root.tables("drop"))),
        checks=tuple(map(read_check, root.tables("check"))),
        file_patterns=read_file_patterns(root.table("files")),
        age=read_age(root.table("age")),
        cutoff=read_cutoff(root.table("exclude-newer"), aliases=(ORDINARY_INDEX, *variants)),
    )
    if root.peek("variants") == {}:
        root.fault("variants", expected="at least one variant", found="none")
    stack.done()
    root.done()
    faults.raise_if_any(ManifestError)
    digested = (replace(variant, sha256=manifest_sha256(content, variant.name)) for variant in manifest.variants)
    return replace(manifest, variants=tuple(digested))
