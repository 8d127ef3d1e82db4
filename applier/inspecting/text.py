"""An inspection as text for a terminal. Pure; ASCII, because a Windows code page has no more."""

from collections.abc import Iterator

from .inspection import Inspection, Package
from .needs import needs_of
from .sizes import in_words
from .words import lists_of, share_in_words

_BAR_CHARACTERS = 30
_SMALLEST_SHARE = 0.001
"""Packages below it are told together."""


def _bar(package: Package, inspection: Inspection) -> str:
    """Draw the installed size against that of the largest package, NVIDIA's part first."""
    largest = inspection.packages[0].installed_bytes or 1
    whole = round(_BAR_CHARACTERS * package.installed_bytes / largest)
    cuda = round(_BAR_CHARACTERS * package.nvidia_bytes / largest)
    return "#" * cuda + "=" * (whole - cuda)


def _size_table(inspection: Inspection) -> Iterator[str]:
    large = [each for each in inspection.packages if inspection.share(each.installed_bytes) >= _SMALLEST_SHARE]
    width = max((len(f"{each.name} {each.version}") for each in large), default=0)
    yield f"  {'package':{width}}  {'installed':>9}  {'packed':>9}   share"
    for package in large:
        label, share = f"{package.name} {package.version}", share_in_words(inspection.share(package.installed_bytes))
        sizes = f"{in_words(package.installed_bytes):>9}  {in_words(package.packed_bytes):>9}"
        yield f"  {label:{width}}  {sizes}  {share:>6}  {_bar(package, inspection)}".rstrip()
    if small := inspection.packages[len(large) :]:
        together = sum(each.installed_bytes for each in small), sum(each.packed_bytes for each in small)
        installed, packed = map(in_words, together)
        yield f"  {f'{len(small)} smaller ones':{width}}  {installed:>9}  {packed:>9}"


def _shown(line: str) -> str:
    """Escape what a terminal would obey: a bundle's words may come from anyone."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in line)


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
    return "\n".join(map(_shown, lines))
