"""What came of a bundle's writing, as values; and in words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locks import Lock
from locks.sizes import counted, megabytes

from applier.bundle.contents import Contents

from .archive import WrittenArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBundle:
    """A bundle and where it was written."""

    path: Path
    lock: Lock
    contents: Contents
    archive: WrittenArchive
    beside: Path | None
    """The runner that starts a bundle that cannot start itself; None when it can."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a program wants to know, JSON-ready."""
        base = self.contents.base
        return {
            "path": str(self.path),
            "files": [str(path) for path in (*self.archive.files, *([self.beside] if self.beside else []))],
            "target": self.lock.target.name,
            "base": base.name if base else None,
            "size_bytes": self.archive.size_bytes,
            "packages": len(self.lock.wheels),
            "installed_bytes": self.contents.installed_bytes,
            "installed_files": self.contents.installed_files,
        }

    def summary(self) -> str:
        """Say in words what was bundled."""
        base = self.contents.base
        update = f", {len(base.wheels)} more ({megabytes(base.size_bytes)} MB) from {base.name}" if base else ""
        split = f" in {len(self.archive.files) - 1} volumes" if len(self.archive.files) > 1 else ""
        start = f"; start it with {self.beside.name}" if self.beside else ""
        return (
            f"{self.path}: {counted(len(self.lock.wheels) - (len(base.wheels) if base else 0), 'wheels')}, "
            f"{megabytes(self.archive.size_bytes)} MB{split}{update}; "
            f"installed {self.contents.installed_files} files, {megabytes(self.contents.installed_bytes)} MB{start}"
        )
