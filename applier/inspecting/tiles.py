"""The page's map: one tile for each package, as large as it is once installed. Pure.

The map is squared twice, for a wide window and for a tall one; the style sheet takes what fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from locks.sizes import in_words

from .inspection import KINDS, Inspection, Package
from .treemap import Rectangle, squarify
from .words import share_in_words

_WIDE, _TALL = (200.0, 100.0), (75.0, 100.0)
"""Width and height of the two frames, in the style sheet's proportions."""
_SMALLEST_TILE = 0.0012
"""Share of all below which packages stand together as one tile."""


def _place(wide: Rectangle, tall: Rectangle) -> str:
    """Give a tile's places as custom properties, in percent of the frame."""
    properties = []
    for letter, place, frame in (("w", wide, _WIDE), ("t", tall, _TALL)):
        for name, value, whole in zip(
            "xywh", (place.x, place.y, place.width, place.height), (*frame, *frame), strict=True
        ):
            properties.append(f"--{letter}{name}:{100 * value / whole:.3f}%")
    return ";".join(properties)


def _sides(wide: Rectangle, tall: Rectangle) -> str:
    """Say where in the frame a tile is, so that its tip opens inwards: "high" ones hold it themselves."""
    sides = []
    for name, place, (width, height) in (("wide", wide, _WIDE), ("tall", tall, _TALL)):
        sides += [f"{name}-right"] if place.x > width / 2 else []
        sides += [f"{name}-high"] if place.height > height / 4 else [f"{name}-low"] if place.y > height / 2 else []
    return " ".join(sides)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tile:
    """One area of the map, yet to be placed."""

    kind: str
    link: str
    label: str
    heading: str
    size_bytes: int
    nvidia_share: float
    """NVIDIA's part of it, 0 to 1."""
    lines: tuple[str, ...]

    def to_html(self, wide: Rectangle, tall: Rectangle) -> str:
        """Give the tile at its two places."""
        place = f"{_place(wide, tall)};--part:{100 * self.nvidia_share:.1f}%"
        tip = "".join(f"<span>{escape(line)}</span>" for line in self.lines)
        label = f"<b>{escape(self.label)}</b><span>{in_words(self.size_bytes)}</span>"
        return (
            f'<a class="tile {self.kind} {_sides(wide, tall)}" href="#{self.link}" style="{place}">'
            f'<span class="box"><span class="label">{label}</span></span>'
            f'<span class="tip"><b>{escape(self.heading)}</b>{tip}</span></a>'
        )


def _package_tile(package: Package, inspection: Inspection) -> _Tile:
    share = share_in_words(inspection.share(package.installed_bytes))
    is_mixed = package.kind != "cuda" and package.nvidia_bytes > 0
    nvidias = (f"{in_words(package.nvidia_bytes)} of it NVIDIA's",) if is_mixed else ()
    return _Tile(
        kind=package.kind,
        link=f"p-{package.name}",
        label=package.name.removeprefix("nvidia-"),  # the colour says it, and room is dear
        heading=f"{package.name} {package.version}",
        size_bytes=package.installed_bytes,
        nvidia_share=package.nvidia_bytes / package.installed_bytes if is_mixed else 0.0,
        lines=(
            f"{in_words(package.installed_bytes)} installed: {share}, {package.installed_files:,} files",
            *nvidias,
            f"{in_words(package.packed_bytes)} packed",
            KINDS[package.kind],
        ),
    )


def _files_tile(inspection: Inspection) -> _Tile:
    size_bytes, name = inspection.files_bytes, inspection.files_in_words()
    return _Tile(
        kind="files",
        link="extra-files",
        label=name,
        heading=name,
        size_bytes=size_bytes,
        nvidia_share=0.0,
        lines=(f"{in_words(size_bytes)}: {share_in_words(inspection.share(size_bytes))}",),
    )


def _tiles(inspection: Inspection) -> list[_Tile]:
    """Give a tile for every package that is large enough to be seen, one for the others together, one for files."""
    large = [each for each in inspection.packages if inspection.share(each.installed_bytes) >= _SMALLEST_TILE]
    tiles = [_package_tile(package, inspection) for package in large]
    if inspection.files_bytes:
        tiles.append(_files_tile(inspection))
        tiles.sort(key=lambda tile: -tile.size_bytes)
    small = [package for package in inspection.packages[len(large) :] if package.is_here]
    if together := sum(package.installed_bytes for package in small):
        name = f"{len(small)} smaller ones"
        tile = _Tile(
            kind="brought",
            link=f"p-{small[0].name}",
            label=name,
            heading=name,
            size_bytes=together,
            nvidia_share=0.0,
            lines=(f"{in_words(together)} installed: {share_in_words(inspection.share(together))}",),
        )
        tiles.append(tile)
    return tiles


def map_html(inspection: Inspection) -> Iterator[str]:
    """Give every tile of the map, largest first."""
    tiles = _tiles(inspection)
    sizes = [float(tile.size_bytes) for tile in tiles]
    wide, tall = (squarify(sizes, width=width, height=height) for width, height in (_WIDE, _TALL))
    return (tile.to_html(*places) for tile, *places in zip(tiles, wide, tall, strict=True))
