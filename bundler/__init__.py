"""lock + wheels -> bundle: fetch what a lock names, and zip it with the runner that applies it."""

from .bundle import write_bundle
from .store import Store
from .written import WrittenBundle

__all__ = ["Store", "WrittenBundle", "write_bundle"]
