"""The simple-index client: a project's links from one or several index roots and find-links places.

Decides which places count. Of the roots on servers, the first that knows a project is the only one to give it: no
upload elsewhere can outrank a private index. Folders belong to this machine, are trusted, and always count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from packaging.utils import NormalizedName, canonicalize_name

from ..problem import IndexUnavailable
from .credentials import redact
from .http import Http
from .page import Link, Page
from .reader import Pages, Reader, is_local, local_path

__all__ = ["Presence", "SimpleIndex", "is_local", "local_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What one place says when asked whether it knows a project."""

    place: str
    """The root or find-links place, without credentials."""
    answer: str
    """"known", or why not: "status 404", "offline", "connection refused"."""


def _page_address(root: str, project: NormalizedName) -> str:
    return f"{root.rstrip('/')}/{quote(project)}/"


def _wheels_of(project: NormalizedName, page: Page) -> Iterator[Link]:
    """Give the wheels of `project` on a page of many projects."""
    for link in page.links:
        if link.filename.endswith(".whl") and canonicalize_name(link.filename.partition("-")[0]) == project:
            yield link


class SimpleIndex:
    """One place to take packages from, made of several; the first offer of a file name counts."""

    def __init__(
        self,
        http: Http,
        *,
        roots: tuple[str, ...],
        find_links: tuple[str, ...] = (),
        pages: Pages | None = None,
    ) -> None:
        """`roots` on servers come in the order in which they are asked; those that are folders are merged.

        Raises:
            IndexUnavailable: a find-links place did not answer, or answered nonsense; an absent one offers nothing.
        """
        http.credentials.learn((*roots, *find_links))
        self._http = http
        self._reader = Reader(http, pages)
        self._on_servers = [root for root in roots if local_path(root) is None]
        self._folders = [root for root in roots if local_path(root) is not None]
        self._places = [(place, self._reader.read_place(place)) for place in find_links]

    def _page_of_server(self, project: NormalizedName) -> Page | None:
        """Give the page of the first root on a server that knows the project."""
        for position, root in enumerate(self._on_servers, start=1):
            page = self._reader.read(_page_address(root, project))
            if page.status == 200:
                return page
            if page.status == 403 and position < len(self._on_servers):
                self._reader.require_admission(root)
        return None

    def _links_of_machine(self, project: NormalizedName) -> Iterator[Link]:
        for root in self._folders:
            yield from self._reader.read(_page_address(root, project)).links
        for _, page in self._places:
            yield from _wheels_of(project, page)

    def links(self, project: NormalizedName) -> tuple[Link, ...]:
        """Give what is offered for `project`: wheels, or what a page has instead of any; empty when nobody knows it.

        A server's offer comes before this machine's of the same file: it has a hash that need not be computed.

        Raises:
            IndexUnavailable: a place did not answer, or answered nonsense, or refused us: no other one takes over.
        """
        page = self._page_of_server(project)
        offered: dict[str, Link] = {}
        for link in (*(page.links if page else ()), *self._links_of_machine(project)):
            offered.setdefault(link.filename, link)
        return tuple(offered.values())

    def every_link(self, project: NormalizedName) -> Iterator[Link]:
        """Give the links of every place in turn, for whoever knows the hash of what it wants; asked as they are taken.

        Raises:
            IndexUnavailable: a place did not answer, or answered nonsense.
        """
        for root in self._on_servers:
            yield from self._reader.read(_page_address(root, project)).links
        yield from self._links_of_machine(project)

    def presence(self, project: NormalizedName) -> tuple[Presence, ...]:
        """Ask every place anew whether it knows `project`, to explain a failure."""
        roots = (*self._on_servers, *self._folders)
        at_roots = (Presence(place=redact(root), answer=self._answer_of(root, project)) for root in roots)
        at_places = (
            Presence(place=redact(place), answer=_answer_of_place(project, page)) for place, page in self._places
        )
        return (*at_roots, *at_places)

    def _answer_of(self, root: str, project: NormalizedName) -> str:
        on_server = root in self._on_servers
        if on_server and self._http.offline:
            return "offline"
        try:
            status = self._reader.ask(_page_address(root, project)).status
        except IndexUnavailable as error:
            return error.problems[0].found
        if status == 200:
            return "known"
        return f"status {status}" if on_server else "no page of it"


def _answer_of_place(project: NormalizedName, page: Page) -> str:
    if any(_wheels_of(project, page)):
        return "known"
    return "no wheel of it" if page.status == 200 else "no such place"
