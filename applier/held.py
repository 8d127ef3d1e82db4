"""What the old environment holds of a bundle: files, by its receipt, and wheels, by their outlines.

Nothing of it is believed. The bundle says which outlines count, and a file counts when it was hashed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .bundle.layout import Member, wheel_member
from .bundle.reader import Bundle
from .environment.receipt import InstalledFile
from .environment.receipt_file import receipt_if_any
from .wheels.outline import outlines_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the old environment holds."""

    files: Mapping[str, InstalledFile] = field(default_factory=dict)
    """All its files."""
    outlines: Mapping[str, bytes] = field(default_factory=dict)
    """File name -> outline, of those wheels of the bundle that it has one of."""

    def has(self, wheel: Member) -> bool:
        """Say whether it has the outline of a wheel."""
        return wheel.name in map(wheel_member, self.outlines)


NOTHING = Held()


def look_at_held(environment: Path, bundle: Bundle) -> Held:
    """Look at the environment that the bundle replaces, if it is one of ours."""
    receipt = receipt_if_any(environment)
    if receipt is None:
        return NOTHING
    found, named = outlines_in(environment), bundle.contents.outlines
    digests = {wheel.filename: named.get(wheel_member(wheel.filename)) for wheel in bundle.lock.wheels}
    outlines = {filename: found[sha256] for filename, sha256 in digests.items() if sha256 in found}
    return Held(files=receipt.files, outlines=outlines)
