"""The highest serial that was ever applied in a place, by stack: kept beside the environment, so that it outlives it.

It never goes down: an older bundle that was asked for once is asked for again the next time.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from locks import Problem
from locks.table import Faults, read_json_document

from ..errors import ApplyRefused
from .durable import sync_folder, write_durably
from .siblings import Siblings

FORMAT = 1


def read_serials(final: Path) -> Mapping[str, int]:
    """Give the highest serial of each stack that was applied at `final`; none where nothing was.

    Raises:
        ApplyRefused: what is kept there is not what was written.
        OSError: it cannot be read.
    """
    path = Siblings(final).serials
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    faults = Faults(code="serials-invalid", document=str(path))
    hint = "remove that file if you know that no newer bundle was applied here"
    table = read_json_document(
        data, faults=faults, newest_format=FORMAT, error=ApplyRefused, damaged_hint=hint, newer_hint=hint
    )
    inner = table.table("serials", required=True)
    serials = {stack: inner.number(stack) for stack in inner}
    table.done()
    faults.raise_if_any(ApplyRefused)
    return serials


def judge_serial(stack: str, serial: int, highest: Mapping[str, int], *, bundle: str) -> list[Problem]:
    """Say what is wrong with a bundle of that serial where `highest` was applied; 0 is the oldest of all."""
    if serial >= highest.get(stack, 0):
        return []
    return [
        Problem(
            code="bundle-older",
            where=bundle,
            expected=f"serial {highest[stack]} of {stack} or a later one, as was applied here",
            found=f"serial {serial}" if serial else "no serial",
            hint="apply the newest bundle; or give --allow-older to go back on purpose",
        )
    ]


def remember_serial(final: Path, stack: str, serial: int, highest: Mapping[str, int]) -> None:
    """Keep the serial of what was applied at `final`, if it has one and it is the highest so far. Raises OSError."""
    if serial > highest.get(stack, 0):
        path = Siblings(final).serials
        partial = path.with_name(f"{path.name}.part")
        document = {"format": FORMAT, "serials": {**highest, stack: serial}}
        write_durably(partial, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("ascii"))
        partial.replace(path)
        sync_folder(path.parent)
