"""Package indexes on the loopback address: an ordinary one, and one in the manner of the PyTorch index.

Decides what an index answers, and how it misbehaves when told to; keeps a record of every request.

Two kinds of root. Below `whl` everything is as download.pytorch.org has it: HTML only, addresses from the root or on
another host, no Python limits, 403 for what is missing. Any other root follows the Simple API.
Source: pytorch/test-infra, s3_management/manage_v2.py and update_dependencies.py.
"""

import hashlib
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from socketserver import TCPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import canonicalize_name

from tests.wheels import Wheel

Fault = Literal["503", "429", "drop", "truncate", "stall", "corrupt"]
"""drop: close without an answer. truncate: promise the whole body, send half. stall: that, and hold the connection.
corrupt: flip a byte."""

Format = Literal["json", "html"]

_JSON = "application/vnd.pypi.simple.v1+json"
_MEDIA_TYPES: tuple[tuple[str, Format], ...] = (
    ("text/html", "html"),  # First, to win a tie: a client that says nothing gets HTML.
    (_JSON, "json"),
    ("application/vnd.pypi.simple.v1+html", "html"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request and what became of it."""

    method: str
    path: str
    """Decoded and without a query: `+`, never `%2B`."""
    range_header: str | None
    authorization: str | None
    accept: str | None
    status: int
    """0 if the connection was dropped."""
    sent_bytes: int
    """Body bytes the server set out to send; the client may have hung up before the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    method: str
    path: str
    range_header: str | None
    if_range: str | None
    authorization: str | None
    accept: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    missing_bytes: int = 0
    """Promised in Content-Length beyond what is sent."""
    stalls: bool = False
    """Whether the connection stays open over what is missing, until the client hangs up."""


# What an object store says to those who may not list its contents, of whatever is not there.
_ACCESS_DENIED = _Answer(
    status=403,
    headers=(("Content-Type", "application/xml"),),
    body=b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    body: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    filename: str
    path: str
    sha256: str | None
    metadata_sha256: str | None
    requires_python: str | None
    yanked: str | bool
    size_bytes: int | None
    version: str
    upload_time: str | None
    host_url: str | None
    """None: on the page's own host."""

    def href(self, prefix: str) -> str:
        fragment = f"#sha256={self.sha256}" if self.sha256 else ""
        start = prefix if self.host_url is None else f"{self.host_url}/"
        return start + quote(self.path.removeprefix("/")) + fragment


class IndexServer:
    """A server for the length of a `with` block; wheels may be added before and during it.

    Its attributes are switches and may be turned at any time.
    """

    def __init__(self) -> None:
        """Take a free port; nothing is answered before the `with` block."""
        self.requests: list[Request] = []
        """In the order of their answers; written just before the answer leaves. May be cleared."""
        self.formats: set[Format] = {"json", "html"}
        """What pages outside `whl` can be negotiated to; 406 where the client takes none of it."""
        self.ranges = True
        """False: a Range header is ignored and the whole file sent, with status 200."""
        self.credentials: tuple[str, str] | None = None
        """User and password that every request must then carry, on pain of 401."""
        self.forbidden: str | None = None
        """Start of the decoded paths that answer 403, as some indexes do to a token that has run out."""
        self.faults: dict[str, list[Fault]] = {}
        """End of a decoded path to the faults its next requests meet, one each, HEAD included."""
        self._files: dict[str, _File] = {}
        self._raw: dict[str, _Answer] = {}
        self._pages: dict[str, dict[str, _Listing]] = {}
        self._faults_lock = threading.Lock()
        self._listener = _Listener(self)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        """Start answering."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on every client and wait for the answering threads."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()

    @property
    def url(self) -> str:
        """Root of all indexes, without a trailing slash."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def simple_url(self) -> str:
        """The ordinary index, without a trailing slash."""
        return f"{self.url}/simple"

    def add(
        self,
        wheel: Wheel,
        *,
        root: str = "simple",
        project: str | None = None,
        hashed: bool = True,
        core_metadata: bool = False,
        requires_python: str | None = None,
        yanked: str | bool = False,
        size_listed: bool = True,
        upload_time: str | None = None,
        host: "IndexServer | None" = None,
        listed_sha256: str | None = None,
    ) -> str:
        """List a wheel on its project's page; the same file name again replaces the listing.

        Args:
            root: `simple`, another ordinary index, or a PyTorch one such as `whl/cu124`.
            project: Page to list it on, where that is not the wheel's own name.
            core_metadata: Advertise and serve METADATA beside the wheel.
            requires_python: As the page tells it; the wheel's METADATA may differ.
            hashed: Nightlies of a PyTorch index are never.
            size_listed: JSON pages only.
            upload_time: JSON pages, and those of a PyTorch index.
            host: The server that has the file, where that is not the page's own; the page then has its whole address.
            listed_sha256: The hash on the page, where that is not the file's.

        Returns:
            The file's decoded path on its server.

        Raises:
            ValueError: `requires_python` or `yanked` for a PyTorch index, whose pages have neither.
        """
        pytorch = _is_pytorch(root)
        if pytorch and (requires_python is not None or yanked is not False):
            raise ValueError("pages of a PyTorch index tell neither requires-python nor yanked")
        folder = root if pytorch else f"files/{wheel.sha256[:2]}"
        path = f"/{folder}/{wheel.filename}"
        metadata = _File(body=wheel.metadata, digest=hashlib.sha256(wheel.metadata).hexdigest())
        files = (host or self)._files
        files.pop(f"{path}.metadata", None)
        files[path] = _File(body=wheel.data, digest=wheel.sha256)
        if core_metadata:
            files[f"{path}.metadata"] = metadata
        page = f"/{root}/{canonicalize_name(project or wheel.name)}/"
        self._pages.setdefault(page, {})[wheel.filename] = _Listing(
            filename=wheel.filename,
            path=path,
            sha256=(listed_sha256 or wheel.sha256) if hashed and not _is_uncached(root) else None,
            metadata_sha256=metadata.digest if core_metadata else None,
            requires_python=requires_python,
            yanked=yanked,
            size_bytes=wheel.size_bytes if size_listed else None,
            version=str(wheel.version),
            upload_time=upload_time,
            host_url=host.url if host else None,
        )
        return path

    def copy_listing(self, project: str, *, source: "IndexServer", root: str) -> None:
        """List a project as the PyTorch index lists what is not its own: the page of `source`, addresses made whole.

        Such a page keeps whatever its source tells, Python limits too.
        """
        listings = source._pages[f"/simple/{project}/"].values()
        page = _simple_page(f"Links for {project}", (_anchor(each, f"{source.url}/") for each in listings))
        self._raw[f"/{root}/{project}/"] = _pytorch_answer(page, root)

    def drop(self, wheel: Wheel, *, root: str) -> None:
        """Take a file off its page and off the server."""
        listing = self._pages[f"/{root}/{wheel.name}/"].pop(wheel.filename)
        del self._files[listing.path]

    def add_raw_page(self, path: str, body: bytes, content_type: str) -> None:
        """Answer a decoded path with these very bytes, ahead of anything registered there."""
        self._raw[path] = _Answer(status=200, headers=(("Content-Type", content_type),), body=body)

    def _respond(self, asked: _Asked) -> _Answer:
        """Answer and take note; status 0 asks for the connection to be dropped."""
        if self.credentials is not None and asked.authorization != _basic(*self.credentials):
            answer = _Answer(status=401, headers=(("WWW-Authenticate", 'Basic realm="index"'),))
        else:
            answer = _spoilt(self._answer(asked), self._next_fault(asked.path))
        self.requests.append(
            Request(
                method=asked.method,
                path=asked.path,
                range_header=asked.range_header,
                authorization=asked.authorization,
                accept=asked.accept,
                status=answer.status,
                sent_bytes=0 if asked.method == "HEAD" else len(answer.body),
            )
        )
        return answer

    def _next_fault(self, path: str) -> Fault | None:
        with self._faults_lock:
            for suffix, waiting in tuple(self.faults.items()):
                if waiting and path.endswith(suffix):
                    return waiting.pop(0)
        return None

    def _answer(self, asked: _Asked) -> _Answer:
        path = asked.path
        if self.forbidden is not None and path.startswith(self.forbidden):
            return _Answer(status=403)
        if path in self._raw:
            return self._raw[path]
        if path in self._files:
            return _file_answer(self._files[path], asked, ranges=self.ranges)
        if listings := self._pages.get(path):
            return self._project_answer(path, tuple(listings.values()), asked.accept)
        if f"{path}/" in self._pages or f"{path}/" in self._raw:
            return _Answer(status=301, headers=(("Location", quote(f"{path}/")),))
        pages = [page for page in (*self._pages, *self._raw) if page.endswith("/")]
        projects = sorted({page.split("/")[-2] for page in pages if path == page.rsplit("/", 2)[0] + "/"})
        if projects:
            return self._root_answer(path, projects, asked.accept)
        return _ACCESS_DENIED if _is_pytorch(path) else _Answer(status=404)

    def _project_answer(self, path: str, listings: tuple[_Listing, ...], accept: str | None) -> _Answer:
        name = path.split("/")[-2]
        if _is_pytorch(path):
            in_order = sorted(listings, key=lambda each: each.path)
            return _pytorch_answer(_pytorch_page(f"Links for {name}", (_anchor(each, "/") for each in in_order)), path)
        media_type = _negotiated(accept, self.formats)
        if media_type == _JSON:
            return _json_answer(_project_json(name, listings, url=self.url))
        up = "../" * (path.count("/") - 1)
        return _html_answer(_simple_page(f"Links for {name}", (_anchor(each, up) for each in listings)), media_type)

    def _root_answer(self, path: str, projects: list[str], accept: str | None) -> _Answer:
        if _is_pytorch(path):
            return _pytorch_answer(
                _pytorch_page(None, (f'<a href="{name}/">{name}</a><br/>' for name in projects)), path
            )
        media_type = _negotiated(accept, self.formats)
        if media_type == _JSON:
            return _json_answer({"projects": [{"name": name} for name in projects]})
        links = (f'<a href="{name}/">{name}</a><br/>' for name in projects)
        return _html_answer(_simple_page("Simple index", links), media_type)


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128  # The usual 5 costs a client with many workers a second per lost SYN.

    def __init__(self, index: IndexServer) -> None:
        self.index = index
        self._accepted: list[socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own would ask DNS for the host's name.

    def get_request(self) -> tuple[socket, object]:
        connection, address = super().get_request()
        self._accepted.append(connection)
        return connection, address

    def hang_up(self) -> None:
        for connection in self._accepted:
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        get = self.headers.get
        asked = _Asked(
            method=self.command,
            path=unquote(urlsplit(self.path).path),
            range_header=get("Range"),
            if_range=get("If-Range"),
            authorization=get("Authorization"),
            accept=get("Accept"),
        )
        answer = self.server.index._respond(asked)
        self.close_connection = self.close_connection or answer.status == 0 or answer.missing_bytes > 0
        if answer.status:
            with suppress(ConnectionError):  # A client may hang up whenever it has read enough.
                self._send(answer)
                if answer.stalls:
                    self.rfile.read(1)

    do_HEAD = do_GET  # noqa: N815  # http.server looks it up by this name

    def _send(self, answer: _Answer) -> None:
        self.send_response_only(answer.status)  # The other one adds the date.
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + answer.missing_bytes))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name for it
        """Say nothing: the record of requests says it all."""


def _is_pytorch(path: str) -> bool:
    return path.strip("/").split("/")[0] == "whl"


def _is_uncached(path: str) -> bool:
    return _is_pytorch(path) and not {"nightly", "test", "preview"}.isdisjoint(path.split("/"))


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def _spoilt(answer: _Answer, fault: Fault | None) -> _Answer:
    middle = len(answer.body) // 2
    start, rest = answer.body[:middle], answer.body[middle:]
    match fault:
        case None:
            return answer
        case "drop":
            return _Answer(status=0)
        case "503":
            return _Answer(status=503)
        case "429":
            return _Answer(status=429, headers=(("Retry-After", "0"),))
        case "truncate" | "stall":
            return replace(answer, body=start, missing_bytes=len(rest), stalls=fault == "stall")
        case "corrupt":
            flipped = bytes(byte ^ 0xFF for byte in rest[:1])
            return replace(answer, body=start + flipped + rest[1:])


def _file_answer(file: _File, asked: _Asked, *, ranges: bool) -> _Answer:
    etag, size = f'"{file.digest}"', len(file.body)
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/octet-stream"), ("ETag", etag))
    if ranges:
        headers += (("Accept-Ranges", "bytes"),)
    wanted = ranges and asked.method == "GET" and asked.if_range in (None, etag)
    span = _span(asked.range_header, size) if wanted else None
    if span is None:
        return _Answer(status=200, headers=headers, body=file.body)
    if not span:
        return _Answer(status=416, headers=(*headers, ("Content-Range", f"bytes */{size}")))
    shown = ("Content-Range", f"bytes {span.start}-{span.stop - 1}/{size}")
    return _Answer(status=206, headers=(*headers, shown), body=file.body[span.start : span.stop])


def _span(header: str | None, size: int) -> range | None:
    """None if the header is to be ignored, an empty range if it cannot be satisfied."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _negotiated(accept: str | None, formats: set[Format]) -> str | None:
    """Return the media type the client likes best, None if it takes none of those we have."""
    weights: dict[str, float] = {}
    for part in (accept or "*/*").split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weights[media_type] = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    liked = {name: weights.get(name, weights.get("*/*", 0.0)) for name, kind in _MEDIA_TYPES if kind in formats}
    best = max(liked, key=lambda name: liked[name], default="")
    return best if liked.get(best) else None


def _html_answer(page: str, media_type: str | None = "text/html") -> _Answer:
    if media_type is None:
        return _Answer(status=406)
    return _Answer(status=200, headers=(("Content-Type", f"{media_type}; charset=utf-8"),), body=page.encode())


def _json_answer(content: dict[str, object]) -> _Answer:
    body = json.dumps({"meta": {"api-version": "1.1"}, **content}).encode()
    return _Answer(status=200, headers=(("Content-Type", _JSON),), body=body)


def _simple_page(title: str, links: Iterable[str]) -> str:
    meta = '<meta name="pypi:repository-version" content="1.1">'
    head = f"<!DOCTYPE html>\n<html>\n<head>{meta}<title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
    return head + "".join(f"{link}\n" for link in links) + "</body>\n</html>\n<!--SERIAL 31415926-->"


def _pytorch_page(title: str | None, links: Iterable[str]) -> str:
    head = ["<!DOCTYPE html>", "<html>", "  <body>", *([f"    <h1>{title}</h1>"] if title else [])]
    return "\n".join([*head, *(f"    {link}" for link in links), "  </body>", "</html>", "<!--TIMESTAMP 1703347410-->"])


def _pytorch_answer(page: str, path: str) -> _Answer:
    caching = "no-cache,no-store,must-revalidate" if _is_uncached(path) else "max-age=600, public, must-revalidate"
    return _Answer(status=200, headers=(("Content-Type", "text/html"), ("Cache-Control", caching)), body=page.encode())


def _anchor(listing: _Listing, prefix: str) -> str:
    digest = f"sha256={listing.metadata_sha256}" if listing.metadata_sha256 else None
    attributes = {
        "href": listing.href(prefix),
        "data-requires-python": listing.requires_python,
        "data-yanked": "" if listing.yanked is True else listing.yanked,
        "data-dist-info-metadata": digest,
        "data-core-metadata": digest,
        "data-upload-time": listing.upload_time if _is_pytorch(listing.path) else None,
    }
    text = "".join(f' {k}="{escape(v)}"' for k, v in attributes.items() if isinstance(v, str))
    return f"<a{text}>{listing.filename}</a><br/>"


def _project_json(name: str, listings: tuple[_Listing, ...], *, url: str) -> dict[str, object]:
    versions = sorted({listing.version for listing in listings})
    return {"name": name, "versions": versions, "files": [_file_json(each, url=url) for each in listings]}


def _file_json(listing: _Listing, *, url: str) -> dict[str, object]:
    metadata = {"sha256": listing.metadata_sha256} if listing.metadata_sha256 else None
    optional = {
        "requires-python": listing.requires_python,
        "size": listing.size_bytes,
        "core-metadata": metadata,
        "upload-time": listing.upload_time,
    }
    return {
        "filename": listing.filename,
        "url": replace(listing, sha256=None).href(f"{url}/"),
        "hashes": {"sha256": listing.sha256} if listing.sha256 else {},
        "yanked": True if listing.yanked == "" else listing.yanked,
        **{key: value for key, value in optional.items() if value is not None},
    }
