"""Why no choice was possible: who asks for what, which releases there are, and what became of each. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Problem

from .choices import Choices, name_of
from .provider import Information
from .wheels import Wheel, platforms_with, rank_tags, shelve

_ABSENT = ("no page of it", "no wheel of it", "no such place")
_MAX_GROUPS = 4
"""Reasons told for one package; the newest releases' come first."""

Askers = dict[str, Requirement]
"""Words for who asks -> what is asked."""


def _way_to(name: NormalizedName, choices: Choices) -> tuple[str, ...]:
    """Give the packages from one of the manifest's lines down to what requires `name`, the shortest way; may be ()."""
    askers = choices.askers()
    paths: list[tuple[NormalizedName, ...]] = [(name,)]
    seen = {name}
    while paths:
        for path in paths:
            if path[0] in choices.roots:
                return path[:-1]
        further = [(asker, *path) for path in paths for asker in sorted(askers.get(path[0], ())) if asker not in seen]
        seen |= {path[0] for path in further}
        paths = further
    return ()


def _asker(cause: Information, choices: Choices) -> str:
    if cause.parent is None:
        return f"{cause.requirement} (from the manifest)"
    parent = cause.parent.wheel
    way = _way_to(parent.name, choices)
    through = f", through {' -> '.join(way)}" if way else ""
    return f"{cause.requirement} (from {parent.name} {parent.version}{through})"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())


def _left_out(name: NormalizedName, choices: Choices) -> list[str]:
    """Say why releases were left out, a line for each reason, newest first."""
    by_reason: dict[str, list[Version]] = {}
    dropped = choices.dropped.get(name, {})
    for version in sorted(map(Version, dropped), reverse=True):
        by_reason.setdefault(dropped[str(version)], []).append(version)
    lines = []
    for reason, versions in list(by_reason.items())[:_MAX_GROUPS]:
        oldest = f"{versions[-1]} to " if len(versions) > 1 else ""
        lines.append(f"{name} {oldest}{versions[0]} {reason}")
    if more := sum(map(len, list(by_reason.values())[_MAX_GROUPS:])):
        lines.append(f"{more} older releases of {name} for like reasons")
    return lines


def _on_offer(name: NormalizedName, askers: Askers, choices: Choices) -> list[str]:
    """Say what there is, and how much of it each asker would take."""
    shelf = choices.shelf(name)
    newest = next(iter(shelf.wheels), None)
    lines = [
        f"releases of {name} with a wheel that fits: {len(shelf.wheels)}" + (f", {newest} the newest" if newest else "")
    ]
    for asker, requirement in askers.items():
        met = sum(1 for _ in requirement.specifier.filter(shelf.wheels, prereleases=True))
        lines.append(f"{asker} admits {met} of them")
    if shelf.refused:
        lines.append(f"wheels of {name} passed over: {_counts(shelf.refused)}")
    return lines


def _nowhere(name: NormalizedName, choices: Choices) -> Problem:
    """Tell an unknown name from one that has sources only, and from indexes that were not asked."""
    answers, sources = choices.whereabouts(name)
    if sources:
        code, found = "only-sources", f"{sources} files of it, none of them a wheel"
        hint = "build a wheel of it on a machine of each kind, and name the folder in pip's find-links"
    elif answers and all(each.answer in _ABSENT or each.answer.startswith("status 4") for each in answers):
        code, found = "unknown-package", "no such project"
        hint = "check the spelling, and that pip's configuration names the index that has it"
    else:
        code, found = "no-wheel", "no wheel at all" if answers else "no index to ask (pip's configuration has no-index)"
        hint = "only wheels can be installed offline; see what each place answered"
    return Problem(
        code=code,
        where=f"{choices.target}: {name}",
        expected="wheels of it",
        found=found,
        hint=hint,
        because=tuple(f"{each.place}: {each.answer}" for each in answers),
    )


def _elsewhere(name: NormalizedName, askers: Askers, wheels: tuple[Wheel, ...], choices: Choices) -> Problem:
    """Tell of releases that would do, had they a wheel for the target."""
    there = platforms_with(wheels, variant=choices.target.variant, python=choices.target.python)
    refused = shelve(wheels, target=choices.target, rank=rank_tags(choices.target.tags())).refused
    known = f"; there are some for {', '.join(there)}" if there else ""
    return Problem(
        code="no-wheel",
        where=f"{choices.target}: {name}",
        expected=f"a wheel for {choices.target.platform.name} and Python {choices.target.python}"
        f" that meets {' and '.join(askers)}",
        found=f"wheels, but {_counts(refused)}{known}",
        hint="only wheels can be installed offline; ask for a release that has one, or leave the platform out",
        because=tuple(_on_offer(name, askers, choices)) if choices.shelf(name).wheels else (),
    )


def _clash(name: NormalizedName, askers: Askers, choices: Choices) -> Problem:
    left_out = _left_out(name, choices)
    return Problem(
        code="versions-clash",
        where=f"{choices.target}: {name}",
        expected=f"one version that meets {' and '.join(askers)}",
        found=f"none; left out: {left_out[0]}" if left_out else f"none of {len(choices.shelf(name).wheels)} on offer",
        hint="loosen one of these requirements",
        because=(*_on_offer(name, askers, choices), *(f"left out: {line}" for line in left_out[1:])),
    )


def _lacking(name: NormalizedName, choices: Choices) -> Problem | None:
    """Tell of the package further down whose missing wheel is what rules the newest release of `name` out."""
    dropped = choices.dropped.get(name, {})
    wheels = choices.shelf(name).wheels
    newest = max((version for version in wheels if str(version) in dropped), default=None)
    requirement = choices.lacking.get(wheels[newest]) if newest else None
    if requirement is None:
        return None
    would_do = tuple(wheel for wheel in choices.on_page(name_of(requirement)) if wheel.version in requirement.specifier)
    problem = _elsewhere(name_of(requirement), {str(requirement): requirement}, would_do, choices)
    return replace(problem, because=tuple(f"left out: {line}" for line in _left_out(name, choices)))


def _judge(name: NormalizedName, askers: Askers, choices: Choices) -> Problem:
    wanted = SpecifierSet(",".join(str(item.specifier) for item in askers.values() if item.specifier))
    page = choices.on_page(name)
    would_do = tuple(wheel for wheel in page if wanted.contains(wheel.version, prereleases=True))
    fits = any(wanted.contains(version, prereleases=True) for version in choices.shelf(name).wheels)
    if not page:
        return _nowhere(name, choices)
    if would_do and not fits:
        return _elsewhere(name, askers, would_do, choices)
    return _lacking(name, choices) or _clash(name, askers, choices)


def describe(causes: Iterable[Information], choices: Choices) -> list[Problem]:
    """Put a deadlock in words: a problem for each package that nothing could be chosen of."""
    by_name: dict[NormalizedName, Askers] = {}
    for cause in causes:
        by_name.setdefault(name_of(cause.requirement), {})[_asker(cause, choices)] = cause.requirement
    for name, askers in by_name.items():
        askers.update({f"{root} (from the manifest)": root for root in choices.roots.get(name, ())})
    return [_judge(name, askers, choices) for name, askers in sorted(by_name.items())]
