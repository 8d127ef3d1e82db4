"""The wheel store: a folder of verified wheels, each under its sha256, shared by all bundles of a user."""

from pathlib import Path

import platformdirs

from locks import LockedWheel
from locks.digest import sha256_of_file

from applier.bundle.layout import stored_wheel


def default_store() -> Path:
    """Give the store's place in the user's cache."""
    return Path(platformdirs.user_cache_dir("venvault")) / "wheels"


class Store:
    """Wheels by content; a file is under its digest's name only if its bytes were verified."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Give where the wheel with that digest lies, or would lie."""
        return stored_wheel(self.folder, sha256)

    def partial_path(self, sha256: str) -> Path:
        """Give where its bytes are gathered until they are whole; never mistaken for the wheel."""
        return self.folder / "partial" / sha256

    def get(self, wheel: LockedWheel) -> Path | None:
        """Give the wheel's file, its bytes hashed now; a damaged one is removed and counts as absent."""
        path = self.path(wheel.sha256)
        try:
            found = sha256_of_file(path)
        except FileNotFoundError:
            return None
        if found == (wheel.sha256, wheel.size_bytes):
            return path
        path.unlink(missing_ok=True)
        return None

    def adopt(self, partial: Path, sha256: str) -> Path:
        """Take a verified file in under its digest, in one step; give its path."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(path)
        return path
