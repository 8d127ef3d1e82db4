"""Project pages: bytes in, links out. PEP 503 and its successors in HTML, PEP 691 in JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from ..digest import is_sha256

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class Link(NamedTuple):
    """One file that a project page offers. A tuple, because pages have thousands and are read many times."""

    filename: str
    url: str
    sha256: str | None = None
    """None where the page gives none, or only a weaker hash."""
    size_bytes: int | None = None
    requires_python: str | None = None
    yanked: bool = False
    metadata_sha256: str | None = None
    """None: the metadata is not offered apart (PEP 658); "": offered without a digest."""
    upload_time: str | None = None
    """The page's own text; `uploaded_at` reads it."""


class Page(NamedTuple):
    """What an index root answered for one project."""

    status: int
    """200: it knows the project, whatever it offers of it."""
    links: tuple[Link, ...] = ()


@cache
def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def uploaded_at(link: Link) -> datetime | None:
    """Give the time, in UTC, at which a file was uploaded; None where the page tells none, or none that can be read.

    Source: PEP 700. The PyTorch index tells when its copy was last touched.
    """
    return _instant(link.upload_time) if link.upload_time else None


def _sha256_in(hashes: object) -> str | None:
    value = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(value, str):
        return None
    lowered = value.lower()
    return lowered if is_sha256(lowered) else None


def _metadata_sha256(offer: object) -> str | None:
    """Read `core-metadata`: absent or false, true, or a mapping of hashes (PEP 714)."""
    if not offer:
        return None
    return _sha256_in(offer) or ""


def _link_from_json(entry: Mapping[str, Any], page_url: str) -> Link:
    size, url, yanked, upload_time = entry.get("size"), entry["url"], entry.get("yanked"), entry.get("upload-time")
    filename, requires_python = entry["filename"], entry.get("requires-python")
    if not isinstance(filename, str) or not isinstance(requires_python, str | None):
        raise TypeError(f"{filename!r}, {requires_python!r}")
    return Link(
        filename=filename,
        url=url if url.startswith("https://") else urljoin(page_url, url),
        sha256=_sha256_in(entry.get("hashes")),
        size_bytes=size if type(size) is int and size >= 0 else None,
        requires_python=requires_python or None,
        yanked=bool(yanked) or yanked == "",
        metadata_sha256=_metadata_sha256(entry.get("core-metadata", entry.get("dist-info-metadata"))),
        upload_time=upload_time if isinstance(upload_time, str) else None,
    )


def _fragment_sha256(fragment: str) -> str | None:
    algorithm, _, value = fragment.partition("=")
    return _sha256_in({algorithm: value})


class _Anchors(HTMLParser):
    def __init__(self, page_url: str) -> None:
        super().__init__()
        self.base = page_url
        self.links: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        href = attributes.get("href")
        if tag == "base" and href:
            self.base = urljoin(self.base, href)
        elif tag == "a" and href:
            self.links.append(self._link(href, attributes))

    def _link(self, href: str, attributes: Mapping[str, str | None]) -> Link:
        parts = urlsplit(href if href.startswith(("https://", "http://")) else urljoin(self.base, href))
        offer = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
        return Link(
            filename=unquote(parts.path.rsplit("/", 1)[-1]),
            url=urlunsplit((*parts[:4], "")),
            sha256=_fragment_sha256(parts.fragment),
            requires_python=attributes.get("data-requires-python") or None,
            yanked="data-yanked" in attributes,
            metadata_sha256=None if offer in (None, "false") else _fragment_sha256(offer or "") or "",
            upload_time=attributes.get("data-upload-time") or None,
        )


def parse_page(body: bytes, *, content_type: str, url: str) -> tuple[Link, ...]:
    """Read the links of a project page; `url` is the page's own address, which relative links start from.

    Raises ValueError when the body is not what `content_type` says.
    """
    if content_type.partition(";")[0].strip().lower().endswith("json"):
        try:
            return tuple(_link_from_json(entry, url) for entry in json.loads(body)["files"])
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a PEP 691 page: {error!r}") from None
    anchors = _Anchors(url)
    try:
        anchors.feed(body.decode("utf-8", "replace"))
    except AssertionError as error:  # html.parser's way to refuse a marked section, up to Python 3.13
        raise ValueError(str(error)) from None
    return tuple(anchors.links)
