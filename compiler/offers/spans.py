"""Releases in words: "1.0 to 1.2, 1.4". Pure."""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from packaging.version import Version


def span(releases: Sequence[object]) -> str:
    """Name the first and the last of `releases`, of which there is at least one."""
    first, *rest = map(str, releases)
    return f"{first} to {rest[-1]}" if rest else first


def spans(chosen: Collection[Version], among: Iterable[Version], *, most: int | None = None) -> str:
    """Name the `chosen` releases, oldest first; between the ends of a span lies none of `among` that is not chosen.

    Of more than `most` spans the newest are named, and the releases of the others counted.
    """
    known = sorted({*chosen, *among})
    runs = [tuple(run) for is_chosen, run in groupby(known, key=lambda release: release in chosen) if is_chosen]
    older, named = (runs[:-most], runs[-most:]) if most else ([], runs)
    more = f" and {sum(map(len, older))} older" if older else ""
    return ", ".join(map(span, named)) + more
