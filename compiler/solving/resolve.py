"""One target's resolution: run resolvelib over the choices; give a graph, or say what stands in the way."""

from collections import Counter
from collections.abc import Collection, Iterable

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver
from resolvelib.resolvers import Result

from locks import Problem

from ..errors import Deadlock, ResolutionError
from .choices import Choices
from .deadlock import describe
from .graph import Graph
from .provider import Candidate, Key, Provider

# NOTE: resolvelib ends on rounds alone; with hopeless wheels dropped a real stack takes a few hundred.
MAX_ROUNDS = 20_000


def _graph(result: Result[Requirement, Candidate, Key], choices: Choices, roots: Iterable[Requirement]) -> Graph:
    edges: dict[NormalizedName, dict[str, Requirement]] = {}
    for candidate in result.mapping.values():
        mine = edges.setdefault(candidate.wheel.name, {})
        mine.update((str(item), item) for item in choices.requirements(candidate.wheel, candidate.extras))
    wheels = {candidate.wheel.name: candidate.wheel for candidate in result.mapping.values()}
    return Graph(
        roots=tuple(roots),
        wheels=wheels,
        edges={name: tuple(items.values()) for name, items in edges.items()},
        cut={name: frozenset(choices.cut_from.get(wheel, ())) for name, wheel in wheels.items()},
    )


class _Counter(BaseReporter[Requirement, Candidate, Key]):
    """Counts how often each package was tried, to name the restless ones when the search is given up."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.tries: Counter[NormalizedName] = Counter()

    def pinning(self, candidate: Candidate) -> None:
        """Count one."""
        self._choices.settle(candidate.wheel.name)
        self.tries[candidate.wheel.name] += 1


def resolve(choices: Choices, *, first: Collection[NormalizedName] = ()) -> Graph:
    """Choose one wheel for every package the target needs, those of the packages in `first` before all others.

    Raises:
        Deadlock: there is no such choice.
        ResolutionError: none was found within the rounds allowed.
        IndexUnavailable: a page or metadata could not be had.
    """
    roots = [root for same in choices.roots.values() for root in same]
    for root in roots:
        choices.scout(root)
    counter = _Counter(choices)
    resolver: Resolver[Requirement, Candidate, Key] = Resolver(Provider(choices, first), counter)
    try:
        result = resolver.resolve(roots, max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as error:
        raise Deadlock(describe(error.causes, choices)) from None
    except ResolutionTooDeep:
        problem = Problem(
            code="resolution-too-deep",
            where=str(choices.target),
            expected=f"a solution in {MAX_ROUNDS} rounds",
            found=f"none yet; tried most: {', '.join(name for name, _ in counter.tries.most_common(5))}",
            hint="give the packages tried most a lower bound",
        )
        raise ResolutionError(problem) from None
    return _graph(result, choices, roots)
