"""Why one package differs between a lock and pip-compile's pins, seen by itself: rules, the most telling first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks.metadata import applies, parse_requirement

from ..solving.choices import name_of
from .comparison import Comparison, holds
from .pins import Pin
from .refusals import from_another_index, refused_here, refused_there, requires_in_vain, yanked_here

Cause = Literal[
    "build",
    "dropped",
    "blacklisted",
    "index",
    "wheel",
    "yanked",
    "requires",
    "pre-release",
    "marker",
    "extra",
    "follows",
    "kept",
    "aligned",
    "unknown",
]
Rule = Callable[[Comparison, NormalizedName], str]
"""Gives the reason in words; empty where the rule has none."""


def _another_build(both: Comparison, name: NormalizedName) -> str:
    ours, theirs = both.ours(name), both.theirs(name)
    return "another build of the same release" if ours and theirs and ours.public == theirs.public else ""


def _below(
    pins: Mapping[NormalizedName, Pin],
    start: set[NormalizedName],
    cut: frozenset[tuple[NormalizedName, NormalizedName]] = frozenset(),
) -> set[NormalizedName]:
    """Give what is reached from `start` along pip-compile's own edges, but for those `cut`."""
    reached: set[NormalizedName] = set()
    fresh = start
    while fresh:
        reached |= fresh
        fresh = {
            name
            for name, pin in pins.items()
            if name not in reached and any(asker in fresh and (asker, name) not in cut for asker in pin.askers)
        }
    return reached


def _dropped(both: Comparison, name: NormalizedName) -> str:
    """Drops cannot be told to pip-compile: what they keep out is in its result, and what they would bind is bound."""
    ours, pins = both.ours(name), both.pins
    cut = frozenset((drop.package, drop.requires) for drop in both.lock.drops)
    given = {root for root, pin in pins.items() if pin.is_root}
    comes_by_drop = ours is None and name not in _below(pins, given, cut)
    for drop in both.lock.drops:
        if comes_by_drop and name in _below(pins, {drop.requires}):
            return f"below the dropped edge {drop.package} -> {drop.requires} ({drop.reason})"
        if ours and drop.requires == name and drop.package in pins:
            for line in both.lines_there(drop.package):
                if name_of(line) == name and not line.specifier.contains(ours, prereleases=True):
                    return f"the dropped edge {drop.package} -> {line} binds pip-compile ({drop.reason})"
    return ""


def _blacklisted(both: Comparison, name: NormalizedName) -> str:
    reason = both.lock.blacklist.get(name)
    return f"blacklisted here ({reason})" if reason is not None and both.ours(name) is None else ""


def _pre_release(both: Comparison, name: NormalizedName) -> str:
    ours, theirs = both.ours(name), both.theirs(name)
    differs = ours and theirs and ours.is_prerelease != theirs.is_prerelease
    return "pre-releases are admitted by other rules than pip's" if differs else ""


def _common_lines(both: Comparison, name: NormalizedName) -> Iterator[tuple[str, Requirement]]:
    """Give what the lines that were given, and the packages that are the same on both sides, say of `name`."""
    for text in both.lock.requirements:
        yield "the manifest", parse_requirement(text)
    askers = {wheel.name for wheel in both.lock.wheels if name in wheel.dependencies}
    askers |= both.pins[name].askers if name in both.pins else set()
    for asker in sorted(askers - set(both.differing())):
        version = both.wheels[asker].version
        yield from ((f"{asker} {version}", line) for line in both.all_lines(asker, version))


def _by_marker(both: Comparison, name: NormalizedName) -> str:
    for owner, line in _common_lines(both, name):
        here, there = holds(line, both.target_environment()), holds(line, both.host.environment)
        if name_of(line) == name and here != there:
            return f"{owner} requires {line}: {both.telling_variables(line)}"
    return ""


def _by_extra(both: Comparison, name: NormalizedName) -> str:
    if both.ours(name) and both.theirs(name):
        return ""
    environment = both.target_environment()
    for owner, line in _common_lines(both, name):
        if name_of(line) == name and holds(line, environment) and not applies(line, environment, frozenset()):
            return f"{owner} requires it for an extra that is asked for on one side only ({line})"
    return ""


RULES: tuple[tuple[Cause, Rule], ...] = (
    ("build", _another_build),
    ("dropped", _dropped),
    ("blacklisted", _blacklisted),
    ("index", from_another_index),
    ("wheel", refused_here),
    ("wheel", refused_there),
    ("yanked", yanked_here),
    ("requires", requires_in_vain),
    ("pre-release", _pre_release),
    ("marker", _by_marker),
    ("extra", _by_extra),
)


def direct_cause(both: Comparison, name: NormalizedName) -> tuple[Cause, str] | None:
    """Give the first rule's reason why `name` differs; None where it can only follow from something else."""
    for cause, rule in RULES:
        if reason := rule(both, name):
            return cause, reason
    return None
