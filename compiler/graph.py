"""The outcome of one resolution, and the chains through it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from .choices import name_of
from .wheels import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Chosen wheels and the requirements that hold between them."""

    roots: tuple[Requirement, ...]
    wheels: Mapping[NormalizedName, Wheel]
    edges: Mapping[NormalizedName, tuple[Requirement, ...]]
    cut: Mapping[NormalizedName, frozenset[NormalizedName]] = field(default_factory=dict)
    """Package -> what it requires and a drop took away."""

    def dependencies(self) -> dict[NormalizedName, tuple[NormalizedName, ...]]:
        """Give each package's direct dependencies, sorted; a package that asks for its own extras is left out."""
        return {
            name: tuple(sorted({name_of(edge) for edge in edges} - {name}))
            for name, edges in sorted(self.edges.items())
        }

    def describe(self, chain: tuple[Requirement, ...]) -> str:
        """Put a chain in words: every step with the requirement's text and the version taken."""
        steps = [f"{chain[0]} (manifest)"]
        for requirement, following in zip(chain, (*chain[1:], None), strict=True):
            name = name_of(requirement)
            taken = f"{name} {self.wheels[name].version}"
            steps.append(f"{taken} requires {str(following)!r}" if following else taken)
        return " -> ".join(steps)

    def shortest_chains(self, name: NormalizedName) -> tuple[tuple[Requirement, ...], ...]:
        """Give every shortest chain of requirements from the manifest to `name`, in a stable order."""
        return tuple(sorted(self._chains(name), key=lambda chain: tuple(map(str, chain))))

    def _chains(self, goal: NormalizedName) -> Iterator[tuple[Requirement, ...]]:
        reached: set[NormalizedName] = set()
        paths: list[tuple[Requirement, ...]] = [(root,) for root in self.roots]
        while paths and not any(name_of(path[-1]) == goal for path in paths):
            reached |= {name_of(path[-1]) for path in paths}
            paths = [
                (*path, edge)
                for path in paths
                for edge in self.edges[name_of(path[-1])]
                if name_of(edge) not in reached
            ]
        return (path for path in paths if name_of(path[-1]) == goal)
