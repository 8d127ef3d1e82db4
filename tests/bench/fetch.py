"""What `bundle` does first, alone: fetch the wheels of a lock into a store, hashes checked. Arguments: lock, store."""

import sys
from functools import partial
from pathlib import Path

from locks.progress import SILENT

from bundler.choose import read
from bundler.fetch import Fetcher
from bundler.places import Places
from bundler.store import Store

if __name__ == "__main__":
    lock, _ = read(Path(sys.argv[1]))
    Fetcher(Store(Path(sys.argv[2])), partial(Places().sources, lock, {}), SILENT).fetch(lock.wheels)
