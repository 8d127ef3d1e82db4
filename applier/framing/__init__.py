"""The frame of a zip: judged byte for byte by rules of our own, so that no two readers can see two things in it.

An offline machine keeps an old Python for years: nothing here leans on what the standard library's `zipfile` checks.
"""

from typing import TYPE_CHECKING

from locks.lazily import lazily

if TYPE_CHECKING:
    from .member import read_member
    from .records import Entry, Fault, Misframed
    from .walk import read_entries

__all__ = ["Entry", "Fault", "Misframed", "read_entries", "read_member"]
__getattr__ = lazily(
    __name__,
    {
        "Entry": "records",
        "Fault": "records",
        "Misframed": "records",
        "read_entries": "walk",
        "read_member": "member",
    },
)
