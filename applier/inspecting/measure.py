"""Measuring a bundle: the wheels' own lists of files, read in place; nothing is unpacked. Edge."""

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import NormalizedName, canonicalize_name

from locks import LockedWheel

from ..bundle.layout import wheel_member
from ..bundle.reader import Bundle
from ..errors import BundleDamaged, not_read
from ..signature import Trust, identify
from ..wheels.judge import judge_wheel
from .cuda import is_nvidia_file
from .inspection import Inspection, Package


def _files_of(bundle: Bundle, wheel: LockedWheel, tags: frozenset[Tag]) -> dict[str, int]:
    """Give the size of every file that the wheel installs, by its path in the wheel; none of one left to the base.

    Raises:
        BundleDamaged: it is no wheel, or cannot be read any more.
    """
    member = wheel_member(wheel.filename)
    if member not in bundle.extents:
        return {}
    try:
        with bundle.open_member(member) as stream:
            contents, problems = judge_wheel(wheel, bundle.lock.target, tags, stream)
    except OSError as error:
        raise BundleDamaged(not_read(error, member, "bytes that can be read")) from None
    if contents is None:
        raise BundleDamaged(problems)
    return {file.entry.name: file.entry.size_bytes for file in contents.files if contents.is_wanted(file.entry.name)}


def inspect_bundle(bundle: Bundle, trust: Trust | None = None) -> Inspection:
    """Measure every package of the bundle, and name who signed it as `trust` does, whether that counts or not.

    Raises:
        BundleDamaged: a wheel cannot be read. Its digest is not compared; `apply` does that.
    """
    lock = bundle.lock
    tags = frozenset(lock.target.tags())
    named = {canonicalize_name(Requirement(line).name) for line in lock.requirements}
    required_by: dict[NormalizedName, list[NormalizedName]] = {wheel.name: [] for wheel in lock.wheels}
    for wheel in lock.wheels:
        for name in wheel.dependencies:
            required_by[name].append(wheel.name)
    packages = []
    for wheel in lock.wheels:
        files = _files_of(bundle, wheel, tags)
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
    return Inspection(
        name=bundle.path.name,
        lock=lock,
        contents=bundle.contents,
        packages=tuple(packages),
        signers=tuple(identify(signer.public_key, trust) for signer in bundle.signers),
    )
