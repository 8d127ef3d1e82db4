"""HTTP, as pip users have it configured: the project's only network code.

Whatever goes wrong leaves here as `IndexUnavailable`, with the address redacted: credentials are sent, never shown.
"""

import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning
from urllib3.util import Retry, make_headers

from ..problem import IndexUnavailable, Problem
from .cause import cause_of
from .credentials import Credentials, host_of, pair_in, redact
from .settings import IndexSettings, bundled_certificates

CONNECTIONS_PER_HOST = 16
_RETRIES = Retry(
    total=5,
    backoff_factor=0.3,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    retry_after_max=60,  # seconds; a server may ask for hours
)
_IMPATIENT_S = 3.0
_WORTH_DRAINING_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str
    url: str
    """Where the answer came from, redirects followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some bytes of a file, and how long the whole is."""

    start: int
    body: bytes
    total_bytes: int


def unavailable(url: str, found: str, hint: str = "") -> IndexUnavailable:
    """Make the error for an address that did not do its part."""
    problem = Problem(
        code="index-unavailable", where=redact(url), expected="an answer from the index", found=found, hint=hint
    )
    return IndexUnavailable(problem)


def _unreadable(path: str, error: OSError) -> IndexUnavailable:
    return IndexUnavailable(
        Problem(code="certificate-unreadable", where=path, expected="PEM certificates", found=str(error))
    )


def _tls_context(settings: IndexSettings) -> ssl.SSLContext:
    is_folder = settings.ca_file is not None and Path(settings.ca_file).is_dir()
    file, folder = (None, settings.ca_file) if is_folder else (settings.ca_file, None)
    try:
        context = ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise _unreadable(settings.ca_file or "the system's certificates", error) from None
    if settings.ca_file is None and not context.get_ca_certs() and (bundled := bundled_certificates()):
        context.load_verify_locations(bundled)
    if settings.client_certificate:
        try:
            context.load_cert_chain(settings.client_certificate)
        except OSError as error:
            raise _unreadable(settings.client_certificate, error) from None
    return context


def _unchecked_tls_context() -> ssl.SSLContext:
    """Give the context for a host that `trusted-host` names; its user was told by pip what that means."""
    urllib3.disable_warnings(InsecureRequestWarning)
    return ssl._create_unverified_context()  # noqa: S323


class Http:
    """Connections, kept open and shared between threads."""

    def __init__(self, settings: IndexSettings, *, patient: bool = True) -> None:
        """Without patience, a host that cannot be reached is given up at once: for what can be done without."""
        self._settings = settings
        self._retries = _RETRIES if patient else _RETRIES.new(connect=0)
        self._connect_s = settings.timeout_s if patient else min(settings.timeout_s, _IMPATIENT_S)
        self._pools: dict[tuple[str | None, bool], urllib3.PoolManager] = {}
        self.credentials = Credentials(settings.index_urls)
        self._tls = _tls_context(settings)
        self.received: Callable[[int], None] = lambda size_bytes: None
        """Told of the bytes of each answer that was read, as they came over the wire."""

    @property
    def offline(self) -> bool:
        """Whether nobody may be asked."""
        return self._settings.offline

    def _no_answer(self, url: str, error: Exception) -> IndexUnavailable:
        found = cause_of(error, timeout_s=self._settings.timeout_s)
        return unavailable(url, found, "check the network and pip's index-url")

    def _proxy_for(self, url: str) -> str | None:
        parts = urlsplit(url)
        if urllib.request.proxy_bypass(parts.hostname or ""):
            return None
        proxy = self._settings.proxy or urllib.request.getproxies().get(parts.scheme)
        return proxy if proxy is None or "://" in proxy else f"http://{proxy}"

    def _pool_for(self, url: str) -> urllib3.PoolManager:
        if "://" not in url:
            raise ValueError("an address without a scheme such as https://")
        trusted = not {urlsplit(url).hostname, host_of(url)}.isdisjoint(self._settings.trusted_hosts)
        proxy = self._proxy_for(url)
        pool = self._pools.get((proxy, trusted))
        return pool or self._pools.setdefault((proxy, trusted), self._new_pool(proxy, trusted=trusted))

    def _new_pool(self, proxy: str | None, *, trusted: bool) -> urllib3.PoolManager:
        options: dict[str, Any] = {
            "ssl_context": _unchecked_tls_context() if trusted else self._tls,
            "maxsize": CONNECTIONS_PER_HOST,
            "retries": self._retries,
            "timeout": urllib3.Timeout(connect=self._connect_s, read=self._settings.timeout_s),
        }
        if proxy is None:
            return urllib3.PoolManager(**options)
        pair = pair_in(proxy)
        headers = make_headers(proxy_basic_auth=":".join(pair)) if pair else None
        return urllib3.ProxyManager(redact(proxy), proxy_headers=headers, **options)

    def _authorization(self, url: str) -> dict[str, str]:
        pair = self.credentials.pair_for(url)
        return make_headers(basic_auth=":".join(pair)) if pair else {}

    @contextmanager
    def open(
        self, url: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request and give the answer with its body unread; what breaks while it is read is converted too.

        Raises:
            IndexUnavailable: no answer, or the connection broke.
        """
        if self._settings.offline:
            raise unavailable(url, "no network, as asked for", "run once without --offline")
        try:
            sent = {"Accept-Encoding": "identity"} | (headers or {}) | self._authorization(url)
            pool = self._pool_for(url)
        except (HTTPError, ValueError) as error:  # an address that is none, or credentials that no header can carry
            raise self._no_answer(url, error) from None
        try:
            answer = pool.request(method, redact(url), headers=sent, preload_content=False)
            try:
                yield answer
            except BaseException:
                answer.close()
                raise
            _leave(answer)
            self.received(answer.tell())
        except HTTPError as error:
            raise self._no_answer(url, error) from None

    def get(self, url: str, *, headers: dict[str, str] | None = None) -> Response:
        """Fetch a whole answer, whatever its status.

        Raises:
            IndexUnavailable: no answer, the connection broke, or the server wants other credentials.
        """
        with self.open(url, headers={"Accept-Encoding": "gzip", **(headers or {})}) as answer:
            body = answer.read(decode_content=True)
            if answer.status == 401:
                raise unavailable(url, "401, credentials refused", "put them in the index URL or in netrc")
            return Response(
                status=answer.status,
                body=body,
                content_type=answer.headers.get("Content-Type", ""),
                url=_followed(redact(url), answer),
            )

    def get_part(self, url: str, wanted: str) -> Part:
        """Fetch the byte range `wanted`, as "100-199" or "-65536" (the last bytes).

        Raises:
            IndexUnavailable: the server cannot send parts; its whole answer is not read.
        """
        with self.open(url, headers={"Range": f"bytes={wanted}"}) as answer:
            if answer.status == 206:
                span, total = _content_range(answer.headers.get("Content-Range", ""))
                body = answer.read()
                if len(body) != len(span):
                    raise unavailable(url, f"{len(body)} bytes in a part of {len(span)}")
                return Part(start=span.start, body=body, total_bytes=total)
            raise unavailable(
                url,
                f"status {answer.status} to a request for a part",
                "the index must offer metadata apart (PEP 658) or answer range requests",
            )

    def size_bytes(self, url: str) -> int:
        """Ask how long a file is.

        Raises:
            IndexUnavailable: the server does not say.
        """
        with self.open(url, method="HEAD") as answer:
            length = answer.headers.get("Content-Length", "")
            if answer.status != 200 or not (length.isascii() and length.isdigit()):
                raise unavailable(url, f"status {answer.status} and no length")
            return int(length)


def _leave(answer: urllib3.BaseHTTPResponse) -> None:
    """Keep the connection for the next request, unless more is unread than that is worth; it may be without end."""
    left_bytes = 0 if answer.closed else answer.length_remaining
    if left_bytes is None or left_bytes > _WORTH_DRAINING_BYTES:
        answer.close()
    else:
        answer.drain_conn()
        answer.release_conn()


def _followed(url: str, answer: urllib3.BaseHTTPResponse) -> str:
    """Give the address an answer came from in the end; each redirect starts from the one before.

    Links are joined to it and remembered, so it never has credentials, whatever a redirect puts there.
    """
    for step in answer.retries.history if answer.retries else ():
        url = urljoin(url, step.redirect_location or "")
    return redact(url)


def _content_range(header: str) -> tuple[range, int]:
    """Read "bytes 5-9/10" as (range(5, 10), 10)."""
    try:
        span, total = header.removeprefix("bytes ").split("/")
        first, last = span.split("-")
        return range(int(first), int(last) + 1), int(total)
    except ValueError:
        raise HTTPError(f"unreadable Content-Range {header!r}") from None
