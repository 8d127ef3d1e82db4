"""bundle -> environment, and environment -> drift report. Pure Python; travels inside every bundle; no network.

`apply_bundle` and `verify_environment` are for builders; `README.md` in this folder has an updater that uses them.
"""

from typing import TYPE_CHECKING

from locks.lazily import lazily

if TYPE_CHECKING:
    from .apply import Applied, apply_bundle
    from .bundle.sources import Sources
    from .machine.facts import Machine, look_at_machine
    from .options import Options
    from .verifying.drift import Drift
    from .verifying.verify import verify_environment

__all__ = [
    "Applied",
    "Drift",
    "Machine",
    "Options",
    "Sources",
    "apply_bundle",
    "look_at_machine",
    "verify_environment",
]
__getattr__ = lazily(
    __name__,
    {
        "Applied": "apply",
        "Drift": "verifying.drift",
        "Machine": "machine.facts",
        "Options": "options",
        "Sources": "bundle.sources",
        "apply_bundle": "apply",
        "look_at_machine": "machine.facts",
        "verify_environment": "verifying.verify",
    },
)
