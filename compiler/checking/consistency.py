"""Does a lock hold together: every requirement met, nothing in it in vain. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import Drop, Lock, Problem
from locks.completeness import judge_requirements

from ..solving.chains import dependencies_of, describe, edges_of, reached, shortest_chains
from ..solving.choices import name_of

HINT = "run venvault compile"


def _judge_requirements(lock: Lock, roots: Iterable[Requirement]) -> Iterator[Problem]:
    versions = {wheel.name: wheel.version for wheel in lock.wheels}
    askers = [("the manifest", root) for root in roots]
    askers += [(f"{name} {versions[name]}", edge) for name, edges in edges_of(lock).items() for edge in edges]
    return judge_requirements(versions, askers, hint=HINT)


def _judge_dependencies(lock: Lock) -> Iterator[Problem]:
    expected = dependencies_of(edges_of(lock))
    for wheel in lock.wheels:
        if wheel.dependencies != expected[wheel.name]:
            yield Problem(
                code="dependencies-differ",
                where=wheel.name,
                expected=f"what its requirement lines name: {', '.join(expected[wheel.name]) or 'nothing'}",
                found=", ".join(wheel.dependencies) or "nothing",
                hint=HINT,
            )


def _judge_reach(lock: Lock, roots: Iterable[Requirement]) -> Iterator[Problem]:
    for stray in sorted({wheel.name for wheel in lock.wheels} - reached(roots, edges_of(lock))):
        yield Problem(
            code="package-not-required",
            where=stray,
            expected="only packages that the manifest leads to",
            found="one that nothing requires",
            hint=HINT,
        )


def _judge_blacklist(
    lock: Lock, roots: Iterable[Requirement], blacklist: Mapping[NormalizedName, str]
) -> Iterator[Problem]:
    versions = {wheel.name: wheel.version for wheel in lock.wheels}
    for name in sorted(versions.keys() & blacklist.keys()):
        chains = [describe(chain, versions) for chain in shortest_chains(roots, edges_of(lock), name)]
        yield Problem(
            code="blacklisted-package",
            where=name,
            expected=f"no {name} ({blacklist[name]})",
            found="; ".join(chains) or f"{name} {versions[name]}",
            hint=HINT,
        )


def _judge_drops(lock: Lock, drops: Iterable[Drop]) -> Iterator[Problem]:
    edges = edges_of(lock)
    for drop in drops:
        for edge in edges.get(drop.package, ()):
            if name_of(edge) == drop.requires:
                yield Problem(
                    code="drop-not-made",
                    where=drop.package,
                    expected=f"no requirement of {drop.requires} ({drop.reason})",
                    found=str(edge),
                    hint=HINT,
                )


def judge_wheels(
    lock: Lock, roots: tuple[Requirement, ...], *, blacklist: Mapping[NormalizedName, str], drops: Iterable[Drop]
) -> tuple[Problem, ...]:
    """Give all that keeps the wheels of a lock from being an answer to `roots`, which hold on its target."""
    return (
        *_judge_requirements(lock, roots),
        *_judge_dependencies(lock),
        *_judge_reach(lock, roots),
        *_judge_blacklist(lock, roots, blacklist),
        *_judge_drops(lock, drops),
    )
