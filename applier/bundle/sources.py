"""Where bundles lie, and where an update finds the wheels that it leaves to its base: older bundles, and a wheel store.

A wheel is known by its sha256 alone, so it does not matter which older bundle has it. What is found here is only
found: `Bundle.verify` hashes it like the bundle's own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locks import Problem
from locks.sizes import counted, megabytes

from ..errors import ApplyRefused, BundleDamaged
from ..signature import Trust
from .contents import Base, Member
from .extent import Extent
from .layout import stored_wheel
from .reader import Bundle
from .volumes import bundle_of, is_split


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where to look besides the bundle's own folder, and whom to believe."""

    bases: tuple[Path, ...] = ()
    """Older bundles."""
    store: Path | None = None
    """A folder of wheels, each under its sha256."""
    outlines: Callable[[], Collection[str]] = tuple
    """Gives the digests of the outlines that the environment to be replaced has; files are taken from there.

    Asked of an update alone, whose wheels are nowhere else.
    """
    trust: Trust | None = None
    """Whose signature the bundle must have, wherever it lies; None where no keys are set up."""


_NAMED = 10
NOWHERE_ELSE = Sources()


def bundles_in(folder: Path) -> list[Path]:
    """Give what is called like a bundle in that folder, one in volumes by its own name; none if it cannot be listed."""
    try:
        names = {bundle_of(path) for path in folder.iterdir() if bundle_of(path).suffix == ".zip"}
        return sorted(path for path in names if path.is_file() or is_split(path))
    except OSError:
        return []


def only_bundle_in(folder: Path) -> Path:
    """Give the one bundle in that folder.

    Raises:
        ApplyRefused: there is none, or several.
    """
    found = bundles_in(folder)
    if len(found) > 1:
        found = [path for path in found if isinstance(_opened(path), Bundle)] or found
    if len(found) == 1:
        return found[0]
    raise ApplyRefused(
        Problem(
            code="bundle-not-chosen",
            where=str(folder),
            expected="one bundle",
            found=", ".join(path.name for path in found) or "none",
            hint="name the bundle",
        )
    )


def _opened(path: Path) -> Bundle | BundleDamaged:
    """Open what may be a bundle; give what is wrong with it otherwise."""
    try:
        return Bundle.open(path)
    except BundleDamaged as error:
        return error


def _in_store(store: Path, wanted: tuple[Member, ...]) -> dict[str, Extent]:
    found = {}
    for wheel in wanted:
        try:
            extent = Extent.of_files([stored_wheel(store, wheel.sha256)])
        except OSError:
            continue
        if extent.size_bytes == wheel.size_bytes:
            found[wheel.name] = extent
    return found


def _in_bundle(base: Bundle, wanted: tuple[Member, ...]) -> dict[str, Extent]:
    here = {member.sha256: base.extents[member.name] for member in base.contents.members}
    return {
        wheel.name: here[wheel.sha256]
        for wheel in wanted
        if wheel.sha256 in here and here[wheel.sha256].size_bytes == wheel.size_bytes
    }


def _take(bundle: Bundle, found: Mapping[str, Extent], place: Path, report: Callable[[str], None]) -> Bundle:
    if found:
        wheels = [wheel for wheel in bundle.absent if wheel.name in found]
        report(f"taking {_in_words(wheels)}, from {place}")
    return bundle.with_wheels(found)


def _megabytes(wheels: Iterable[Member]) -> str:
    return f"{megabytes(sum(wheel.size_bytes for wheel in wheels))} MB"


def _in_words(wheels: Sequence[Member]) -> str:
    return f"{counted(len(wheels), 'wheels')}, {_megabytes(wheels)}"


def _base_missing(bundle: Bundle, base: Base, missing: Sequence[Member]) -> Problem:
    absent = sorted(missing, key=lambda wheel: (-wheel.size_bytes, wheel.name))
    named, more = absent[:_NAMED], absent[_NAMED:]
    return Problem(
        code="base-missing",
        where=str(bundle.path),
        expected=f"its base, {base.name} (lock sha256 {base.lock_sha256}), for {_in_words(absent)}",
        found=f"{len(base.wheels) - len(absent)} of the {len(base.wheels)} wheels that it leaves to it",
        hint=f"put that bundle into {bundle.path.parent}, or give --base FILE or --store DIR",
        because=(
            *(f"{wheel.name}, {_megabytes([wheel])}, is nowhere" for wheel in named),
            *([f"{len(more)} smaller ones, {_megabytes(more)}, are not either"] if more else []),
        ),
    )


def refuse_missing(bundle: Bundle, is_held: Callable[[Member], bool]) -> None:
    """Refuse an update when a wheel is found nowhere, and the old environment is not said to hold it either.

    Raises:
        ApplyRefused: with the base that is missing.
    """
    missing = [wheel for wheel in bundle.absent if not is_held(wheel)]
    if missing and bundle.contents.base is not None:
        raise ApplyRefused(_base_missing(bundle, bundle.contents.base, missing))


def open_whole(path: Path, sources: Sources, report: Callable[[str], None]) -> Bundle:
    """Open the bundle at `path`; if it is an update, find every wheel that it leaves to its base.

    Looked for in this order: the store, the bundles named as bases, what lies beside the bundle. What is in none of
    them may be `absent` when the environment has its outline. Trust holds for the bundle alone: its own list, which is
    signed, says what each wheel of a base must be.

    Raises:
        BundleDamaged: it, or a named base, is no bundle or not whole.
        ApplyRefused: a wheel is found nowhere.
    """
    bundle = Bundle.open(path, sources.trust)
    unknown = "" if sources.trust else ", which is not checked: no keys are set up here"
    for signer in bundle.signers:
        report(f"signed by {signer}{unknown}")
    if sources.store is not None:
        bundle = _take(bundle, _in_store(sources.store, bundle.absent), sources.store, report)
    for named in sources.bases:
        bundle = _take(bundle, _in_bundle(Bundle.open(named), bundle.absent), named, report)
    beside = [other for other in bundles_in(bundle.path.parent) if other != bundle.path] if bundle.absent else []
    for other in beside:
        base = _opened(other)
        if isinstance(base, Bundle):
            bundle = _take(bundle, _in_bundle(base, bundle.absent), other, report)
        else:
            report(f"passing over {other}: {base.problems[0]}")
    if bundle.absent:
        outlines = sources.outlines()
        refuse_missing(bundle, lambda wheel: wheel.outline_sha256 in outlines)
        report(f"taking {_in_words(bundle.absent)}, from the environment that is there")
    return bundle
