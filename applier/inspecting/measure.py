"""Measuring a bundle: the wheels' own lists of files, read in place; nothing is unpacked. Edge."""

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from locks import LockedWheel

from ..bundle.layout import wheel_member
from ..bundle.reader import Bundle
from ..errors import BundleDamaged
from ..wheels.plan import CleanWheel, open_wheel, unreadable
from .cuda import is_nvidia_file
from .inspection import Inspection, Package


def _files_of(bundle: Bundle, wheel: LockedWheel) -> dict[str, int]:
    """Give the size of every file that the wheel installs, by its path in the wheel; none of one left to the base.

    Raises:
        BundleDamaged: it is no wheel. NOTE: `installer` and `zipfile` end in many types of exception on a bad one.
    """
    if wheel_member(wheel.filename) not in bundle.extents:
        return {}
    try:
        with bundle.open_member(wheel_member(wheel.filename)) as stream, open_wheel(stream) as archive:
            source = CleanWheel(archive)
            files = [info for info in archive.infolist() if not info.is_dir() and source.is_wanted(info.filename)]
            return {info.filename: info.file_size for info in files}
    except Exception as error:
        raise BundleDamaged(unreadable(wheel, error)) from error


def inspect_bundle(bundle: Bundle) -> Inspection:
    """Measure every package of the bundle.

    Raises:
        BundleDamaged: a wheel cannot be read. Digests are not compared; `apply --check` does that.
    """
    lock = bundle.lock
    named = {canonicalize_name(Requirement(line).name) for line in lock.requirements}
    required_by: dict[NormalizedName, list[NormalizedName]] = {wheel.name: [] for wheel in lock.wheels}
    for wheel in lock.wheels:
        for name in wheel.dependencies:
            required_by[name].append(wheel.name)
    packages = []
    for wheel in lock.wheels:
        files = _files_of(bundle, wheel)
        packages.append(
            Package(
                name=wheel.name,
                version=str(wheel.version),
                licence=wheel.licence,
                packed_bytes=wheel.size_bytes,
                installed_bytes=sum(files.values()),
                installed_files=len(files),
                nvidia_bytes=sum(size for path, size in files.items() if is_nvidia_file(path)),
                requires=wheel.dependencies,
                required_by=tuple(sorted(required_by[wheel.name])),
                is_named=wheel.name in named,
                is_here=wheel_member(wheel.filename) in bundle.extents,
            )
        )
    packages.sort(key=lambda package: (-package.installed_bytes, package.name))
    return Inspection(name=bundle.path.name, lock=lock, contents=bundle.contents, packages=tuple(packages))
