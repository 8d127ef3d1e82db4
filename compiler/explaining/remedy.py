"""Changes to a manifest that might help, thought of: lines loosened, kept to other platforms, left out, edges cut."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Drop, Platform

from ..errors import ResolutionError
from ..solving.choices import name_of
from ..solving.closure import TargetRun
from ..solving.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change to a manifest's lines."""

    words: str
    without: frozenset[Requirement] = frozenset()
    added: tuple[Requirement, ...] = ()
    drops: tuple[Drop, ...] = ()
    price: tuple[str, ...] = ()
    """What it costs whatever else moves."""

    def solve(self, run: TargetRun, aside: Collection[Requirement] = ()) -> Graph:
        """Solve and judge the manifest as it would be, without the lines `aside`, which others have to mend.

        Raises:
            ResolutionError, BlacklistError: it would not help.
        """
        lines = [line for line in run.requirements if line not in self.without and line not in aside]
        graph = run.youngest((*lines, *self.added), drops=(*run.manifest.drops, *self.drops))
        run.judge(graph)
        return graph


def together(edits: Sequence[Edit]) -> Edit:
    """Make one change of several."""
    return Edit(
        words="; ".join(edit.words for edit in edits),
        without=frozenset(line for edit in edits for line in edit.without),
        added=tuple(line for edit in edits for line in edit.added),
        drops=tuple(drop for edit in edits for drop in edit.drops),
        price=tuple(line for edit in edits for line in edit.price),
    )


def _without_specifier(line: Requirement) -> Requirement:
    bare = Requirement(str(line))
    bare.specifier = SpecifierSet()
    return bare


def _loosened(line: Requirement, version: Version) -> Requirement:
    """Give the line with as little changed as lets it admit `version`."""

    def mended(item: Specifier) -> Iterator[str]:
        if item.contains(version, prereleases=True):
            yield str(item)
        elif item.operator in (">", ">=", "~="):
            yield f">={version.public}"
        elif item.operator in ("==", "==="):
            yield f"=={version.public}"

    wider = Requirement(str(line))
    wider.specifier = SpecifierSet(",".join(text for item in line.specifier for text in mended(item)))
    return wider


def _other_platforms(failing: Collection[Platform], every: Iterable[Platform]) -> str:
    """Give the marker that holds on `every` platform but those failing; empty where there are no others."""
    others = [platform for platform in every if platform not in failing]
    systems = {platform.sys_platform for platform in others}
    conditions = [
        f"sys_platform != '{platform.sys_platform}'"
        if platform.sys_platform not in systems
        else f"(sys_platform != '{platform.sys_platform}' or platform_machine != '{platform.machine}')"
        for platform in failing
    ]
    return " and ".join(sorted(set(conditions))) if others else ""


def edits_for_clash(
    runs: Sequence[TargetRun],
    lines: Sequence[Requirement],
    *,
    aside: Collection[Requirement] = (),
    platforms: Collection[Platform] = (),
) -> Iterator[Edit]:
    """Think of ways to make `lines`, which clash on all `runs`, meet: one of them loosened, kept to the others of
    `platforms`, or left out. The lines `aside` are wrong for reasons of their own.
    """
    for line in lines:
        bare = _without_specifier(line)
        with suppress(ResolutionError):
            lowest = min(
                run.solve([*(it for it in run.requirements if it != line and it not in aside), bare])
                .wheels[name_of(line)]
                .version
                for run in runs
            )
            wider = _loosened(line, lowest)
            yield Edit(words=f"change '{line}' to '{wider}'", without=frozenset([line]), added=(wider,))
    failing = list(dict.fromkeys(run.target.platform for run in runs))
    if marker := _other_platforms(failing, platforms):
        for line in lines:
            if line.marker is None:
                elsewhere = Requirement(f"{line} ; {marker}")
                yield Edit(words=f"change '{line}' to '{elsewhere}'", without=frozenset([line]), added=(elsewhere,))
    for line in lines:
        yield Edit(words=f"leave out '{line}'", without=frozenset([line]))


def _names(chains: Iterable[tuple[Requirement, ...]]) -> set[NormalizedName]:
    return {name_of(line) for chain in chains for line in chain}


def _lines_to(clean: Graph, before: Graph, chains: Iterable[tuple[Requirement, ...]]) -> tuple[Requirement, ...]:
    """Give the lines that lead to the clean graph: on each chain, the package nearest its end that moved is held."""
    lines = {}
    for chain in chains:
        for link in reversed(chain[:-1]):
            name = name_of(link)
            if name in clean.wheels and clean.wheels[name].version != before.wheels[name].version:
                lines[name] = Requirement(f"{name}=={clean.wheels[name].version.public}")
                break
    return tuple(line for _, line in sorted(lines.items()))


def _nearest_clean(run: TargetRun, before: Graph, chains: Sequence[tuple[Requirement, ...]]) -> Iterator[Edit]:
    with suppress(ResolutionError):
        clean = run.solve(run.requirements, forbidden=run.manifest.blacklist, first=_names(chains))
        if lines := _lines_to(clean, before, chains):
            words = " and ".join(f"'{line}'" for line in lines)
            yield Edit(words=f"add {words} to the requirements", added=lines)


def edits_for_ban(before: Mapping[TargetRun, Graph]) -> Iterator[Edit]:
    """Think of ways round the banned packages in the solutions: the nearest clean releases, by the first target's
    choice; the edges cut; the lines left out.
    """
    chains = {
        run: [
            chain
            for name in sorted(graph.wheels.keys() & run.manifest.blacklist.keys())
            for chain in graph.shortest_chains(name)
        ]
        for run, graph in before.items()
    }
    first = next(iter(before))
    yield from _nearest_clean(first, before[first], chains[first])
    every = [chain for own in chains.values() for chain in own]
    cuts = sorted({(name_of(chain[-2]), name_of(chain[-1])) for chain in every if len(chain) > 1})
    if cuts:
        tables = "; ".join(f'[[drop]] package = "{owner}", requires = "{name}"' for owner, name in cuts)
        yield Edit(
            words=f"cut the edge: {tables}, with a reason",
            drops=tuple(Drop(package=owner, requires=name, reason="") for owner, name in cuts),
            price=tuple(f"{owner} goes without the {name} it declares: try what you use of it" for owner, name in cuts),
        )
    heads = sorted({chain[0] for chain in every}, key=str)
    yield Edit(words=f"do without {' and '.join(map(repr, map(str, heads)))}", without=frozenset(heads))
