"""What one target asks for of torch, and the edits of the manifest that would let it have one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from locks import Target
from locks.target import PYTHONS, VARIANTS

from .releases import TorchRelease, torch_releases

_OWN_INDEX = "the variant's own index (index, from-index)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one target asks for of torch."""

    target: Target
    lines: str
    """The manifest's lines about torch, as a person reads them."""
    admitted: tuple[TorchRelease, ...]
    """The releases that the lines let in, oldest first; none where they are not to be judged."""
    labels: frozenset[str]
    """Variants that the lines name by a local version label."""
    plain: bool
    """Whether torch comes from the ordinary index and no other: one unlabelled build for each release."""

    def is_built(self, release: TorchRelease) -> bool:
        """Say whether the facts let there be a build of that release for variant and platform."""
        return release.may_be(self.target.variant, self.target.platform.name)

    def is_at_hand(self, release: TorchRelease) -> bool:
        """Say whether that build is where torch comes from."""
        there = ("cpu", release.ordinary_variant(self.target.platform.name))
        return self.is_built(release) and (self.target.variant in there or not self.plain)

    def runs(self, release: TorchRelease) -> bool:
        """Say whether that release has wheels for the target's Python."""
        return release.runs_on(self.target.python, self.target.platform.name)


def join_or(names: Iterable[object]) -> str:
    """Join names as alternatives: "a, b or c"."""
    *most, last = map(str, names)
    return f"{', '.join(most)} or {last}" if most else last


def _nearest(case: Case, fits: Callable[[TorchRelease], bool]) -> list[str]:
    """Name the releases next to the admitted ones, below and above, that fit."""
    fitting = [release.version for release in torch_releases() if fits(release)]
    below = [version for version in fitting if version < case.admitted[0].version]
    above = [version for version in fitting if version > case.admitted[-1].version]
    return [str(version) for version in (*below[-1:], *above[:1])]


def release_at_hand(case: Case) -> list[str]:
    """Name the nearest releases that the target could have, from where torch comes from."""
    near = _nearest(case, lambda release: case.is_at_hand(release) and case.runs(release))
    return [f"take torch {join_or(near)}"] if near else []


def release_anywhere(case: Case) -> list[str]:
    """Name the nearest releases that the target could have, from an index of its variant."""
    near = _nearest(case, lambda release: case.is_built(release) and case.runs(release))
    return [f"take torch {join_or(near)} from {_OWN_INDEX}"] if near else []


def other_variant(case: Case) -> list[str]:
    """Name the variants that the admitted releases do have, where torch comes from."""
    platform = case.target.platform.name
    releases = list(filter(case.runs, case.admitted))
    if case.plain:
        found = {release.ordinary_variant(platform) for release in releases}
    else:
        found = {variant for release in releases for variant, places in release.built.items() if platform in places}
    return [f"take variant {join_or(variant for variant in VARIANTS if variant in found)}"] if found else []


def own_build(case: Case) -> list[str]:
    """Say how to come by the variant's own build of an admitted release."""
    releases = [release for release in case.admitted if case.is_built(release) and case.runs(release)]
    if not releases:
        return []
    label = f"torch=={releases[-1].version}+{case.target.variant}"
    return [f"take it from {_OWN_INDEX}", f"pin {label} if your ordinary index has that"]


def other_python(case: Case) -> list[str]:
    """Name the Pythons that the variant has any torch for, where the target's is none of them."""
    platform = case.target.platform.name
    built = list(filter(case.is_built, torch_releases()))
    found = [python for python in PYTHONS if any(release.runs_on(python, platform) for release in built)]
    return [f"take Python {join_or(found)}"] if found and case.target.python not in found else []
