"""A lock held beside pip-compile's pins: every difference, each with its likely reason. Pure but for the look-ups."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from ..solving.choices import name_of
from .causes import Cause, direct_cause
from .comparison import Comparison

Reason = tuple[Cause, str]
Links = Mapping[NormalizedName, Mapping[NormalizedName, str]]
"""Package -> the differing packages it may follow from, each with the words for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A package that a lock and pip-compile have in two versions, or one of them not at all."""

    name: NormalizedName
    ours: Version | None
    theirs: Version | None
    cause: Cause
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.ours or 'none'} here, {self.theirs or 'none'} by pip-compile: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping."""
        versions = {"ours": self.ours and str(self.ours), "theirs": self.theirs and str(self.theirs)}
        return asdict(self) | versions


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """How a lock stands up to a second opinion."""

    differences: tuple[Difference, ...]

    def lines(self) -> list[str]:
        """Say it in words, a line for each difference."""
        if not self.differences:
            return ["cross-check: pip-compile takes the very same versions"]
        return [
            f"cross-check: pip-compile differs in {len(self.differences)}:",
            *(f"  {it}" for it in self.differences),
        ]


def _side(both: Comparison, name: NormalizedName) -> Iterator[tuple[str, Version | None, Requirement]]:
    """Give every line of either side's version of `name`, with its owner in words and the other side's version of
    what it requires.
    """
    if name in both.wheels:
        for line in both.lines_here(name):
            yield f"{name} {both.ours(name)} requires {line}", both.theirs(name_of(line)), line
    if name in both.pins:
        for line in both.lines_there(name):
            yield f"by pip-compile, {name} {both.theirs(name)} requires {line}", both.ours(name_of(line)), line


def _links(both: Comparison, differing: Iterable[NormalizedName]) -> Links:
    """Find what hangs together: a package with who asks for it, and two packages that a line of one side binds."""
    links: dict[NormalizedName, dict[NormalizedName, str]] = {name: {} for name in differing}
    cut = {(drop.package, drop.requires) for drop in both.lock.drops}
    for owner, mine in links.items():
        for words, other, line in _side(both, owner):
            name = name_of(line)
            if name in links and name != owner and (owner, name) not in cut:
                if other is None:
                    links[name].setdefault(owner, words)
                elif not line.specifier.contains(other, prereleases=True):
                    links[name].setdefault(owner, words)
                    mine.setdefault(name, words)
    return links


def _follow(found: dict[NormalizedName, Reason], links: Links) -> None:
    """Explain by what is explained already, until nothing more is."""
    moved = True
    while moved:
        fresh = {
            name: words
            for name, others in links.items()
            if name not in found
            for words in [words for other, words in sorted(others.items()) if other in found][:1]
        }
        found |= {name: ("follows", words) for name, words in fresh.items()}
        moved = bool(fresh)


def _preferred(both: Comparison, name: NormalizedName) -> Reason | None:
    ours, theirs = both.ours(name), both.theirs(name)
    if ours is None or theirs is None:
        return None
    if both.kept.get(name) == ours:
        return "kept", f"kept from the earlier lock; --upgrade-package {name} moves it"
    same = [lock.target.name for lock in both.others if ours in [it.version for it in lock.wheels if it.name == name]]
    return ("aligned", f"the version that {', '.join(same)} has") if same and ours < theirs else None


def differences(both: Comparison) -> tuple[Difference, ...]:
    """Give what differs, by name.

    A reason is sought in the package itself, then in what it hangs together with, then in what was preferred.
    """
    differing = both.differing()
    found = {name: cause for name in differing if (cause := direct_cause(both, name))}
    links = _links(both, differing)
    _follow(found, links)
    found |= {name: cause for name in differing if name not in found and (cause := _preferred(both, name))}
    _follow(found, links)
    unknown: Reason = ("unknown", "no reason found: please report it")
    return tuple(
        Difference(name=name, ours=both.ours(name), theirs=both.theirs(name), cause=cause, reason=reason)
        for name in differing
        for cause, reason in [found.get(name, unknown)]
    )
