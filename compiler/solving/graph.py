"""The outcome of one resolution, and the chains through it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from ..offers.wheels import Wheel
from .chains import Chain, dependencies_of, describe, shortest_chains


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
        return dependencies_of(self.edges)

    def describe(self, chain: Chain) -> str:
        """Put a chain in words: every step with the requirement's text and the version taken."""
        return describe(chain, {name: wheel.version for name, wheel in self.wheels.items()})

    def shortest_chains(self, name: NormalizedName) -> tuple[Chain, ...]:
        """Give every shortest chain of requirements from the manifest to `name`, in a stable order."""
        return shortest_chains(self.roots, self.edges, name)
