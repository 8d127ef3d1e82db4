"""Why no choice was possible: who asks for what, which releases there are, and what became of each. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from locks import Problem

from ..offers.elsewhere import platforms_with, pythons_with
from ..offers.wheels import Bar, Wheel
from .choices import Choices, name_of
from .outcomes import Askers, left_out, on_offer, refused
from .provider import Information

_ABSENT = ("no page of it", "no wheel of it", "no such place")
_BARRED = {Bar.YANKED: "only-yanked", Bar.DATE: "too-new"}
_HINTS = {
    "no-wheel": "only wheels install offline: take another release, raise [stack] floors, or leave the platform out",
    "only-yanked": "ask for another release, or pin the yanked one exactly if it must be",
    "too-new": "ask for an older release, move the day of exclude-newer, or name the index in its `undated`",
}


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
    """Tell of releases that would do, had they a wheel that the target may take."""
    target, shelf = choices.target, choices.shelf(name)
    would_do = {wheel.version for wheel in wheels}
    bar = max(refusal.bar for version, refusal in shelf.refused.items() if version in would_do)
    if bar in (Bar.YANKED, Bar.DATE):
        code, known = _BARRED[bar], ""
    elif there := platforms_with(wheels, target):
        code, known = "no-wheel", f"; there are some for {', '.join(there)}"
    else:
        pythons = pythons_with(wheels, target)
        code, known = "no-wheel", f"; there are some for Python {', '.join(pythons)}" if pythons else ""
    facts = refused(name, would_do, choices) if not shelf.wheels else on_offer(name, askers, choices)
    return Problem(
        code=code,
        where=f"{target}: {name}",
        expected=f"a wheel for the target that meets {' and '.join(askers)}",
        found=f"none{known}",
        hint=_HINTS[code],
        because=tuple(facts),
    )


def _clash(name: NormalizedName, askers: Askers, choices: Choices) -> Problem:
    reasons = left_out(name, choices)
    return Problem(
        code="versions-clash",
        where=f"{choices.target}: {name}",
        expected=f"one version that meets {' and '.join(askers)}",
        found=f"none; left out: {reasons[0]}" if reasons else "none of those on offer",
        hint="loosen one of these requirements",
        because=(*on_offer(name, askers, choices), *(f"left out: {line}" for line in reasons[1:])),
    )


def _lacking(name: NormalizedName, choices: Choices) -> Problem | None:
    """Tell of the package further down whose missing wheel is what rules the newest release of `name` out."""
    dropped = choices.dropped.get(name, {})
    wheels = choices.shelf(name).wheels
    newest = max((version for version in wheels if str(version) in dropped), default=None)
    requirement = choices.lacking.get(wheels[newest]) if newest else None
    if requirement is None:
        return None
    further = name_of(requirement)
    would_do = tuple(wheel for wheel in choices.on_page(further) if wheel.version in requirement.specifier)
    problem = _elsewhere(further, {str(requirement): requirement}, would_do, choices)
    return replace(problem, because=(*(f"left out: {line}" for line in left_out(name, choices)), *problem.because))


def _judge(name: NormalizedName, askers: Askers, choices: Choices) -> Problem:
    wanted = SpecifierSet(",".join(str(item.specifier) for item in askers.values() if item.specifier))
    page = choices.on_page(name)
    would_do = tuple(wheel for wheel in page if wanted.contains(wheel.version, prereleases=True))
    fits = any(wanted.contains(version, prereleases=True) for version in choices.shelf(name).wheels)
    if not page:
        return _nowhere(name, choices)
    if would_do and not fits and not choices.matching(name, askers.values()):  # which a yanked one may be, if pinned
        return _elsewhere(name, askers, would_do, choices)
    return _lacking(name, choices) or _clash(name, askers, choices)


def describe(causes: Iterable[Information], choices: Choices) -> list[Problem]:
    """Put a deadlock in words: a problem for each package that nothing could be chosen of."""
    by_name: dict[NormalizedName, dict[str, Requirement]] = {}
    for cause in causes:
        by_name.setdefault(name_of(cause.requirement), {})[_asker(cause, choices)] = cause.requirement
    for name, askers in by_name.items():
        askers.update({f"{root} (from the manifest)": root for root in choices.roots.get(name, ())})
    return [_judge(name, askers, choices) for name, askers in sorted(by_name.items())]
