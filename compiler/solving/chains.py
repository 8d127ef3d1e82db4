"""Ways through requirements, from the manifest to a package. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Lock
from locks.metadata import parse_requirement

from .choices import name_of

Chain = tuple[Requirement, ...]
"""The manifest's requirement first; each next one is of the package that the one before it names."""

Edges = Mapping[NormalizedName, tuple[Requirement, ...]]
"""Package -> what it requires; a package that is not in it requires nothing."""


def roots_of(lock: Lock) -> tuple[Requirement, ...]:
    """Give the manifest's requirements that a lock follows from."""
    return tuple(map(parse_requirement, lock.requirements))


def edges_of(lock: Lock) -> Edges:
    """Give what each package of a lock requires."""
    return {wheel.name: tuple(map(parse_requirement, wheel.requires)) for wheel in lock.wheels}


def dependencies_of(edges: Edges) -> dict[NormalizedName, tuple[NormalizedName, ...]]:
    """Give the other packages that each one directly requires, sorted, as far as they are there themselves."""
    return {
        name: tuple(sorted({name_of(line) for line in lines} & edges.keys() - {name}))
        for name, lines in sorted(edges.items())
    }


def _distances(roots: Iterable[Requirement], edges: Edges) -> dict[NormalizedName, int]:
    """Give the steps from the manifest to every package that is reached."""
    distances: dict[NormalizedName, int] = {}
    wave = {name_of(root) for root in roots}
    steps = 0
    while wave:
        distances |= dict.fromkeys(wave, steps)
        steps += 1
        wave = {name_of(edge) for name in wave for edge in edges.get(name, ())} - distances.keys()
    return distances


def reached(roots: Iterable[Requirement], edges: Edges) -> frozenset[NormalizedName]:
    """Give every package that the roots lead to."""
    return frozenset(_distances(roots, edges))


def shortest_chains(roots: Iterable[Requirement], edges: Edges, goal: NormalizedName) -> tuple[Chain, ...]:
    """Give every shortest chain from the manifest to `goal`, in a stable order; none when it is not reached."""
    roots = tuple(roots)
    distances = _distances(roots, edges)

    def chains_to(name: NormalizedName) -> Iterator[Chain]:
        if distances[name] == 0:
            yield from ((root,) for root in roots if name_of(root) == name)
            return
        for asker in edges:
            if distances.get(asker, -1) == distances[name] - 1:
                for edge in edges[asker]:
                    if name_of(edge) == name:
                        yield from ((*chain, edge) for chain in chains_to(asker))

    if goal not in distances:
        return ()
    return tuple(sorted(chains_to(goal), key=lambda chain: tuple(map(str, chain))))


def describe(chain: Chain, versions: Mapping[NormalizedName, Version]) -> str:
    """Put a chain in words: every step with the requirement's text and the version taken."""
    steps = [f"{chain[0]} (manifest)"]
    for requirement, following in zip(chain, (*chain[1:], None), strict=True):
        name = name_of(requirement)
        taken = f"{name} {versions[name]}"
        steps.append(f"{taken} requires {str(following)!r}" if following else taken)
    return " -> ".join(steps)
