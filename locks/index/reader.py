"""One page or folder of links at a time, wherever it lies: on a server, on disk, or in what is remembered."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .credentials import redact
from .http import Http, unavailable
from .page import ACCEPT, Link, Page, parse_page

# NOTE: object stores, the PyTorch index's among them, answer 403 for a page that does not exist.
_ABSENT = {403, 404, 410}
_REFUSED = {401, 403}


def local_path(url: str) -> Path | None:
    """Give the path of a `file:` URL, None for any other."""
    return Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None


def path_of_place(place: str) -> Path | None:
    """Give the path of an index root or find-links place that is on this machine, None for any other."""
    if "://" in place or place.startswith("file:"):
        return local_path(place)
    path = Path(place)
    with suppress(RuntimeError):  # no home folder: then the tilde is a name like any other
        path = path.expanduser()
    return path


def is_local(place: str) -> bool:
    """Say whether an index root or find-links place is on this machine."""
    return path_of_place(place) is not None


def _read_folder(folder: Path) -> Page:
    files = sorted(path for path in folder.iterdir() if path.name.endswith(".whl") and path.is_file())
    links = (Link(filename=path.name, url=path.resolve().as_uri(), size_bytes=path.stat().st_size) for path in files)
    return Page(status=200, links=tuple(links))


def _read_file(path: Path) -> Page:
    page = path / "index.html" if path.is_dir() else path
    if not page.is_file():
        return Page(status=404)
    return _parsed(page.read_bytes(), content_type="text/html", url=page.resolve().as_uri())


def _on_disk(read: Callable[[Path], Page], path: Path) -> Page:
    try:
        return read(path)
    except OSError as error:
        raise unavailable(str(path), error.strerror or str(error)) from None


def _parsed(body: bytes, *, content_type: str, url: str) -> Page:
    """Read a page that is there; what is no wheel is kept where nothing else is, as proof that the project exists."""
    try:
        links = parse_page(body, content_type=content_type, url=url)
    except ValueError as error:
        raise unavailable(url, f"an unreadable page ({error})") from None
    return Page(status=200, links=tuple(link for link in links if link.filename.endswith(".whl")) or links)


def _holds_credentials(page: Page) -> bool:
    return any("@" in link.url and redact(link.url) != link.url for link in page.links)


class Pages(Protocol):
    """Remembers what pages said, by their address without credentials."""

    def get(self, url: str) -> Page | None:
        """Give a page, or None when it must be asked for."""

    def put(self, url: str, page: Page) -> None:
        """Remember a page."""


class Reader:
    """Reads pages and folders; raises IndexUnavailable for what does not answer, or answers nonsense."""

    def __init__(self, http: Http, pages: Pages | None) -> None:
        """`pages` remembers what servers said, for as long as it sees fit."""
        self._http = http
        self._pages = pages
        self._admitting: set[str] = set()

    def ask(self, url: str) -> Page:
        """Read the page at `url` anew; an absent one has another status than 200, and no links."""
        path = local_path(url)
        if path is not None:
            return _on_disk(_read_file, path)
        answer = self._http.get(url, headers={"Accept": ACCEPT})
        if answer.status in _ABSENT:
            return Page(status=answer.status)
        if answer.status != 200:
            raise unavailable(url, f"status {answer.status}")
        page = _parsed(answer.body, content_type=answer.content_type, url=answer.url)
        # NOTE: a server has no business with the files of this machine.
        return page._replace(links=tuple(link for link in page.links if local_path(link.url) is None))

    def read(self, url: str) -> Page:
        """Read the page at `url`, from memory where it is fresh there."""
        if self._pages is None or local_path(url) is not None:
            return self.ask(url)
        address = redact(url)
        page = self._pages.get(address)
        if page is None:
            page = self.ask(url)
            if not _holds_credentials(page):
                self._pages.put(address, page)
        return page

    def read_place(self, place: str) -> Page:
        """Read a find-links place: a folder of wheels, a file or a server's page of links."""
        path = path_of_place(place)
        if path is None:
            return self.read(place)
        return _on_disk(lambda path: (_read_folder if path.is_dir() else _read_file)(path), path)

    def require_admission(self, root: str) -> None:
        """Make sure that an index which answers 403 for a project does not answer so to whatever we ask.

        Raises:
            IndexUnavailable: it does; our credentials are wrong, as like as not.
        """
        key = f"HEAD {redact(root)}"
        if key in self._admitting or (self._pages and self._pages.get(key)):
            return
        with self._http.open(f"{root.rstrip('/')}/", method="HEAD") as answer:
            if answer.status in _REFUSED:
                raise unavailable(
                    root,
                    f"status {answer.status} for a project and for the index itself",
                    "put credentials in the index URL or in netrc; the next index is not asked in its place",
                )
        self._admitting.add(key)
        if self._pages:
            self._pages.put(key, Page(status=200))
