"""The wheel store: a folder of verified wheels, each under its sha256, shared by all bundles of a user.

A file lies under its digest's name only if its bytes were verified, and is hashed again before it is used. Whoever uses
the store holds a lease on it; nothing is pruned while there is one.
"""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import platformdirs

from locks import LockedWheel, Problem
from locks.digest import sha256_of_file

from applier.bundle.layout import stored_wheel
from applier.environment.mutex import hold

from .copying import Pinned
from .errors import StoreError, not_written

_PRUNING = "pruning.lock"


def default_store() -> Path:
    """Give the store's place in the user's cache."""
    return Path(platformdirs.user_cache_dir("venvault")) / "wheels"


class Store:
    """Wheels by content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Give where the wheel with that digest lies, or would lie."""
        return stored_wheel(self.folder, sha256)

    def partial_path(self, sha256: str) -> Path:
        """Give where its bytes are gathered until they are whole; never mistaken for the wheel."""
        return self.folder / "partial" / sha256

    def has(self, wheel: LockedWheel) -> bool:
        """Say whether a file of the wheel's digest and size is there; its bytes are yet to be hashed."""
        try:
            return self.path(wheel.sha256).stat().st_size == wheel.size_bytes
        except FileNotFoundError:
            return False

    def pinned(self, wheel: LockedWheel, crc: int | None) -> Pinned:
        """Give the wheel's file to be copied, and what its bytes must be then; `crc` is their CRC-32, if known."""
        return Pinned(path=self.path(wheel.sha256), size_bytes=wheel.size_bytes, sha256=wheel.sha256, crc=crc)

    def is_sound(self, wheel: LockedWheel) -> bool:
        """Hash the wheel's file; say whether it is there, and the wheel."""
        try:
            found = sha256_of_file(self.path(wheel.sha256))
        except FileNotFoundError:
            return False
        return found == (wheel.sha256, wheel.size_bytes)

    def get(self, wheel: LockedWheel) -> Path | None:
        """Give the wheel's file if it is sound; a damaged one is removed and counts as absent."""
        if self.is_sound(wheel):
            self.note_use(wheel.sha256)
            return self.path(wheel.sha256)
        self.discard(wheel)
        return None

    def note(self, sha256: str, name: str) -> Path:
        """Give where something is noted of the wheel with that digest; it goes when the wheel does."""
        return self.folder / "contents" / f"{sha256}.{name}"

    def note_use(self, sha256: str) -> None:
        """Note when a wheel was last used, beside it: whoever reads it must not find it altered."""
        with suppress(OSError):  # not worth a bundle that fails
            note = self.folder / "used" / sha256
            note.parent.mkdir(exist_ok=True)
            note.touch()

    def used_s(self, path: Path) -> float:
        """Give when a wheel, or a partial file, was last stored or used, in seconds since the epoch."""
        note = self.folder / "used" / path.stem
        return max(path.stat().st_mtime, note.stat().st_mtime if note.exists() else 0)

    def discard(self, wheel: LockedWheel) -> None:
        """Remove a wheel that is not what it should be."""
        self.path(wheel.sha256).unlink(missing_ok=True)

    def adopt(self, partial: Path, sha256: str) -> Path:
        """Take a verified file in under its digest, in one step; give its path."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(path)
        return path

    def wheels(self) -> list[Path]:
        """Give the wheels' files, in the order of their digests."""
        return sorted(self.folder.glob("??/*.whl"))

    def partials(self) -> list[Path]:
        """Give the files of downloads that broke off."""
        return sorted(path for path in (self.folder / "partial").glob("*") if path.suffix != ".lock")

    def remove(self, path: Path) -> None:
        """Remove a wheel or partial file, and what is noted of it."""
        path.unlink(missing_ok=True)
        for note in (self.folder / "used" / path.stem, *(self.folder / "contents").glob(f"{path.stem}.*")):
            note.unlink(missing_ok=True)

    @property
    def _leases(self) -> Path:
        return self.folder / "leases"

    @contextmanager
    def leased(self) -> Iterator[None]:
        """Keep what is in the store there while the block runs.

        Raises:
            StoreError: nothing can be written to the store.
        """
        lease = self._leases / f"{os.getpid()}-{secrets.token_hex(4)}.lease"
        with ExitStack() as stack:
            try:
                self._leases.mkdir(parents=True, exist_ok=True)
                with hold(self._leases / _PRUNING, waiting=lambda: None):
                    stack.enter_context(hold(lease, waiting=lambda: None))
            except OSError as error:
                raise StoreError(not_written("store-not-written", self.folder, error)) from None
            yield

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Keep everybody from using the store while the block runs.

        Raises:
            StoreError: somebody uses it now, or nothing can be written to it, the block's own doing included.
        """
        try:
            self._leases.mkdir(parents=True, exist_ok=True)
            with hold(self._leases / _PRUNING, waiting=lambda: None):
                for lease in self._leases.glob("*.lease"):
                    # One that can be held was left by a run that was killed, and goes with it.
                    with hold(lease, waiting=lambda: None, cancelled=lambda: True):
                        pass
                yield
        except CancelledError:
            raise StoreError(_in_use(self.folder)) from None
        except OSError as error:
            raise StoreError(not_written("store-not-written", self.folder, error)) from None


def _in_use(folder: Path) -> Problem:
    return Problem(
        code="store-in-use",
        where=str(folder),
        expected="a store that no bundle is made from",
        found="one that is being used",
        hint="try again when the other run has finished",
    )
