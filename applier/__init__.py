"""bundle -> environment, and environment -> drift report. Pure Python; travels inside every bundle; no network.

`apply_bundle` and `verify_environment` are for builders; `README.md` in this folder has an updater that uses them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .apply import Applied, apply_bundle
    from .bundle.sources import Sources
    from .drift import Drift
    from .machine.facts import Machine, look_at_machine
    from .options import Options
    from .verify import verify_environment

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
_HOMES = {
    "Applied": "apply",
    "Drift": "drift",
    "Machine": "machine.facts",
    "Options": "options",
    "Sources": "bundle.sources",
    "apply_bundle": "apply",
    "look_at_machine": "machine.facts",
    "verify_environment": "verify",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: a worker process imports this package, and needs none."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
