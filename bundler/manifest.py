"""The manifest beside a lock, as far as `bundle` needs it: does the lock follow from it, where are its indexes. Pure.

The lock itself holds no address. Nothing here judges the manifest; `compile` does that.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from locks import Lock, Problem
from locks.digest import manifest_sha256
from locks.lock import ORDINARY_INDEX

_CHECK = "run venvault compile; venvault compile --check says what moved"


def parse_manifest(text: str) -> Mapping[str, Any] | None:
    """Give the tables of a manifest; None when the text is none."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    stack, variants = content.get("stack"), content.get("variants")
    if not (isinstance(stack, dict) and isinstance(variants, dict)):
        return None
    return content if all(isinstance(table, dict) for table in variants.values()) else None


def judge_lock(lock: Lock, manifest: Mapping[str, Any] | None, *, where: str) -> list[Problem]:
    """Say whether `lock` is what `compile` made of `manifest` as it is now; None stands for one that cannot be read."""
    variant = lock.target.variant
    if manifest is None:
        expected, found = "a manifest beside the lock that can be read", "one that cannot"
    elif variant not in manifest["variants"]:
        expected, found = f"variant {variant} in the manifest beside the lock", "no such variant"
    elif (digest := manifest_sha256(manifest, variant)) != lock.manifest_sha256:
        expected = f"a lock of the manifest as it is ({digest[:12]})"
        found = f"one of an older manifest ({lock.manifest_sha256[:12]})"
    else:
        return []
    return [Problem(code="lock-stale", where=where, expected=expected, found=found, hint=_CHECK)]


def index_addresses(
    lock: Lock, manifest: Mapping[str, Any] | None, given: Mapping[str, str], *, where: str
) -> tuple[dict[str, str], list[Problem]]:
    """Give the address of every index alias in the lock but the ordinary one, and the aliases that have none.

    Taken from `given`, else from the manifest beside the lock.
    """
    tables = manifest["variants"] if manifest else {}
    known = {name: str(table["index"]) for name, table in tables.items() if table.get("index")} | dict(given)
    aliases = sorted({wheel.index for wheel in lock.wheels} - {ORDINARY_INDEX})
    problems = [
        Problem(
            code="index-address-unknown",
            where=where,
            expected=f"the address of index {alias!r}",
            found="none",
            hint=f"give --index {alias}=ADDRESS, or keep the manifest beside the lock",
        )
        for alias in aliases
        if alias not in known
    ]
    return {alias: known[alias] for alias in aliases if alias in known}, problems
