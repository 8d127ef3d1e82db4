"""One target's closure: the required part, and what optional groups stay clean, resolved and judged."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Drop, LeftOut, Problem, Target
from locks.metadata import applies

from ..errors import BlacklistError, ResolutionError
from ..manifest.model import Manifest, Variant
from ..manifest.requirement import distinct
from ..offers.catalogue import Catalogue, Once
from ..offers.wheels import Shelf, Wheel
from ..torch.cuda import judge_variant
from .age import Lag, judge_ages, lags, total_days
from .choices import Choices, name_of
from .graph import Graph
from .resolve import resolve

Preferences = Mapping[NormalizedName, Version]
"""Package -> the version to take where it is possible."""
NO_PREFERENCES: Preferences = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What one target takes, and what it does without."""

    variant: Variant
    target: Target
    graph: Graph
    left_out: tuple[LeftOut, ...]
    lags: tuple[Lag, ...] = ()
    """Picks that are older than they could be."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """All that a solution depends on."""

    roots: frozenset[Requirement]
    preferred: frozenset[tuple[NormalizedName, Version]]
    drops: frozenset[Drop]
    forbidden: frozenset[NormalizedName]
    first: frozenset[NormalizedName]


class TargetRun:
    """One target's way from requirements to closure."""

    def __init__(self, manifest: Manifest, variant: Variant, target: Target, catalogue: Catalogue) -> None:
        self.manifest = manifest
        self.variant = variant
        self.target = target
        self._catalogue = catalogue
        self._solutions = Once(self._solve)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The manifest's lines that hold on the target, optional groups apart."""
        environment = self.target.environment()
        lines = (*self.variant.requirements, *self.manifest.requirements)
        return tuple(line for line in lines if applies(line, environment, frozenset()))

    def solve(
        self,
        requirements: Iterable[Requirement],
        *,
        preferred: Preferences = NO_PREFERENCES,
        drops: Iterable[Drop] | None = None,
        forbidden: Collection[NormalizedName] = (),
        first: Collection[NormalizedName] = (),
    ) -> Graph:
        """Resolve, and judge nothing; without `drops`, the manifest's are cut. `first` are settled before all others.

        What was asked before is answered at once, a failure too.

        Raises:
            ResolutionError: there is no solution, or none was found.
            IndexUnavailable: an index or a file on it cannot be had.
        """
        environment = self.target.environment()
        return self._solutions(
            _Question(
                roots=frozenset(distinct(item for item in requirements if applies(item, environment, frozenset()))),
                preferred=frozenset(preferred.items()),
                drops=frozenset(self.manifest.drops if drops is None else drops),
                forbidden=frozenset(forbidden),
                first=frozenset(first),
            )
        )

    def _solve(self, question: _Question) -> Graph:
        choices = Choices(
            self._catalogue,
            self.target,
            roots=question.roots,
            pinned_index=dict.fromkeys(self.variant.taken_from_index(self.target), self.variant.name),
            drops=question.drops,
            preferred=dict(question.preferred),
            forbidden=question.forbidden,
        )
        return resolve(choices, first=question.first)

    def _shelf_of(self, wheel: Wheel) -> Shelf:
        return self._catalogue.shelf(wheel.name, index=wheel.index, target=self.target, allow_yanked=False)

    def unmet(self, graph: Graph, wheel: Wheel) -> str:
        """Give the requirement of a wheel that a graph's picks do not meet; empty when they meet all."""
        with suppress(InvalidRequirement):
            for line in self._catalogue.active(wheel, target=self.target, extras=frozenset()):
                taken = graph.wheels.get(name_of(line))
                if taken and not line.specifier.contains(taken.version, prereleases=True):
                    return str(line)
        return ""

    def lags(self, graph: Graph, kept: Preferences = NO_PREFERENCES) -> tuple[Lag, ...]:
        """Give what lies behind in a graph; versions in `kept` count as asked for."""
        return lags(graph, self._shelf_of, partial(self.unmet, graph), preferred=kept)

    def youngest(
        self,
        requirements: Collection[Requirement],
        *,
        preferred: Preferences = NO_PREFERENCES,
        kept: Preferences = NO_PREFERENCES,
        drops: Collection[Drop] | None = None,
    ) -> Graph:
        """Solve; when the search went far back for some packages, try again with those first, and take the better.

        Raises:
            ResolutionError, IndexUnavailable: as for `solve`.
        """
        limits = self.manifest.age
        graph = self.solve(requirements, preferred=preferred, drops=drops)
        found = self.lags(graph, kept)
        if total_days(found, limits):
            first = {lag.name for lag in found if not lag.held_by}
            with suppress(ResolutionError):
                other = self.solve(requirements, preferred=preferred, drops=drops, first=first)
                if total_days(self.lags(other, kept), limits) < total_days(found, limits):
                    return other
        return graph

    def judge(self, graph: Graph, kept: Preferences = NO_PREFERENCES) -> None:
        """Hold a graph against the manifest.

        Raises:
            BlacklistError, ResolutionError: a banned package is in it, torch is another build, or a pick is too old.
        """
        if banned := _banned(graph, self.manifest.blacklist, self.target):
            raise BlacklistError(banned)
        if wrong_build := judge_variant(self.target, graph.wheels):
            raise ResolutionError(wrong_build)
        if too_old := judge_ages(self.target, self.lags(graph, kept), self.manifest.age):
            raise ResolutionError(too_old)

    def close(self, preferred: Preferences, *, kept: Preferences | None = None) -> Closure:
        """Resolve the required part, then add each optional group that leaves the closure clean.

        Of the versions `preferred`, those in `kept` (default: all) count as asked for when ages are judged.

        Raises:
            ResolutionError, BlacklistError: the required part has no clean closure.
            IndexUnavailable: an index or a file on it cannot be had.
        """
        kept = preferred if kept is None else kept
        requirements = self.requirements
        graph = self.youngest(requirements, preferred=preferred, kept=kept)
        self.judge(graph, kept)
        left_out = []
        for group in self.manifest.optional:
            try:
                wider = self.youngest((*requirements, *group.requirements), preferred=preferred, kept=kept)
                self.judge(wider, kept)
            except (ResolutionError, BlacklistError) as error:
                left_out.append(LeftOut(group=group.name, reason="; ".join(map(_reason, error.problems))))
            else:
                graph, requirements = wider, (*requirements, *group.requirements)
        return Closure(
            variant=self.variant,
            target=self.target,
            graph=graph,
            left_out=tuple(left_out),
            lags=self.lags(graph, kept),
        )


def _reason(problem: Problem) -> str:
    """Put a problem in words for a lock, which has a target of its own."""
    _, colon, what = problem.where.partition(": ")
    return f"{what}{colon}{problem.expected}, found {problem.found}"
