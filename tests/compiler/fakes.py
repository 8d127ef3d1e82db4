"""Stand-ins for the compiler's edges: targets, links and a whole catalogue, all in memory."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, TypedDict

from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, Target
from locks.index import Http, IndexSettings, Link, Presence
from locks.metadata import WheelMetadata
from locks.target import DEFAULT_FLOORS, PLATFORMS

from compiler.assemble import assemble
from compiler.manifest.model import Manifest
from compiler.offers.catalogue import Catalogue
from compiler.offers.wheels import NO_CUTOFF, Cutoff, Wheel, wheels_among
from compiler.solving.closure import TargetRun

PURE = "py3-none-any"


class Release(TypedDict, total=False):
    """One release of a project; a key left out says nothing."""

    requires: list[str]
    requires_python: str
    requires_python_in: Literal["page", "metadata"]
    """Where alone the limit stands; by default in both places."""
    tags: list[str]
    """One wheel for each; "1-py3-none-any" has a build tag."""
    yanked: bool
    uploaded: str
    """The day, as "2025-01-31"; a release without one has no time of upload."""


Index = Mapping[str, Mapping[str, Release]]
"""Project -> version -> release."""


def make_target(variant: str = "cpu", platform: str = "linux-x86_64", python: str = "3.11") -> Target:
    """A target with the default floor of its platform."""
    chosen = PLATFORMS[platform]
    floor = DEFAULT_FLOORS[chosen.floor_of] if chosen.floor_of else None
    return Target(variant=variant, platform=chosen, python=python, floor=floor)


def make_link(
    filename: str, *, requires_python: str | None = None, yanked: bool = False, uploaded: str | None = None
) -> Link:
    """A link to a file that need not exist, uploaded at noon of a day if one is given."""
    return Link(
        filename=filename,
        url=f"https://index.invalid/{filename}",
        requires_python=requires_python,
        yanked=yanked,
        upload_time=f"{uploaded}T12:00:00Z" if uploaded else None,
    )


def make_wheel_on(index: str, name: str, version: str, tag: str = PURE, *, uploaded: str | None = None) -> Wheel:
    """A wheel as the catalogue gives it."""
    link = make_link(f"{name.replace('-', '_')}-{version}-{tag}.whl", uploaded=uploaded)
    (wheel,) = wheels_among([link], name=canonicalize_name(name), index=index)
    return wheel


@cache
def _no_http() -> Http:
    return Http(IndexSettings(index_urls=()))


class FakeCatalogue(Catalogue):
    """A catalogue of what the given indexes hold, by alias; takes no look ahead."""

    def __init__(self, indexes: Mapping[str, Index], *, cutoff: Cutoff = NO_CUTOFF) -> None:
        super().__init__(_no_http(), {}, cutoff=cutoff)
        self.read: list[str] = []
        """File names of the wheels whose metadata was asked for."""
        self._links: dict[tuple[NormalizedName, str], list[Link]] = {}
        self._contents: dict[Link, WheelMetadata] = {}
        for alias, index in indexes.items():
            for name, releases in index.items():
                self._links[canonicalize_name(name), alias] = [
                    self._list(alias, name, version, tag, release)
                    for version, release in releases.items()
                    for tag in release.get("tags", [PURE])
                ]

    def _list(self, alias: str, name: str, version: str, tag: str, release: Release) -> Link:
        limit, where = release.get("requires_python"), release.get("requires_python_in")
        filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        link = make_link(
            filename,
            requires_python=None if where == "metadata" else limit,
            yanked=release.get("yanked", False),
            uploaded=release.get("uploaded"),
        )._replace(url=f"https://{alias}.invalid/{filename}")
        self._contents[link] = WheelMetadata(
            requires_dist=tuple(release.get("requires", ())), requires_python=None if where == "page" else limit
        )
        return link

    def wheels(self, name: NormalizedName, *, index: str) -> tuple[Wheel, ...]:
        """Give the wheels of a project; an unknown one has none."""
        return wheels_among(self._links.get((name, index), ()), name=name, index=index)

    def whereabouts(self, name: NormalizedName, *, index: str) -> tuple[tuple[Presence, ...], int]:
        """Know nothing of any name: it is asked only about those that have no wheel."""
        return (Presence(place=f"https://{index}.invalid/simple", answer="status 404"),), 0

    def metadata(self, wheel: Wheel) -> WheelMetadata:
        """Give the metadata, and note that it was asked for."""
        self.read.append(wheel.link.filename)
        return self._contents[wheel.link]

    def foresee(self, look: Callable[[], None]) -> None:
        """Look at nothing: whatever is read was asked for."""


def runs_from(manifest: Manifest, indexes: Mapping[str, Index]) -> list[TargetRun]:
    """The runs of all targets of a manifest, over indexes by alias."""
    catalogue = FakeCatalogue(indexes, cutoff=manifest.cutoff)
    return [TargetRun(manifest, *pair, catalogue) for pair in manifest.targets()]


def locks_from(manifest: Manifest, indexes: Mapping[str, Index]) -> tuple[Lock, ...]:
    """What `compile` makes of a manifest and indexes by alias; every wheel has the same digest and size."""
    closures = [run.close({}) for run in runs_from(manifest, indexes)]
    return tuple(
        assemble(
            manifest,
            closure,
            digests=dict.fromkeys(closure.graph.wheels, ("0" * 64, 1000)),
            licences=dict.fromkeys(closure.graph.wheels, "MIT"),
        )
        for closure in closures
    )
