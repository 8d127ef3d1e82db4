"""Why a package is in a lock, or why it is not. Pure."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, Problem

from ..errors import NotInLock
from ..solving.chains import Chain, describe, edges_of, roots_of, shortest_chains
from ..solving.choices import name_of

_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NEAREST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What brings a package into a lock."""

    version: str
    steps: tuple[tuple[tuple[str, str, str], ...], ...]
    """Each shortest chain as (requirement line, package, version), the manifest's line first."""
    chains: tuple[str, ...]
    """The same in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What keeps a package out of a lock, as far as the lock tells."""

    reasons: tuple[str, ...]
    nearest: tuple[str, ...]
    """Packages of the lock with a similar name, where no reason is known."""

    def __str__(self) -> str:
        return "; ".join(self.reasons) or f"nearest: {', '.join(self.nearest) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answers of several locks; those that say the same are joined."""

    name: NormalizedName
    present: Mapping[Present, tuple[str, ...]]
    """Answer -> the locks that give it."""
    absent: Mapping[Absent, tuple[str, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Give it JSON-ready."""
        keys = ("requirement", "package", "version")
        return {
            "ok": True,
            "package": self.name,
            "present": [
                {
                    "locks": list(places),
                    "version": answer.version,
                    "chains": [[dict(zip(keys, step, strict=True)) for step in steps] for steps in answer.steps],
                }
                for answer, places in self.present.items()
            ],
            "absent": [
                {"locks": list(places), "reasons": list(answer.reasons), "nearest": list(answer.nearest)}
                for answer, places in self.absent.items()
            ],
        }

    def __str__(self) -> str:
        lines = []
        for present, places in self.present.items():
            lines.append(f"{self.name} {present.version} in {', '.join(places)}")
            lines += [f"  {chain}" for chain in present.chains or ("no requirement in the lock leads to it",)]
        lines += [f"not in {', '.join(places)} ({absent})" for absent, places in self.absent.items()]
        return "\n".join(lines)


def _present(name: NormalizedName, lock: Lock) -> Present:
    versions = {wheel.name: wheel.version for wheel in lock.wheels}
    chains = shortest_chains(roots_of(lock), edges_of(lock), name)

    def steps(chain: Chain) -> tuple[tuple[str, str, str], ...]:
        return tuple((str(line), name_of(line), str(versions[name_of(line)])) for line in chain)

    return Present(
        version=str(versions[name]),
        steps=tuple(map(steps, chains)),
        chains=tuple(describe(chain, versions) for chain in chains),
    )


def _reasons(name: NormalizedName, lock: Lock) -> Iterator[str]:
    if name in lock.blacklist:
        yield f"blacklisted: {lock.blacklist[name]}"
    for drop in lock.drops:
        if drop.requires == name:
            yield f"dropped from what {drop.package} requires: {drop.reason}"
    for item in lock.left_out:
        # The lock tells of a group's packages only in the reason why it was left out.
        if name in {canonicalize_name(word) for word in _WORD.findall(f"{item.group} {item.reason}")}:
            yield f"left out with {item.group}: {item.reason}"


def _absent(name: NormalizedName, lock: Lock) -> Absent:
    reasons = tuple(_reasons(name, lock))
    nearest = difflib.get_close_matches(name, [wheel.name for wheel in lock.wheels], n=_NEAREST)
    return Absent(reasons=reasons, nearest=() if reasons else tuple(nearest))


def explain(name: NormalizedName, locks: Mapping[str, Lock]) -> Explanation:
    """Say of each lock why `name` is in it or is not; `locks` maps what a lock is called to it.

    Raises:
        NotInLock: it is in none of them.
    """
    present: dict[Present, tuple[str, ...]] = {}
    absent: dict[Absent, tuple[str, ...]] = {}
    for place, lock in locks.items():
        if any(wheel.name == name for wheel in lock.wheels):
            here = _present(name, lock)
            present[here] = (*present.get(here, ()), place)
        else:
            gone = _absent(name, lock)
            absent[gone] = (*absent.get(gone, ()), place)
    if not present:
        raise NotInLock(_not_in_lock(name, answer, places) for answer, places in absent.items())
    return Explanation(name=name, present=present, absent=absent)


def _not_in_lock(name: NormalizedName, answer: Absent, places: tuple[str, ...]) -> Problem:
    return Problem(
        code="not-in-lock",
        where=", ".join(places),
        expected=f"a package {name}",
        found="; ".join(["none", *answer.reasons]),
        hint=f"did you mean {' or '.join(answer.nearest)}?" if answer.nearest else "",
    )
