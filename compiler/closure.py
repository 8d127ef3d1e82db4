"""One target's closure: the required part, and what optional groups stay clean, resolved and judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import LeftOut, Problem, Target

from .catalogue import Catalogue
from .choices import Choices
from .cuda import judge_variant
from .errors import BlacklistError, ResolutionError
from .graph import Graph
from .manifest import Manifest, Variant
from .metadata import applies
from .resolve import resolve

Preferences = Mapping[NormalizedName, Version]
"""Package -> the version to take where it is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What one target takes, and what it does without."""

    variant: Variant
    target: Target
    graph: Graph
    left_out: tuple[LeftOut, ...]


def _banned(graph: Graph, blacklist: Mapping[NormalizedName, str], target: Target) -> list[Problem]:
    return [
        Problem(
            code="blacklisted-package",
            where=str(target),
            expected=f"no {name} ({blacklist[name]})",
            found=graph.describe(chain),
            hint="do without the chain's first package, hold it at an older release, or cut the edge with [[drop]]",
        )
        for name in sorted(graph.wheels.keys() & blacklist.keys())
        for chain in graph.shortest_chains(name)
    ]


class TargetRun:
    """One target's way from requirements to closure."""

    def __init__(self, manifest: Manifest, variant: Variant, target: Target, catalogue: Catalogue) -> None:
        self._manifest = manifest
        self.variant = variant
        self.target = target
        self._catalogue = catalogue

    def _resolve(self, requirements: Iterable[Requirement], preferred: Preferences) -> Graph:
        """Resolve and judge.

        Raises:
            ResolutionError, BlacklistError: no clean closure.
        """
        environment = self.target.environment()
        choices = Choices(
            self._catalogue,
            self.target,
            roots=[item for item in requirements if applies(item, environment, frozenset())],
            pinned_index=dict.fromkeys(self.variant.taken_from_index(self.target), self.variant.name),
            drops=self._manifest.drops,
            preferred=preferred,
        )
        graph = resolve(choices)
        if banned := _banned(graph, self._manifest.blacklist, self.target):
            raise BlacklistError(banned)
        if wrong_build := judge_variant(self.target, graph.wheels):
            raise ResolutionError(wrong_build)
        return graph

    def close(self, preferred: Preferences) -> Closure:
        """Resolve the required part, then add each optional group that leaves the closure clean.

        Raises:
            ResolutionError, BlacklistError: the required part has no clean closure.
            IndexUnavailable: an index or a file on it cannot be had.
        """
        requirements = [*self.variant.requirements, *self._manifest.requirements]
        graph = self._resolve(requirements, preferred)
        left_out = []
        for group in self._manifest.optional:
            try:
                graph = self._resolve([*requirements, *group.requirements], preferred)
                requirements += group.requirements
            except (ResolutionError, BlacklistError) as error:
                left_out.append(LeftOut(group=group.name, reason="; ".join(map(_reason, error.problems))))
        return Closure(variant=self.variant, target=self.target, graph=graph, left_out=tuple(left_out))


def _reason(problem: Problem) -> str:
    """Put a problem in words for a lock, which has a target of its own."""
    _, colon, what = problem.where.partition(": ")
    return f"{what}{colon}{problem.expected}, found {problem.found}"
