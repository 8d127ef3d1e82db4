"""What a lock says beside its wheels, as facts by which two locks are compared. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from locks import Check, Drop, Lock
from locks.digest import sha256_of_bytes
from locks.pylock import join_driver

from ..solving.chains import roots_of
from ..solving.choices import name_of

Facts = Mapping[tuple[str, str], tuple[str, ...]]
"""Topic and subject -> what is said, part by part."""

TOPICS = (
    "stack",
    "floor",
    "exclude-newer",
    "CUDA",
    "limit",
    "requirement",
    "blacklist",
    "drop",
    "left out",
    "check",
    "file",
    "licences",
    "licence",
    "index",
)
"""In the order to tell them."""

_TOLD = {"licences": ("added", "removed"), "licence": ("changed",), "index": ("changed",)}
"""Topic -> the kinds of change that are told; the others go with packages that come and go, and are told as such."""

_CUDA_PARTS = {"nvidia-cuda-runtime": "runtime", "nvidia-cudnn": "cuDNN", "nvidia-nccl": "NCCL"}
_CUDA_SUFFIX = re.compile(r"-cu\d+$")
"""Up to CUDA 12 the name of a library tells the release it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact that differs between an old and a new lock."""

    topic: str
    subject: str
    old: tuple[str, ...] | None
    """Its parts; None: the old lock has no such fact."""
    new: tuple[str, ...] | None

    @property
    def kind(self) -> str:
        """Say what became of it: "added", "removed" or "changed"."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def gone(self) -> tuple[str, ...]:
        """Give the parts that the new lock lacks."""
        return tuple(part for part in self.old or () if part not in (self.new or ()))

    @property
    def come(self) -> tuple[str, ...]:
        """Give the parts that the old lock lacks."""
        return tuple(part for part in self.new or () if part not in (self.old or ()))

    def __str__(self) -> str:
        start = f"{self.topic}: {self.subject}"
        if self.kind != "changed":
            return f"{start} {self.kind} ({', '.join(self.gone or self.come)})"
        if len(self.gone) == len(self.come) == 1:
            return f"{start} {self.gone[0]} -> {self.come[0]}"
        moves = {"without": self.gone, "with": self.come}
        words = [f"{how} {', '.join(parts)}" for how, parts in moves.items() if parts]
        return f"{start} {' and '.join(words)}"


def _requirement_facts(lock: Lock) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for root in roots_of(lock):
        rest = str(root).removeprefix(root.name) or "any version"
        facts[name_of(root)] = (*facts.get(name_of(root), ()), rest)
    return facts


def _drop_parts(drop: Drop) -> tuple[str, ...]:
    return (drop.reason, f"until {drop.expires}") if drop.expires else (drop.reason,)


def _check_parts(check: Check) -> tuple[str, ...]:
    return (
        "critical" if check.critical else "not critical",
        "needs a GPU" if check.needs_gpu else "needs no GPU",
        f"{check.timeout_s} s",
        f"after {' and '.join(check.after) or 'nothing'}",
        f"code {sha256_of_bytes(check.code.encode())[:12]}",
    )


def _limit_facts(lock: Lock) -> dict[str, tuple[str, ...]]:
    limits = lock.limits
    driver = (join_driver(limits.driver),) if limits.driver else ()
    told = {"driver": driver, "compute capabilities": limits.compute_capabilities, "PTX": limits.ptx}
    return {subject: parts for subject, parts in told.items() if parts}


def _cuda_facts(lock: Lock) -> dict[str, tuple[str, ...]]:
    parts = ((_CUDA_PARTS.get(_CUDA_SUFFIX.sub("", wheel.name)), wheel) for wheel in lock.wheels)
    return {part: (str(wheel.version),) for part, wheel in parts if part}


def _licence_facts(lock: Lock) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for wheel in lock.wheels:
        if wheel.licence:
            facts[wheel.licence] = (*facts.get(wheel.licence, ()), wheel.name)
    return facts


def facts_of(lock: Lock) -> Facts:
    """Give all that a lock says beside which wheels it has."""
    floor = lock.target.floor
    topics: dict[str, Mapping[str, tuple[str, ...]]] = {
        "stack": {"name": (lock.stack,), "version": (lock.stack_version,)},
        "floor": {lock.target.platform.floor_of or "": ("{}.{}".format(*floor),)} if floor else {},
        "exclude-newer": {"date": (str(lock.exclude_newer),)} if lock.exclude_newer else {},
        "CUDA": _cuda_facts(lock),
        "limit": _limit_facts(lock),
        "requirement": _requirement_facts(lock),
        "blacklist": {name: (why,) for name, why in lock.blacklist.items()},
        "drop": {f"{drop.package} -> {drop.requires}": _drop_parts(drop) for drop in lock.drops},
        "left out": {item.group: (item.reason,) for item in lock.left_out},
        "check": {check.name: _check_parts(check) for check in lock.checks},
        "file": {file.path: (f"{file.size_bytes} bytes", f"sha256 {file.sha256[:12]}") for file in lock.files},
        "licences": _licence_facts(lock),
        "licence": {wheel.name: (wheel.licence or "none told",) for wheel in lock.wheels},
        "index": {wheel.name: (wheel.index,) for wheel in lock.wheels},
    }
    return {(topic, subject): parts for topic, facts in topics.items() for subject, parts in facts.items()}


def _differ(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> bool:
    return old is None or new is None or set(old) != set(new)


def changes_between(old: Lock, new: Lock) -> tuple[Change, ...]:
    """Give every fact that differs, in the order of the old lock's facts, then of the new one's."""
    before, after = facts_of(old), facts_of(new)
    changes = (
        Change(topic=key[0], subject=key[1], old=before.get(key), new=after.get(key))
        for key in {**before, **after}
        if _differ(before.get(key), after.get(key))
    )
    return tuple(change for change in changes if change.kind in _TOLD.get(change.topic, (change.kind,)))
