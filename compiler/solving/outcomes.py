"""What became of a project's releases on one target, in words: on offer, refused, or left out, and why. Pure."""

from collections.abc import Collection, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from ..offers.spans import spans
from .choices import Choices

_MAX_REASONS = 4
"""Reasons told for one package; the newest releases' come first."""
_MAX_SPANS = 4

Askers = Mapping[str, Requirement]
"""Words for who asks -> what is asked."""


def releases(name: NormalizedName, choices: Choices) -> frozenset[Version]:
    """Give the releases that have a wheel for any target; of the pre-releases only those that were looked at."""
    final = {wheel.version for wheel in choices.on_page(name) if not wheel.version.is_prerelease}
    return frozenset(final | set(map(Version, choices.dropped.get(name, ()))))


def _by_reason(name: NormalizedName, reasons: Mapping[Version, object], choices: Choices) -> list[str]:
    """Tell each reason once with all its releases, that of the newest release first."""
    grouped: dict[str, list[Version]] = {}
    for version in sorted(reasons, reverse=True):
        grouped.setdefault(str(reasons[version]), []).append(version)
    known = releases(name, choices)
    told = list(grouped.items())[:_MAX_REASONS]
    lines = [f"{name} {spans(versions, known, most=_MAX_SPANS)} {reason}" for reason, versions in told]
    if more := len(reasons) - sum(len(versions) for _, versions in told):
        lines.append(f"{more} older releases of {name} for other reasons")
    return lines


def left_out(name: NormalizedName, choices: Choices) -> list[str]:
    """Say which releases no solution can hold, and why."""
    return _by_reason(name, {Version(text): why for text, why in choices.dropped.get(name, {}).items()}, choices)


def refused(name: NormalizedName, versions: Collection[Version], choices: Choices) -> list[str]:
    """Say which of some releases the target cannot take, and why; of pre-releases only where there are no others."""
    reasons = {version: why for version, why in choices.shelf(name).refused.items() if version in versions}
    final = {version: why for version, why in reasons.items() if not version.is_prerelease}
    return _by_reason(name, final or reasons, choices)


def on_offer(name: NormalizedName, askers: Askers, choices: Choices) -> list[str]:
    """Say what there is for the target, how much of it each asker would take, and what else they would."""
    on_shelf = choices.shelf(name).wheels
    newest = next(iter(on_shelf), None)
    lines = [
        f"releases of {name} with a wheel that fits: {len(on_shelf)}" + (f", {newest} the newest" if newest else "")
    ]
    for asker, requirement in askers.items():
        met = set(requirement.specifier.filter(on_shelf, prereleases=True))
        final = {version for version in met if not version.is_prerelease} or met
        lines.append(f"{asker} admits {spans(final, releases(name, choices), most=_MAX_SPANS) or 'none of them'}")
    wanted = {
        version
        for version in choices.shelf(name).refused
        if any(asked.specifier.contains(version, prereleases=True) for asked in askers.values())
    }
    return lines + refused(name, wanted, choices)
