"""The manifest beside a lock: whether the lock follows from it, and where its indexes are."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from locks import Lock

from bundler.manifest import index_addresses, judge_lock, parse_manifest
from compiler.manifest.parse import read_manifest
from tests.bundles import locked, make_lock, running_target
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0")
MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
requirements = []

[variants.cpu]

[variants.cu124]
requirements = ["demo"]
index = "https://from.manifest/cu124"
from-index = ["demo"]
"""


def parsed(text: str = MANIFEST) -> Mapping[str, Any]:
    """A manifest's tables."""
    content = parse_manifest(text)
    assert content is not None
    return content


def compiled(variant: str = "cu124") -> Lock:
    """A lock that carries the digest which `compile` gives it for the manifest."""
    (digest,) = (item.sha256 for item in read_manifest(MANIFEST).variants if item.name == variant)
    lock = make_lock([DEMO], target=running_target(variant), manifest_sha256=digest)
    return replace(lock, wheels=(locked(DEMO, index=variant if variant == "cu124" else "ordinary"),))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(MANIFEST, id="the same"),
        pytest.param(f"# a remark\n{MANIFEST}", id="a remark"),
        pytest.param(MANIFEST.replace('["3.11"]', '["3.11", "3.12"]'), id="another target"),
        pytest.param(MANIFEST + '[variants.cu126]\nrequirements = ["demo"]\n', id="another variant"),
    ],
)
def test_a_lock_follows_from_its_manifest(text: str) -> None:
    """What says nothing about the lock's own variant makes it no older."""
    assert judge_lock(compiled(), parsed(text), where="lock") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(MANIFEST.replace('"demo"]\nindex', '"demo>1"]\nindex'), "one of an older manifest", id="moved"),
        pytest.param(MANIFEST.replace("cu124", "cu126"), "no such variant", id="variant gone"),
        pytest.param("= no TOML", "one that cannot", id="no TOML"),
        pytest.param("variants = 3", "one that cannot", id="no tables"),
        pytest.param("[stack]\n[variants]\ncu124 = 3", "one that cannot", id="no table of the variant"),
    ],
)
def test_a_lock_that_does_not_follow_is_told(text: str, found: str) -> None:
    """A manifest that moved on, dropped the variant or cannot be read is never bundled past."""
    (problem,) = judge_lock(compiled(), parse_manifest(text), where="lock")

    assert (problem.code, problem.where) == ("lock-stale", "lock")
    assert problem.found.startswith(found)


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        pytest.param(MANIFEST, {}, {"cu124": "https://from.manifest/cu124"}, id="from the manifest"),
        pytest.param(MANIFEST, {"cu124": "https://given"}, {"cu124": "https://given"}, id="given wins"),
        pytest.param("", {"cu124": "https://given"}, {"cu124": "https://given"}, id="no manifest"),
        pytest.param(MANIFEST, {"cu124": "a", "other": "b"}, {"cu124": "a"}, id="only what is needed"),
    ],
)
def test_addresses_come_from_the_command_line_or_the_manifest(
    text: str, given: dict[str, str], expected: dict[str, str]
) -> None:
    """The lock holds no address: what is given wins over the manifest beside it."""
    assert index_addresses(compiled(), parse_manifest(text), given, where="lock") == (expected, [])


def test_the_ordinary_index_needs_no_address() -> None:
    """Pip's configuration has it."""
    assert index_addresses(compiled("cpu"), None, {}, where="lock") == ({}, [])


def test_an_address_that_nobody_knows_is_asked_for() -> None:
    """An alias without address is told, with how to give it."""
    addresses, problems = index_addresses(compiled(), None, {}, where="lock")

    assert addresses == {}
    (problem,) = problems
    assert str(problem) == (
        "index-address-unknown: lock: expected the address of index 'cu124', found none "
        "(give --index cu124=ADDRESS, or keep the manifest beside the lock)"
    )
