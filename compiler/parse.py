"""Strict reading of `manifest.toml`: every fault at once, each with its dotted path."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from locks import Problem
from locks.digest import sha256_of_bytes
from locks.lock import ORDINARY_INDEX
from locks.read import read_drop
from locks.table import Faults, Table
from locks.target import PLATFORMS, PYTHONS

from .errors import ManifestError
from .manifest import Manifest
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

_UNORDERED = ("requirements", "from-index", "allow", "undated")
STACK_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def _read_blacklist(table: Table) -> dict[NormalizedName, str]:
    return {canonicalize_name(name): table.text(name) for name in table}


def _without_order(value: Any) -> Any:
    """Give a document with the arrays sorted whose order means nothing."""
    if isinstance(value, dict):
        return {
            key: sorted(item, key=str) if key in _UNORDERED and isinstance(item, list) else _without_order(item)
            for key, item in value.items()
        }
    return [_without_order(item) for item in value] if isinstance(value, list) else value


def _digest_for(variant: str, content: Mapping[str, Any]) -> str:
    """Digest what the targets of `variant` follow from; which targets there are is none of it."""

    def without_axes(table: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in table.items() if key not in ("platforms", "python")}

    own = {"stack": without_axes(content["stack"]), "variants": {variant: without_axes(content["variants"][variant])}}
    document = _without_order({**content, **own})
    return sha256_of_bytes(json.dumps(document, sort_keys=True, default=str).encode())


def _parse(text: str, document: str) -> dict[str, Any]:
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
    digested = (replace(variant, sha256=_digest_for(variant.name, content)) for variant in manifest.variants)
    return replace(manifest, variants=tuple(digested))
