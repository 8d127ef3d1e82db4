"""The files a bundle lies in: one, or numbered volumes with the list that says what each must be.

The volumes are the bundle cut into pieces, so that joining them by any means gives it back. The list is small and lies
beside them: what it adds is that a volume that is missing, short, of another bundle or swapped can be named.
"""

import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from locks import Problem
from locks.digest import is_sha256, sha256_of_file
from locks.table import Faults, read_json_document

from ..errors import BundleDamaged, damaged
from .extent import Extent

FORMAT = 1
MAX_VOLUMES = 999
_NUMBERED = re.compile(r"(?P<bundle>.+)\.(?!000)[0-9]{3}", re.DOTALL)
_MAX_LIST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What the list says of one volume."""

    size_bytes: int
    sha256: str


def volume_path(bundle: Path, number: int) -> Path:
    """Give the place of a bundle's volume; they count from 1."""
    return bundle.with_name(f"{bundle.name}.{number:03}")


def list_path(bundle: Path) -> Path:
    """Give the place of the list of a bundle's volumes."""
    return bundle.with_name(f"{bundle.name}.volumes.json")


def bundle_of(path: Path) -> Path:
    """Give the bundle's own path, of which `path` may be a volume."""
    match = _NUMBERED.fullmatch(path.name)
    return path.with_name(match["bundle"]) if match else path


def is_split(path: Path) -> bool:
    """Say whether `path` names a volume, or a bundle that is there in volumes only."""
    # Not Path.exists, which raises for a path that is closed to us or that no system has.
    return bundle_of(path) != path or (not os.path.exists(path) and os.path.exists(volume_path(path, 1)))  # noqa: PTH110


def volumes_beside(bundle: Path) -> dict[int, Path]:
    """Give all files that are named like volumes of that bundle, by number."""
    names = (path for path in bundle.parent.iterdir() if bundle_of(path) == bundle)
    return {int(path.name[-3:]): path for path in sorted(names) if path != bundle}


def volumes_to_bytes(volumes: Iterable[Volume]) -> bytes:
    """Write the list; same volumes, same bytes."""
    rows = [{"size": volume.size_bytes, "sha256": volume.sha256} for volume in volumes]
    return (json.dumps({"format": FORMAT, "volumes": rows}, indent=1) + "\n").encode("ascii")


def _read_list(data: bytes, where: str) -> tuple[Volume, ...]:
    faults = Faults(code="volumes-list-invalid", document=where)
    table = read_json_document(
        data,
        faults=faults,
        newest_format=FORMAT,
        error=BundleDamaged,
        damaged_hint="copy the list of volumes again",
        newer_hint="start the bundle with the apply.pyz that came with it",
    )
    volumes = []
    for row in table.tables("volumes"):
        volume = Volume(size_bytes=row.number("size"), sha256=row.text("sha256"))
        if not is_sha256(volume.sha256):
            row.fault("sha256", expected="64 lower-case hex digits", found=repr(volume.sha256))
        row.done()
        volumes.append(volume)
    table.done()
    if not 0 < len(volumes) <= MAX_VOLUMES:
        faults.add("volumes", expected=f"1 to {MAX_VOLUMES} of them", found=str(len(volumes)))
    faults.raise_if_any(BundleDamaged)
    return tuple(volumes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFiles:
    """The files of one bundle, all there and of the right size."""

    path: Path
    """The bundle's own path; no file has it when it is in volumes."""
    whole: Extent
    volumes: tuple[Volume, ...] = ()
    """What each of the files must be; empty for a single file, which has its list inside."""

    def altered(self) -> list[Problem]:
        """Hash the volumes, and name those that are not what the list says, or cannot be read."""
        rows = zip(self.whole.pieces, self.volumes, strict=False)
        return [
            damaged(str(piece.path), f"sha256 {volume.sha256} ({list_path(self.path).name})", found)
            for piece, volume in rows
            if (found := _digest(piece.path)) != volume.sha256
        ]


def _digest(path: Path) -> str:
    try:
        return sha256_of_file(path)[0]
    except OSError as error:
        return error.strerror or str(error)


def _judge_volume(path: Path, number: int, volumes: tuple[Volume, ...], found: Path | None) -> Problem | None:
    name = f"volume {number} of {len(volumes)}"
    if number > len(volumes):
        return Problem(
            code="volume-unexpected",
            where=str(path),
            expected=f"{len(volumes)} volumes",
            found="one more",
            hint="remove it: it is of another bundle",
        )
    size_bytes = volumes[number - 1].size_bytes
    if found is None:
        hint = f"copy it into {path.parent} too"
        return Problem(
            code="volume-missing", where=str(path), expected=f"{name}, {size_bytes:,} bytes", found="none", hint=hint
        )
    if found.stat().st_size != size_bytes:
        return damaged(str(path), f"{name}, {size_bytes:,} bytes", f"{found.stat().st_size:,} bytes")
    return None


def _find_volumes(bundle: Path) -> BundleFiles:
    listed = list_path(bundle)
    if not listed.is_file():
        raise BundleDamaged(
            Problem(
                code="volume-missing",
                where=str(listed),
                expected="the list of the bundle's volumes",
                found="none",
                hint=f"copy it too, or join all volumes to {bundle.name}",
            )
        )
    with listed.open("rb") as stream:
        volumes = _read_list(stream.read(_MAX_LIST_BYTES), str(listed))
    beside = volumes_beside(bundle)
    numbers = sorted(beside.keys() | range(1, len(volumes) + 1))
    judged = [_judge_volume(volume_path(bundle, each), each, volumes, beside.get(each)) for each in numbers]
    if problems := [problem for problem in judged if problem is not None]:
        raise BundleDamaged(problems)
    return BundleFiles(path=bundle, whole=Extent.of_files(beside[each] for each in numbers), volumes=volumes)


def find_files(path: Path) -> BundleFiles:
    """Find the files of the bundle at `path`, which may be any of its volumes or what they make when joined.

    Raises:
        BundleDamaged: a volume is missing, too many, or of the wrong size; or it is no ordinary file.
        OSError: there is nothing, or it cannot be read.
    """
    if is_split(path):
        return _find_volumes(bundle_of(path))
    if not stat.S_ISREG(path.stat().st_mode):
        raise BundleDamaged(damaged(str(path), "a venvault bundle", "no ordinary file"))
    return BundleFiles(path=path, whole=Extent.of_files([path]))
