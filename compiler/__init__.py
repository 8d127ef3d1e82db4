"""manifest + index -> locks: resolve every target of a manifest and write one hashed lock for each."""

from .compile import Source, compile_manifest
from .manifest.model import Manifest
from .manifest.parse import read_manifest

__all__ = ["Manifest", "Source", "compile_manifest", "read_manifest"]
