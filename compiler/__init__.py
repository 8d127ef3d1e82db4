"""manifest + index -> locks: resolve every target of a manifest and write one hashed lock for each."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compile import Source, compile_manifest
    from .manifest.model import Manifest
    from .manifest.parse import read_manifest

__all__ = ["Manifest", "Source", "compile_manifest", "read_manifest"]
_HOMES = {
    "Manifest": "manifest.model",
    "Source": "compile",
    "compile_manifest": "compile",
    "read_manifest": "manifest.parse",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: every command starts in this package, and few compile."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
