"""The stacks we ship: every committed lock is whole, and follows from the manifest beside it."""

from pathlib import Path

import pytest

from locks import Lock
from locks.read import read_lock

from compiler import read_manifest
from compiler.checking.check import judge_locks

STACKS = Path(__file__).parent.parent / "locks" / "stacks"
LOCKS = sorted(STACKS.glob("*/pylock.*.toml"))


def read(path: Path) -> Lock:
    """Read a committed lock, which also selects every wheel with the target's own environment and tags."""
    return read_lock(path.read_bytes(), document=path.name)


@pytest.mark.parametrize("stack", ["quickstart", "llm-studio"])
def test_the_locks_of_a_stack_follow_from_its_manifest(stack: str) -> None:
    """Beside a manifest are locks that follow from it, for its targets that the ordinary index can serve, no others."""
    manifest = read_manifest((STACKS / stack / "manifest.toml").read_text("utf-8"))
    targets = [(variant, target) for variant, target in manifest.targets() if not variant.taken_from_index(target)]
    files = {path: path.read_bytes() for path in LOCKS if path.parent.name == stack}

    assert judge_locks(manifest, targets, files, folder=STACKS / stack, whole=True) == []
    assert len(files) == len(targets) > 0


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_lock_holds_no_address(path: Path) -> None:
    """No lock names a host, so a mirror needs no edit."""
    assert "://" not in path.read_text("utf-8")


def test_llm_studio_pins_each_variant_to_its_torch() -> None:
    """The torch of each variant is the registry's build for that CUDA release."""
    torch = {
        lock.target.variant: str(wheel.version)
        for lock in map(read, LOCKS)
        for wheel in lock.wheels
        if wheel.name == "torch"
    }

    assert torch == {"cu121": "2.4.1", "cu124": "2.5.1", "cu126": "2.7.1", "cu130": "2.11.0"}


def test_llm_studio_leaves_unsloth_out_and_says_why() -> None:
    """The optional group whose closure reaches torchao is left out of every variant, with the chain."""
    for lock in map(read, LOCKS):
        if lock.stack == "llm-studio":
            (left_out,) = lock.left_out
            assert left_out.group == "unsloth"
            assert "unsloth-zoo" in left_out.reason
            assert "torchao 0." in left_out.reason
