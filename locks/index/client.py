"""The simple-index client: a project's links from one or several index roots and find-links places."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from packaging.utils import NormalizedName, canonicalize_name

from .http import Http, unavailable
from .page import ACCEPT, Link, parse_page

# NOTE: object stores, the PyTorch index's among them, answer 403 for a page that does not exist.
_ABSENT = {403, 404, 410}


def local_path(url: str) -> Path | None:
    """Give the path of a `file:` URL, None for any other."""
    return Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None


def _links_in_folder(folder: Path) -> tuple[Link, ...]:
    files = sorted(path for path in folder.iterdir() if path.name.endswith(".whl"))
    return tuple(
        Link(filename=path.name, url=path.resolve().as_uri(), size_bytes=path.stat().st_size) for path in files
    )


def _parsed(body: bytes, *, content_type: str, url: str) -> tuple[Link, ...]:
    try:
        return parse_page(body, content_type=content_type, url=url)
    except ValueError as error:
        raise unavailable(url, f"an unreadable page ({error})") from None


class Pages(Protocol):
    """Remembers the links of pages, by address."""

    def get(self, url: str) -> tuple[Link, ...] | None:
        """Give the links of a page, or None when it must be asked for."""

    def put(self, url: str, links: Iterable[Link]) -> None:
        """Remember the links of a page."""


class SimpleIndex:
    """One place to take packages from: index roots and find-links, merged; the first offer of a file name counts."""

    def __init__(
        self,
        http: Http,
        *,
        roots: tuple[str, ...],
        find_links: tuple[str, ...] = (),
        pages: Pages | None = None,
    ) -> None:
        """`pages` remembers what pages said, for as long as it sees fit."""
        self._http = http
        self._pages = pages
        self._roots = roots
        self._loose = [link for place in find_links for link in self._read_place(place)]

    def _read_place(self, place: str) -> tuple[Link, ...]:
        path = local_path(place) or (None if "://" in place else Path(place))
        if path is not None and path.is_dir():
            return _links_in_folder(path)
        return self._read_page(path.resolve().as_uri() if path is not None else place)

    def _read_page(self, url: str) -> tuple[Link, ...]:
        """Read one page; an absent one has no links."""
        path = local_path(url)
        if path is not None:
            page = path / "index.html" if path.is_dir() else path
            if not page.is_file():
                return ()
            return _parsed(page.read_bytes(), content_type="text/html", url=page.as_uri())
        known = self._pages.get(url) if self._pages else None
        if known is None:
            known = self._ask(url)
            if self._pages:
                self._pages.put(url, known)
        return known

    def _ask(self, url: str) -> tuple[Link, ...]:
        answer = self._http.get(url, headers={"Accept": ACCEPT})
        if answer.status in _ABSENT:
            return ()
        if answer.status != 200:
            raise unavailable(url, f"status {answer.status}")
        links = _parsed(answer.body, content_type=answer.content_type, url=answer.url)
        return tuple(link for link in links if link.filename.endswith(".whl"))

    def links(self, project: NormalizedName) -> tuple[Link, ...]:
        """Give every wheel offered for `project`, in the order of the places; empty when nobody knows it.

        Raises:
            IndexUnavailable: a place did not answer, or answered nonsense.
        """
        offered: dict[str, Link] = {}
        for root in self._roots:
            for link in self._read_page(f"{root.rstrip('/')}/{quote(project)}/"):
                offered.setdefault(link.filename, link)
        for link in self._loose:
            if canonicalize_name(link.filename.partition("-")[0]) == project:
                offered.setdefault(link.filename, link)
        return tuple(offered.values())
