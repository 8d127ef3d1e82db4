"""The matrix: every target of a manifest resolved in one process, judged, and made a lock."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import Error, LeftOut, Lock, Problem, Target
from locks.index import Http, IndexSettings, SimpleIndex
from locks.lock import ORDINARY_INDEX

from .assemble import assemble
from .cache import MetadataCache, PageCache
from .catalogue import Catalogue
from .choices import Choices
from .cuda import judge_variant
from .errors import BlacklistError, ResolutionError
from .graph import Graph
from .manifest import Manifest, Variant
from .metadata import applies
from .resolve import resolve

Report = Callable[[str], None]
"""Takes a line about what is going on; for people, not for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where answers come from: the indexes, and what they said before."""

    settings: IndexSettings
    pages: PageCache | None = None
    metadata: MetadataCache | None = None

    def open_catalogue(self, manifest: Manifest) -> Catalogue:
        """Reach the ordinary index and those of the manifest's variants."""
        settings, http = self.settings, Http(self.settings)
        ordinary = SimpleIndex(http, roots=settings.index_urls, find_links=settings.find_links, pages=self.pages)
        own = {item.name: item.index for item in manifest.variants if item.index}
        indexes = {name: SimpleIndex(http, roots=(url,), pages=self.pages) for name, url in own.items()}
        return Catalogue(http, {ORDINARY_INDEX: ordinary, **indexes}, self.metadata)


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


class _TargetRun:
    """One target's way from requirements to lock."""

    def __init__(self, manifest: Manifest, variant: Variant, target: Target, catalogue: Catalogue) -> None:
        self._manifest = manifest
        self._variant = variant
        self._target = target
        self._catalogue = catalogue

    def _resolve(self, requirements: Iterable[Requirement]) -> Graph:
        """Resolve and judge.

        Raises:
            ResolutionError, BlacklistError: no clean closure.
        """
        environment = self._target.environment()
        choices = Choices(
            self._catalogue,
            self._target,
            roots=[item for item in requirements if applies(item, environment, frozenset())],
            pinned_index=dict.fromkeys(self._variant.from_index, self._variant.name),
            drops=self._manifest.drops,
        )
        graph = resolve(choices)
        if banned := _banned(graph, self._manifest.blacklist, self._target):
            raise BlacklistError(banned)
        if wrong_build := judge_variant(self._target, graph.wheels):
            raise ResolutionError(wrong_build)
        return graph

    def lock(self) -> Lock:
        """Resolve the required part, add what optional groups stay clean, and assemble."""
        requirements = [*self._variant.requirements, *self._manifest.requirements]
        graph = self._resolve(requirements)
        left_out = []
        for group in self._manifest.optional:
            try:
                graph = self._resolve([*requirements, *group.requirements])
                requirements += group.requirements
            except (ResolutionError, BlacklistError) as error:
                left_out.append(LeftOut(group=group.name, reason="; ".join(map(_reason, error.problems))))
        digests = self._catalogue.digests(graph.wheels.values())
        return assemble(self._manifest, self._target, graph, digests=digests, left_out=tuple(left_out))


def _reason(problem: Problem) -> str:
    """Put a problem in words for a lock, which has a target of its own."""
    _, colon, what = problem.where.partition(": ")
    return f"{what}{colon}{problem.expected}, found {problem.found}"


def _join_identical(problems: Iterable[Problem]) -> list[Problem]:
    """Report a cause once, naming all the targets it was met on."""
    targets: dict[Problem, list[str]] = {}
    for problem in problems:
        target, colon, rest = problem.where.partition(": ")
        targets.setdefault(replace(problem, where=f"{colon}{rest}"), []).append(target)
    return [replace(problem, where=f"{', '.join(names)}{problem.where}") for problem, names in targets.items()]


def compile_manifest(
    manifest: Manifest,
    source: Source,
    *,
    targets: Collection[tuple[Variant, Target]] | None = None,
    report: Report = lambda line: None,
) -> tuple[Lock, ...]:
    """Resolve `targets` of the manifest (default: all) and give their locks, in that order.

    Raises:
        ResolutionError, BlacklistError: for all targets together, each cause once. No lock is given then.
        IndexUnavailable: an index or a file on it cannot be had.
    """
    catalogue = source.open_catalogue(manifest)
    locks: list[Lock] = []
    failures: list[Error] = []
    try:
        for variant, target in manifest.targets() if targets is None else targets:
            report(f"resolving {target}")
            try:
                locks.append(_TargetRun(manifest, variant, target, catalogue).lock())
            except (ResolutionError, BlacklistError) as error:
                failures.append(error)
    finally:
        catalogue.close()
    if failures:
        kind = BlacklistError if all(isinstance(error, BlacklistError) for error in failures) else ResolutionError
        raise kind(_join_identical(problem for error in failures for problem in error.problems))
    return tuple(locks)
