"""manifest + index -> locks: resolve every target of a manifest and write one hashed lock for each."""

from typing import TYPE_CHECKING

from locks.lazily import lazily

if TYPE_CHECKING:
    from .compile import Source, compile_manifest
    from .manifest.model import Manifest
    from .manifest.parse import read_manifest

__all__ = ["Manifest", "Source", "compile_manifest", "read_manifest"]
__getattr__ = lazily(
    __name__,
    {
        "Manifest": "manifest.model",
        "Source": "compile",
        "compile_manifest": "compile",
        "read_manifest": "manifest.parse",
    },
)
