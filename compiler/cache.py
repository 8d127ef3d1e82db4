"""What the indexes said before, on disk: project pages for a while, metadata of a hashed wheel for ever.

An entry carries the digest of its own content and is written in one step, so a damaged or half-written one reads as
absent. A cache that cannot be written is done without.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locks.digest import sha256_of_bytes
from locks.index import Link, Page

from .metadata import WheelMetadata

DEFAULT_FRESHNESS_S = 600.0
"""How long a page is taken for current; the registry gives no better hint."""


def _read_entry(path: Path) -> Any:
    """Read an entry's content; None when it is absent, damaged or of another form."""
    with suppress(OSError, ValueError):
        digest, _, body = path.read_bytes().partition(b"\n")
        if sha256_of_bytes(body).encode("ascii") == digest:
            return json.loads(body)
    return None


def _write_entry(path: Path, content: object) -> None:
    body = json.dumps(content, separators=(",", ":")).encode("utf-8")
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(sha256_of_bytes(body).encode("ascii") + b"\n" + body)
        partial.replace(path)
    with suppress(OSError):
        partial.unlink(missing_ok=True)


_PAGE_FORM = 2
"""Entries of another form count as absent; to be raised when the fields of `Link` change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCache:
    """The links on project pages, by the page's address."""

    folder: Path
    freshness_s: float = DEFAULT_FRESHNESS_S
    """Older pages are asked for again; infinite takes whatever is there."""
    now: Callable[[], float] = time.time

    def _path(self, url: str) -> Path:
        name = sha256_of_bytes(url.encode("utf-8"))
        return self.folder / name[:2] / f"{name}.json"

    def get(self, url: str) -> Page | None:
        """Give the page, or None when it must be asked for."""
        match _read_entry(self._path(url)):
            case {"form": form, "fetched-at": float(fetched_at), "status": int(status), "links": list(rows)} if (
                form == _PAGE_FORM and 0 <= self.now() - fetched_at < self.freshness_s
            ):
                return Page(status=status, links=tuple(Link(*row) for row in rows))
            case _:
                return None

    def put(self, url: str, page: Page) -> None:
        """Keep a page."""
        entry = {"form": _PAGE_FORM, "fetched-at": float(self.now()), "status": page.status, "links": page.links}
        _write_entry(self._path(url), entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataCache:
    """The metadata of wheels, by the wheel's sha256: bytes that never change need no second look."""

    folder: Path

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.json"

    def get(self, sha256: str) -> WheelMetadata | None:
        """Give a wheel's metadata, or None when it must be fetched."""
        match _read_entry(self._path(sha256)):
            case [list(requires_dist), str() | None as requires_python, list(extras), str(licence)] if all(
                isinstance(x, str) for x in (*requires_dist, *extras)
            ):
                return WheelMetadata(
                    requires_dist=tuple(requires_dist),
                    requires_python=requires_python,
                    extras=tuple(extras),
                    licence=licence,
                )
            case _:
                return None

    def put(self, sha256: str, metadata: WheelMetadata) -> None:
        """Keep a wheel's metadata."""
        _write_entry(
            self._path(sha256), [metadata.requires_dist, metadata.requires_python, metadata.extras, metadata.licence]
        )
