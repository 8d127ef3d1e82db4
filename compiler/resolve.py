"""One target's resolution: run resolvelib over the choices; give a graph, or say what stands in the way."""

from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver
from resolvelib.resolvers import Result

from locks import Problem

from .choices import Choices, name_of
from .errors import ResolutionError
from .graph import Graph
from .provider import Candidate, Information, Key, Provider

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


def _asker(cause: Information) -> str:
    parent = cause.parent.wheel if cause.parent else None
    return f"{cause.requirement} (from {f'{parent.name} {parent.version}' if parent else 'the manifest'})"


def _nothing_on_shelf(name: NormalizedName, choices: Choices) -> Problem | None:
    shelf = choices.shelf(name)
    if shelf.wheels:
        return None
    refused = ", ".join(f"{count} {reason}" for reason, count in shelf.refused.items())
    return Problem(
        code="no-wheel",
        where=f"{choices.target}: {name}",
        expected=f"a wheel for {choices.target.platform.name} and Python {choices.target.python}",
        found=f"wheels, but {refused}" if refused else "no wheel at all",
        hint="only wheels can be installed offline; check the name, or the platforms the project publishes for",
    )


def _on_offer(name: NormalizedName, choices: Choices) -> str:
    shelf = choices.shelf(name)
    newest = next(iter(shelf.wheels))
    refused = "".join(f", {count} wheels {reason}" for reason, count in shelf.refused.items() if reason == "yanked")
    return f" of {len(shelf.wheels)} on offer, {newest} the newest{refused}"


def _clash(causes: Iterable[Information], choices: Choices) -> list[Problem]:
    by_name: dict[NormalizedName, dict[str, None]] = {}
    for cause in causes:
        by_name.setdefault(name_of(cause.requirement), {})[_asker(cause)] = None
    problems = []
    for name, askers in sorted(by_name.items()):
        askers.update((f"{root} (from the manifest)", None) for root in choices.roots.get(name, ()))
        dropped = choices.dropped.get(name, {})
        why = "; ".join(f"{name} {version} {reason}" for version, reason in list(dropped.items())[:3])
        more = f" and {len(dropped) - 3} more" if len(dropped) > 3 else ""
        problems.append(
            _nothing_on_shelf(name, choices)
            or Problem(
                code="versions-clash",
                where=f"{choices.target}: {name}",
                expected=f"one version that meets {' and '.join(askers)}",
                found=f"none; left out: {why}{more}" if dropped else f"none{_on_offer(name, choices)}",
                hint="loosen one of these requirements",
            )
        )
    return problems


def resolve(choices: Choices) -> Graph:
    """Choose one wheel for every package the target needs.

    Raises:
        ResolutionError: there is no such choice, or none was found within the rounds allowed.
        IndexUnavailable: a page or metadata could not be had.
    """
    roots = [root for same in choices.roots.values() for root in same]
    for root in roots:
        choices.scout(root)
    resolver: Resolver[Requirement, Candidate, Key] = Resolver(Provider(choices), BaseReporter())
    try:
        result = resolver.resolve(roots, max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as error:
        raise ResolutionError(_clash(error.causes, choices)) from None
    except ResolutionTooDeep:
        problem = Problem(
            code="resolution-too-deep",
            where=str(choices.target),
            expected=f"a solution in {MAX_ROUNDS} rounds",
            found="none yet",
            hint="give the packages that moved most a lower bound",
        )
        raise ResolutionError(problem) from None
    return _graph(result, choices, roots)
