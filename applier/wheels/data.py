"""The rules of the `.data` folder: five keys, files below them, scripts flat. Pure.

Source: binary distribution format, "the .data directory". What such a file may replace is judged by its final path.
"""

from collections.abc import Iterable, Iterator

from installer.utils import SCHEME_NAMES

from ..framing import Fault


def data_faults(names: Iterable[str], data_dir: str) -> Iterator[Fault]:
    """Judge the names of the files in the wheel's `.data` folder."""
    for name in names:
        top, *below = name.split("/")
        if top != data_dir:
            continue
        if not below:
            yield Fault(name, "a folder", "a file")
        elif below[0] not in SCHEME_NAMES:
            yield Fault(name, f"one of {', '.join(sorted(SCHEME_NAMES))} below {data_dir}", repr(below[0]))
        elif len(below) == 1:
            yield Fault(name, "a folder", "a file")
        elif below[0] == "scripts" and len(below) > 2:
            yield Fault(name, "scripts that lie in no folder", repr("/".join(below[1:])))
