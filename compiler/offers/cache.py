"""What the indexes said before, on disk: what a digest proves for ever, what an index merely says for a while.

An entry carries the digest of its own content and is written in one step, so a damaged or half-written one reads as
absent. A cache that cannot be written is done without, and can tell so.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident
from typing import Any

from locks.digest import sha256_of_bytes
from locks.index import Link, Page
from locks.index.credentials import redact
from locks.metadata import WheelMetadata

DEFAULT_FRESHNESS_S = 600.0
"""How long a page is taken for current; the registry gives no better hint."""
UNPROVEN_FRESHNESS_S = 86_400.0
"""How long metadata is believed that no digest proves: files should not change, but what lies at an address does."""


def _read_entry(path: Path) -> Any:
    """Read an entry's content; None when it is absent, damaged or of another form."""
    with suppress(OSError, ValueError):
        digest, _, body = path.read_bytes().partition(b"\n")
        if sha256_of_bytes(body).encode("ascii") == digest:
            return json.loads(body)
    return None


def _write_entry(path: Path, content: object, failures: list[str]) -> None:
    body = json.dumps(content, separators=(",", ":")).encode("utf-8")
    partial = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(sha256_of_bytes(body).encode("ascii") + b"\n" + body)
        partial.replace(path)
    except OSError as error:
        failures.append(f"{path.parent.parent}: {error.strerror or error}")
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
    failures: list[str] = field(default_factory=list)
    """What kept entries from being written; filled by any thread."""

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
        _write_entry(self._path(url), entry, self.failures)


def _named(link: Link) -> tuple[str, bool]:
    """Give the name of the entry for a wheel's metadata, and whether that name proves the content.

    The wheel's own sha256 proves nothing: it is what a page says of a file that was never read whole. So without a
    digest of the metadata an entry holds for that very address and that very claim alone.
    """
    if link.metadata_sha256:
        return link.metadata_sha256, True
    address, _, _ = redact(link.url).partition("?")  # what follows may be a signature of the hour
    return sha256_of_bytes(f"{link.sha256} {address}".encode("utf-8", "surrogatepass")), False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataCache:
    """The metadata of wheels: by its own digest where a page tells it, for all indexes; else by address and claim."""

    folder: Path
    freshness_s: float = UNPROVEN_FRESHNESS_S
    """What is proven is believed for ever, whatever this says."""
    now: Callable[[], float] = time.time
    failures: list[str] = field(default_factory=list)
    """What kept entries from being written; filled by any thread."""

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json"

    def get(self, link: Link) -> WheelMetadata | None:
        """Give a wheel's metadata, or None when it must be fetched."""
        name, proven = _named(link)
        match _read_entry(self._path(name)):
            case [
                float(fetched_at),
                list(requires_dist),
                str() | None as requires_python,
                list(extras),
                str(licence),
            ] if (proven or 0 <= self.now() - fetched_at < self.freshness_s) and all(
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

    def put(self, link: Link, data: bytes, metadata: WheelMetadata) -> None:
        """Keep what was read out of `data`; not where the page promises METADATA of another digest."""
        name, proven = _named(link)
        if not proven or sha256_of_bytes(data) == name:
            said = (metadata.requires_dist, metadata.requires_python, metadata.extras, metadata.licence)
            _write_entry(self._path(name), [float(self.now()), *said], self.failures)
