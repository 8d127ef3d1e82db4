"""What PyTorch has released: for which CUDA, on which platform and Python. Facts from `cuda.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.version import Version

from locks.target import PLATFORMS

from ..offers.spans import span, spans
from .cuda import facts

Places = Mapping[str, frozenset[str]]
"""Variant -> platforms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchRelease:
    """One release, and the builds of it that there are."""

    version: Version
    built: Places
    unsettled: Places
    """Builds that the facts neither claim nor deny."""
    ordinary: Mapping[str, str]
    """Platform -> the variant that the ordinary index has; the others have a CPU build there."""
    pythons: Mapping[str, tuple[str, ...]]
    """Platform -> Python minors, oldest first."""

    def may_be(self, variant: str, platform: str) -> bool:
        """Say whether the facts let that build exist."""
        places = self.built.get(variant, frozenset()) | self.unsettled.get(variant, frozenset())
        return variant == "cpu" or platform in places

    def runs_on(self, python: str, platform: str) -> bool:
        """Say whether there are wheels for that Python."""
        return python in self.pythons[platform]

    def ordinary_variant(self, platform: str) -> str:
        """Name the variant that the ordinary index has for a platform."""
        return self.ordinary.get(platform, "cpu")


def _places(table: Mapping[str, Mapping[str, list[str]]], patch: str) -> Places:
    return {
        variant: frozenset(platform for platform, patches in platforms.items() if patch in patches)
        for variant, platforms in table.items()
    }


def _release(patch: str, line: Mapping[str, Any]) -> TorchRelease:
    also = line.get("pythons_also", {})
    return TorchRelease(
        version=Version(patch),
        built=_places(line["variants"], patch),
        unsettled=_places(line.get("unsettled", {}), patch),
        ordinary=line["ordinary"],
        pythons={platform: (*line["pythons"], *also.get(platform, ())) for platform in PLATFORMS},
    )


@cache
def torch_releases() -> tuple[TorchRelease, ...]:
    """Give every release that the facts know, oldest first."""
    found = [_release(patch, line) for line in facts()["releases"].values() for patch in line["patches"]]
    return tuple(sorted(found, key=lambda release: release.version))


def source_of(block: str) -> str:
    """Say where a block of the facts was read, and when."""
    return f"{facts()['sources'][block]} say so ({facts()['as_of']})"


@cache
def cuda_platforms() -> tuple[str, ...]:
    """Give the platforms that have any CUDA build."""
    found = {platform for release in torch_releases() for places in release.built.values() for platform in places}
    return tuple(platform for platform in PLATFORMS if platform in found)


def _runs(variant: str, platform: str) -> str:
    """Put in words the releases of a variant on a platform: "2.8.0 to 2.11.0, 2.12.1"; empty for none."""
    known = torch_releases()
    built = [release.version for release in known if release.may_be(variant, platform)]
    return spans(built, (release.version for release in known))


def describe_variant(variant: str) -> str:
    """Say for which torch releases a variant exists, and where."""
    platforms: dict[str, list[str]] = {}
    for platform in cuda_platforms():
        if runs := _runs(variant, platform):
            platforms.setdefault(runs, []).append(platform)
    places = "; ".join(f"{runs} on {', '.join(names)}" for runs, names in platforms.items())
    return f"{variant} for torch {places}"


def describe_pythons(releases: Sequence[TorchRelease]) -> str:
    """Say which Pythons the releases have wheels for, and where that is more."""
    on = {
        platform: list(dict.fromkeys(python for release in releases for python in release.pythons[platform]))
        for platform in PLATFORMS
    }
    everywhere = [python for python in next(iter(on.values())) if all(python in pythons for pythons in on.values())]
    extra = [
        f", and {python} on {platform}"
        for platform, pythons in on.items()
        for python in pythons
        if python not in everywhere
    ]
    return f"Python {span(everywhere)}{''.join(extra)}, for torch {span([item.version for item in releases])}"
