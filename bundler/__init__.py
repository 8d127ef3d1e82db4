"""lock + wheels -> bundle: fetch what a lock names, and zip it with the runner that applies it."""

from .bundle import WrittenBundle, write_bundle
from .store import Store

__all__ = ["Store", "WrittenBundle", "write_bundle"]
