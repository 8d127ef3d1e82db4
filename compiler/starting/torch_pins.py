"""Torch lines of a draft that contradict what PyTorch has released. Pure; of releases not known nothing is said."""

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Problem, Target
from locks.target import PLATFORMS, VARIANTS

from ..manifest.requirement import line_of
from ..torch.companions import COMPANIONS, torch_needs
from ..torch.cuda import TORCH
from ..torch.releases import source_of, torch_releases
from ..torch.validity import is_pytorch
from .draft import CONTRADICTION, DraftVariant, Wanted, lines_of, places_of, specifier_of


def _pinned(specifier: SpecifierSet) -> Version | None:
    """Give the one version an exact pin names."""
    pins = (item.version for item in specifier if item.operator == "==" and not item.version.endswith(".*"))
    return next(map(Version, pins), None)


def admits_release(specifier: SpecifierSet, release: Version) -> bool:
    """Say whether some build of the release, labelled or not, is admitted."""
    return not (specifier & SpecifierSet(f"=={release.public}")).to_range().is_empty


def torch_needed(companion: NormalizedName, specifier: SpecifierSet) -> list[SpecifierSet]:
    """Give the torch that each admitted release of a companion goes with; empty when none of them is known."""
    return [torch for release, torch in torch_needs(companion).items() if admits_release(specifier, release)]


def _unpaired(torch: tuple[Wanted, ...], name: NormalizedName, lines: tuple[Wanted, ...]) -> Problem | None:
    admitted = specifier_of(torch)
    needed = torch_needed(name, specifier_of(lines)) if torch and lines else []
    if not needed or any(not (admitted & needs).to_range().is_empty for needs in needed):
        return None
    pinned = _pinned(admitted)
    fitting = (own for own, needs in torch_needs(name).items() if pinned and pinned.public in needs)
    partner = next(fitting, None)
    return Problem(
        code=CONTRADICTION,
        where=places_of([*torch, *lines]),
        expected=f"a {name} made for the torch beside it",
        found=f"{lines_of(torch)} and {lines_of(lines)}, which needs torch{needed[0]}",
        hint=f"{name} {partner} goes with torch {pinned.public}" if pinned and partner else "",
        because=(source_of("pairing"),),
    )


def _mislabelled(variant: DraftVariant, item: Wanted, pinned: Version) -> Problem | None:
    label = (pinned.local or "").partition(".")[0]
    if label not in VARIANTS or label == variant.name:
        return None
    return Problem(
        code=CONTRADICTION,
        where=f"{item.where}, variant {variant.name}",
        expected=f"a {variant.name} build of torch",
        found=f"{line_of(item.requirement)!r}, a {label} build",
        hint=f"give variant {label} a table of its own",
    )


def _unbuilt(variant: DraftVariant, target: Target, item: Wanted, pinned: Version) -> Problem | None:
    platform = target.platform.name
    release = next((known for known in torch_releases() if known.version.public == pinned.public), None)
    unjudged = bool(variant.index) and not is_pytorch(variant.index)
    if release is None or unjudged or release.may_be(variant.name, platform):
        return None
    # One that was made for no platform is told once, not for each.
    exists = any(release.may_be(variant.name, name) for name in PLATFORMS)
    places = [platform] if exists else list(PLATFORMS)
    built = [name for name in VARIANTS[1:] if any(release.may_be(name, place) for place in places)]
    return Problem(
        code=CONTRADICTION,
        where=f"{item.where}, variant {variant.name}",
        expected=f"a {variant.name} build of torch {pinned.public}{f' for {platform}' if exists else ''}",
        found="none was ever made",
        hint=f"it was built for {', '.join(built)}" if built else f"leave {platform} out",
        because=(source_of("releases.variants"),),
    )


def judge_torch(variant: DraftVariant, target: Target, wanted: tuple[Wanted, ...]) -> Iterator[Problem]:
    """Give what the lines that hold on the target contradict: releases that do not pair, builds that never were."""
    torch = tuple(item for item in wanted if item.name == TORCH)
    for name in COMPANIONS:
        if problem := _unpaired(torch, name, tuple(item for item in wanted if item.name == name)):
            yield problem
    for item in torch:
        if pinned := _pinned(item.requirement.specifier):
            found = _mislabelled(variant, item, pinned) or _unbuilt(variant, target, item, pinned)
            if found:
                yield found
