"""Changes to a manifest that would help: thought of here, tried by really solving, priced by what moves."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Drop, WayOut

from .age import days_between
from .choices import name_of
from .closure import TargetRun
from .errors import BlacklistError, ResolutionError
from .graph import Graph
from .wheels import Wheel

MAX_WAYS_OUT = 3
_MAX_MOVES = 6
"""Moves told one by one; the rest are counted."""


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


def edits_for_clash(run: TargetRun, lines: Sequence[Requirement], *, aside: Collection[Requirement]) -> Iterator[Edit]:
    """Think of ways to make `lines`, which clash, meet: one of them loosened, for other systems only, or left out."""
    for line in lines:
        others = [other for other in run.requirements if other != line and other not in aside]
        with suppress(ResolutionError):
            found = run.solve([*others, _without_specifier(line)]).wheels[name_of(line)].version
            wider = _loosened(line, found)
            yield Edit(words=f"change '{line}' to '{wider}'", without=frozenset([line]), added=(wider,))
    system = run.target.platform.sys_platform
    for line in lines:
        if line.marker is None:
            elsewhere = Requirement(f"{line} ; sys_platform != '{system}'")
            price = (f"{line.name} is missing on {run.target.platform.name}",)
            yield Edit(
                words=f"change '{line}' to '{elsewhere}'", without=frozenset([line]), added=(elsewhere,), price=price
            )

    for line in lines if len(lines) == 1 else ():
        yield Edit(
            words=f"leave out '{line}'", without=frozenset([line]), price=(f"{line.name} is missing everywhere",)
        )


def edits_for_ban(run: TargetRun, graph: Graph, banned: Iterable[NormalizedName]) -> Iterator[Edit]:
    """Think of ways round banned packages: the nearest clean releases, the edges cut, the lines left out."""
    chains = [chain for name in banned for chain in graph.shortest_chains(name)]
    with suppress(ResolutionError):
        clean = run.solve(run.requirements, forbidden=run.manifest.blacklist, first=_names(chains))
        if lines := _lines_to(clean, graph, chains):
            words = " and ".join(f"'{line}'" for line in lines)
            yield Edit(words=f"add {words} to the requirements", added=lines)
    cuts = sorted({(name_of(chain[-2]), name_of(chain[-1])) for chain in chains if len(chain) > 1})
    if cuts:
        tables = "; ".join(f'[[drop]] package = "{owner}", requires = "{name}"' for owner, name in cuts)
        yield Edit(
            words=f"cut the edge: {tables}, with a reason",
            drops=tuple(Drop(package=owner, requires=name, reason="") for owner, name in cuts),
            price=tuple(f"{owner} goes without the {name} it declares: try what you use of it" for owner, name in cuts),
        )
    heads = sorted({chain[0] for chain in chains}, key=str)
    yield Edit(words=f"do without {' and '.join(map(repr, map(str, heads)))}", without=frozenset(heads))


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


def _older(before: Wheel, after: Wheel) -> str:
    days = days_between(before, after)
    return f" ({days} days older)" if days > 0 else f" ({-days} days newer)" if days else ""


def _moves(before: Graph, after: Graph) -> list[str]:
    moved = [
        f"{name} {before.wheels[name].version} -> {wheel.version}{_older(before.wheels[name], wheel)}"
        for name, wheel in sorted(after.wheels.items())
        if name in before.wheels and before.wheels[name].version != wheel.version
    ]
    more = [f"{len(moved) - _MAX_MOVES} more"] if len(moved) > _MAX_MOVES else []
    gone = sorted(before.wheels.keys() - after.wheels.keys())
    new = sorted(after.wheels.keys() - before.wheels.keys())
    lists = (("moves", moved[:_MAX_MOVES] + more), ("goes", gone), ("comes", new))
    return [f"{verb}: {', '.join(names)}" for verb, names in lists if names]


def _price(run: TargetRun, edit: Edit, after: Graph, before: Graph | None) -> tuple[str, ...]:
    lines = list(edit.price)
    if before is None:
        lines += [
            f"takes {name} {after.wheels[name].version}" for name in map(name_of, edit.added) if name in after.wheels
        ]
    else:
        lines += _moves(before, after) or ["nothing else moves"]
    quiet = [lag for lag in run.lags(after) if not lag.held_by]
    if quiet:
        lines.append(f"oldest pick: {max(quiet, key=lambda lag: lag.days)}")
    return tuple(lines)


def ways_out(
    runs: Iterable[TargetRun],
    edits: Iterable[Edit],
    *,
    before: Graph | None = None,
    aside: Collection[Requirement] = (),
) -> tuple[WayOut, ...]:
    """Try edits on every run, and give those that help on all of them, priced on the first; at most three.

    `before` is the solution that will not do, if there is one; the lines `aside` are wrong for reasons of their own.
    """
    first, *rest = runs
    found = []
    for edit in edits:
        with suppress(ResolutionError, BlacklistError):
            after = edit.solve(first, aside)
            for run in rest:
                edit.solve(run, aside)
            found.append(WayOut(edit=edit.words, price=_price(first, edit, after, before)))
        if len(found) == MAX_WAYS_OUT:
            break
    return tuple(found)
