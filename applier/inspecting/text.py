"""An inspection as text for a terminal. Pure; ASCII, because a Windows code page has no more."""

from collections.abc import Iterable, Iterator

from locks.problem import printable
from locks.sizes import in_words

from .inspection import Inspection, Package
from .needs import needs_of
from .words import lists_of, share_in_words

_BAR_CHARACTERS = 30
_SMALLEST_SHARE = 0.001
"""Packages below it are told together."""


def _bar(inspection: Inspection, *, nvidia_bytes: int, installed_bytes: int) -> str:
    """Draw an installed size against the largest, NVIDIA's part first."""
    whole = round(_BAR_CHARACTERS * installed_bytes / inspection.largest_bytes)
    cuda = round(_BAR_CHARACTERS * nvidia_bytes / inspection.largest_bytes)
    return "#" * cuda + "=" * (whole - cuda)


def _row(label: str, packed_bytes: int, installed_bytes: int, nvidia_bytes: int, *, inspection: Inspection) -> str:
    sizes = f"{in_words(installed_bytes):>9}  {in_words(packed_bytes):>9}"
    share = share_in_words(inspection.share(installed_bytes))
    bar = _bar(inspection, nvidia_bytes=nvidia_bytes, installed_bytes=installed_bytes)
    return f"  {label}  {sizes}  {share:>6}  {bar}".rstrip()


def _size_table(inspection: Inspection) -> Iterator[str]:
    large = [each for each in inspection.packages if inspection.share(each.installed_bytes) >= _SMALLEST_SHARE]
    width = max((len(f"{each.name} {each.version}") for each in large), default=0)

    def row(label: str, packages: Iterable[Package]) -> str:
        sizes = [(each.packed_bytes, each.installed_bytes, each.nvidia_bytes) for each in packages]
        return _row(f"{label:{width}}", *map(sum, zip(*sizes, strict=True)), inspection=inspection)

    yield f"  {'package':{width}}  {'installed':>9}  {'packed':>9}   share"
    for each in large:
        yield row(f"{each.name} {each.version}", [each])
    if small := [each for each in inspection.packages[len(large) :] if each.is_here]:
        yield row(f"{len(small)} smaller ones", small)
    if inspection.lock.files:
        files = inspection.files_bytes
        yield _row(f"{inspection.files_in_words():{width}}", files, files, 0, inspection=inspection)


def to_text(inspection: Inspection) -> str:
    """Give the whole inspection."""
    contents = inspection.contents
    needs = needs_of(inspection.lock)
    width = max(map(len, needs))
    packed, installed, nvidias = map(
        in_words, (inspection.packed_bytes, contents.installed_bytes, inspection.nvidia_bytes)
    )
    longest, share = len(contents.longest_path), share_in_words(inspection.share(inspection.nvidia_bytes))
    count = len(inspection.packages)
    lines = [
        f"{inspection.name}: {contents.stack} {contents.stack_version}, {contents.target}",
        f"{packed} packed; {installed} installed, {contents.installed_files} files; longest path {longest} characters",
        "",
        "needs",
        *(f"  {name:{width}}  {words}" for name, words in needs.items()),
        "",
        f"{count} packages; {nvidias} or {share} of the installed are NVIDIA's libraries and tools (#)",
        *_size_table(inspection),
    ]
    for heading, points in lists_of(inspection).items():
        lines += ["", heading, *(f"  {point}" for point in points)]
    return "\n".join(map(printable, lines))
