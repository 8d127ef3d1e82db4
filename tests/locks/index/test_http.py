"""HTTP as pip users have it configured, against real servers on the loopback address."""

import gzip
import socket
import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from locks import IndexUnavailable
from locks.index import Http, IndexSettings
from locks.index.credentials import netrc_pair, redact
from locks.index.http import Part, Response

from tests.index_server import IndexServer
from tests.wheels import make_wheel

WHEEL = make_wheel("demo", "1.0", padding_bytes=300_000)
UNREACHABLE = "http://127.0.0.1:9/demo/"
"""The discard port, where nobody listens."""

# Made for these tests alone: an authority of its own, for localhost and 127.0.0.1, valid until 2120.
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYNSQ8SCyhlcfXpqp
SH0Bqy9Ba2NtM4RVW0bSguPljnChRANCAASVeSc7/3Syde/XkeZVVrOWl6+kuq0c
OV0BzdqL3y1MVu5eCYO2pQzLF2ML/tASSkOymKisQO9xTlpVVfaoGSb4
-----END PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBojCCAUigAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA52ZW52YXVs
dCB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOdmVudmF1bHQgdGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASV
eSc7/3Syde/XkeZVVrOWl6+kuq0cOV0BzdqL3y1MVu5eCYO2pQzLF2ML/tASSkOy
mKisQO9xTlpVVfaoGSb4o38wfTAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3Qw
DwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAoQwHQYDVR0OBBYEFCHrbgwU
DLdFLERsZ9nGi2sdJ1ZSMB8GA1UdIwQYMBaAFCHrbgwUDLdFLERsZ9nGi2sdJ1ZS
MAoGCCqGSM49BAMCA0gAMEUCIQCmNH/Qx1Vr8IVKDipsvG1pP5rpgDN1E2P/eLu0
7rjuRgIgQY8HP2/YRu9znX1lxYNJ2KGXIrbZ76ZOvjcSrVkitco=
-----END CERTIFICATE-----
"""


def raw(*lines: str, body: bytes = b"") -> bytes:
    """An answer as it goes over the wire, whatever it says of itself."""
    return "\r\n".join((*lines, "", "")).encode() + body


class Scripted(socketserver.ThreadingTCPServer):
    """A server that sends the same bytes to whoever asks, or the bytes of each path; keeps the requests' heads."""

    daemon_threads = True

    def __init__(self, answers: dict[str, bytes], *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Scripted)
        self.answers = answers
        self.heads: list[str] = []
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off, as one does on a certificate it does not know, is no news."""

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"


class _Scripted(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        head = ""
        while (line := self.rfile.readline().decode()) not in ("", "\r\n"):
            head += line
        if head:
            self.server.heads.append(head)
            self.wfile.write(self.server.answers[head.split()[1]])


Answering = Callable[..., Scripted]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Start servers that live as long as the test."""
    running: list[Scripted] = []

    def start(answers: dict[str, bytes], *, tls: ssl.SSLContext | None = None) -> Scripted:
        running.append(Scripted(answers, tls=tls).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    """A PEM file with the key and the certificate."""
    path = tmp_path / "identity.pem"
    path.write_text(KEY + CERTIFICATE, "ascii")
    return path


def refused(action: Callable[[], object]) -> str:
    """Give the message of the one problem that `action` ends in."""
    with pytest.raises(IndexUnavailable) as caught:
        action()
    assert len(caught.value.problems) == 1
    return str(caught.value)


def sent_credentials(head: str, header: str = "authorization") -> str | None:
    """The user name and password in a request's head."""
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        if name.lower() == header:
            return b64decode(value.removeprefix("Basic ")).decode()
    return None


def with_user(url: str, user: str) -> str:
    """Put `user` before the host."""
    return url.replace("://", f"://{user}@")


OK = raw("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Length: 2", "Connection: close", body=b"ok")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host.example/a", "https://host.example/a"),
        ("https://ann:s3cret@host.example:8443/a?b#c", "https://host.example:8443/a?b#c"),
        ("https://token@host.example/a", "https://host.example/a"),
        ("https://ann:p@ss@host.example/a", "https://host.example/a"),
        ("https://ann:s3cret@[::1]:8443/", "https://[::1]:8443/"),
        ("ann:s3cret@host.example/simple", "host.example/simple"),
        ("https://ann:s3/cret@host.example/a", "https://host.example/a"),
        ("https://ann:s3/cr@et@host.example/@scope/a", "https://host.example/@scope/a"),
        ("https://host.example:8443/@scope/a", "https://host.example:8443/@scope/a"),
        ("https://[::1]:8443/@scope/a", "https://[::1]:8443/@scope/a"),
        ("https://host.example/@scope/a@1", "https://host.example/@scope/a@1"),
        ("/home/ann@corp/wheels", "/home/ann@corp/wheels"),
        (r"C:\Users\ann@corp\wheels", r"C:\Users\ann@corp\wheels"),
    ],
)
def test_redact(url: str, shown: str) -> None:
    """User name and password are taken out, and nothing else."""
    assert redact(url) == shown


def test_whole_answer(server: IndexServer, http: Http) -> None:
    """An answer comes with its status, body, type and address, over one connection."""
    server.add_raw_page("/page", b"hello", "text/plain")

    assert http.get(f"{server.url}/page") == Response(
        status=200, body=b"hello", content_type="text/plain", url=f"{server.url}/page"
    )
    assert http.get(f"{server.url}/absent") == Response(
        status=404, body=b"", content_type="", url=f"{server.url}/absent"
    )


def test_connection_outlives_a_short_answer_that_nobody_reads(server: IndexServer, http: Http) -> None:
    """A length that is asked for, a part, and a page that is not there: all over the first connection."""
    address = server.url + server.add(WHEEL)
    for _ in range(3):
        http.size_bytes(address)
        http.get_part(address, "-10")
        with http.open(f"{server.url}/absent"):
            pass

    assert len(server._listener._accepted) == 1


def test_headers_are_sent(server: IndexServer, http: Http) -> None:
    """What the caller asks for is asked of the server."""
    http.get(f"{server.url}/absent", headers={"Accept": "text/html"})

    assert server.requests[0].accept == "text/html"


def test_compressed_page_is_unpacked(answering: Answering, http: Http) -> None:
    """A page may come compressed, and is asked for so."""
    body = gzip.compress(b"hello" * 100)
    answer = raw("HTTP/1.1 200 OK", "Content-Encoding: gzip", f"Content-Length: {len(body)}", body=body)
    server = answering({"/page": answer})

    assert http.get(f"{server.url}/page").body == b"hello" * 100
    assert "accept-encoding: gzip" in server.heads[0].lower()


def test_redirect_on_the_same_server(server: IndexServer, http: Http) -> None:
    """The answer's address is where it was found."""
    server.add(WHEEL)

    assert http.get(f"{server.simple_url}/demo").url == f"{server.simple_url}/demo/"


def test_redirects_through_other_servers(answering: Answering, http: Http) -> None:
    """A relative redirect starts from the server that sent it, whatever came before."""
    last = answering({"/b": raw("HTTP/1.1 302 Found", "Location: /c", "Content-Length: 0"), "/c": OK})
    first = answering({"/a": raw("HTTP/1.1 301 Moved", f"Location: {last.url}/b", "Content-Length: 0")})

    assert http.get(f"{first.url}/a") == Response(status=200, body=b"ok", content_type="text/html", url=f"{last.url}/c")


def test_credentials_stay_with_their_server(answering: Answering, http: Http) -> None:
    """A redirect to another server does not take user name and password there."""
    last = answering({"/b": OK})
    first = answering({"/a": raw("HTTP/1.1 301 Moved", f"Location: {last.url}/b", "Content-Length: 0")})

    answer = http.get(with_user(f"{first.url}/a", "ann:s3cret"))

    assert answer.url == f"{last.url}/b"
    assert [sent_credentials(head) for head in (*first.heads, *last.heads)] == ["ann:s3cret", None]


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        pytest.param("ann:s3cret", "ann:s3cret", id="both"),
        pytest.param("token", "token:", id="name alone"),
        pytest.param("ann%40example:p%3Aw%2F", "ann@example:p:w/", id="escaped"),
    ],
)
def test_credentials_in_the_address(answering: Answering, http: Http, user: str, sent: str) -> None:
    """User name and password in an address are sent, unescaped."""
    server = answering({"/a": OK})

    assert http.get(with_user(f"{server.url}/a", user)).status == 200
    assert sent_credentials(server.heads[0]) == sent


@pytest.mark.parametrize("where", ["pip's index-url", "another root"])
def test_credentials_of_an_index_hold_for_its_files(answering: Answering, where: str) -> None:
    """A file on the index's own server is fetched with the index's credentials."""
    server = answering({"/files/a": OK, "/simple": OK})
    root = with_user(f"{server.url}/simple", "ann:s3cret")
    http = Http(IndexSettings(index_urls=(root,) if where == "pip's index-url" else ()))
    if where == "another root":
        http.credentials.learn([root])

    assert http.get(f"{server.url}/files/a").status == 200
    assert sent_credentials(server.heads[-1]) == "ann:s3cret"


def test_two_indexes_on_one_host_keep_their_own_credentials(answering: Answering) -> None:
    """A file is fetched with the credentials of the index nearest to it, whichever was asked last."""
    files = ["/projects/1/files/a", "/projects/11/files/a", "/projects/1/simple/a", "/other/a"]
    server = answering(dict.fromkeys(files, OK))
    urls = tuple(with_user(f"{server.url}/projects/{number}/simple", f"ann:token{number}") for number in (1, 11))
    http = Http(IndexSettings(index_urls=urls))

    for path in files:
        http.get(server.url + path)
    assert [sent_credentials(head) for head in server.heads] == [
        "ann:token1",
        "ann:token11",
        "ann:token1",
        "ann:token1",
    ]


def test_redirect_may_not_smuggle_credentials_in(answering: Answering, http: Http) -> None:
    """The answer's address, which links are joined to, is without them even if a redirect had some."""
    last = answering({"/b": OK})
    target = with_user(f"{last.url}/b", "ann:s3cret")
    first = answering({"/a": raw("HTTP/1.1 301 Moved", f"Location: {target}", "Content-Length: 0")})

    assert http.get(f"{first.url}/a").url == f"{last.url}/b"


def test_the_address_itself_comes_first(answering: Answering) -> None:
    """Credentials in the very address win over those of the index."""
    server = answering({"/a": OK})
    http = Http(IndexSettings(index_urls=(with_user(f"{server.url}/simple", "ann:s3cret"),)))

    http.get(with_user(f"{server.url}/a", "bob:other"))
    assert sent_credentials(server.heads[0]) == "bob:other"


@pytest.mark.parametrize("home", [True, False], ids=["in the home folder", "named by NETRC"])
def test_credentials_in_netrc(
    answering: Answering, http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: bool
) -> None:
    """The netrc file is looked into for hosts without credentials of their own."""
    path = tmp_path / "home" / ".netrc" if home else tmp_path / "elsewhere"
    path.parent.mkdir(exist_ok=True)
    path.write_text("machine 127.0.0.1 login ann password s3cret\n", "ascii")
    path.chmod(0o600)
    if not home:
        monkeypatch.setenv("NETRC", str(path))
    server = answering({"/a": OK})

    http.get(f"{server.url}/a")
    assert sent_credentials(server.heads[0]) == "ann:s3cret"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"machine other.example login ann password s3cret\n", id="another host"),
        pytest.param(b"machines are good\n", id="not a netrc"),
        pytest.param(b"machine 127.0.0.1 login \xff\xfe password x\n", id="no text"),
        pytest.param(b"", id="empty"),
    ],
)
def test_netrc_that_says_nothing(answering: Answering, http: Http, tmp_path: Path, content: bytes) -> None:
    """A netrc without an entry, or one that cannot be read, is passed over as pip does."""
    path = tmp_path / "home" / ".netrc"
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    server = answering({"/a": OK})

    assert http.get(f"{server.url}/a").status == 200
    assert sent_credentials(server.heads[0]) is None


def test_netrc_is_read_once(tmp_path: Path) -> None:
    """A host is looked up in the file once, not for each of a thousand requests."""
    assert netrc_pair("host.example") is None
    path = tmp_path / "home" / ".netrc"
    path.parent.mkdir()
    path.write_text("machine host.example login ann password s3cret\n", "ascii")
    path.chmod(0o600)

    assert netrc_pair("host.example") is None
    netrc_pair.cache_clear()
    assert netrc_pair("host.example") == ("ann", "s3cret")


def test_refused_credentials_are_a_problem_without_them(server: IndexServer, http: Http) -> None:
    """A 401 says where credentials go, and does not repeat the wrong ones."""
    server.credentials = ("ann", "s3cret")
    server.add(WHEEL)

    message = refused(lambda: http.get(with_user(f"{server.simple_url}/demo/", "ann:wr0ng")))

    assert message == (
        f"index-unavailable: {server.simple_url}/demo/: expected an answer from the index, "
        "found 401, credentials refused (put them in the index URL or in netrc)"
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        pytest.param(UNREACHABLE, "connection refused", id="nobody listens"),
        pytest.param("ftp://127.0.0.1/demo/", "Not supported URL scheme ftp", id="another scheme"),
        pytest.param("http://127.0.0.1:99999/", "Failed to parse: http://127.0.0.1:99999/", id="no such port"),
        pytest.param("http://[/demo/", "Invalid IPv6 URL", id="no address at all"),
    ],
)
def test_no_answer_is_a_problem_without_credentials(http: Http, url: str, found: str) -> None:
    """What keeps an answer away is told in a few words, with the address and never with what was before the host."""
    assert refused(lambda: http.get(with_user(url, "ann:s3cret"))) == (
        f"index-unavailable: {url}: expected an answer from the index, found {found} "
        "(check the network and pip's index-url)"
    )


def test_address_without_a_scheme_is_refused(http: Http) -> None:
    """An index-url that starts with its host is told what it lacks, and nobody is asked."""
    assert "found an address without a scheme such as https://" in refused(
        lambda: http.get("host.example/simple/demo/")
    )


def test_credentials_that_cannot_be_sent_are_not_shown(http: Http) -> None:
    """A password that no header can carry is a problem without a single letter of it."""
    message = refused(lambda: http.get("http://ann:%E2%82%AC%E2%82%AC@127.0.0.1:9/"))

    assert message == (
        "index-unavailable: http://127.0.0.1:9/: expected an answer from the index, "
        "found a user name or password that no header can carry (check the network and pip's index-url)"
    )


def test_server_that_is_too_slow() -> None:
    """The time limit is told as it was configured."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        message = refused(lambda: Http(IndexSettings(index_urls=(), timeout_s=0.01)).get(url))

    assert "found timed out after 0.01 s (" in message


def test_index_address_that_is_none_is_refused_when_asked() -> None:
    """A broken address in pip's configuration is a problem and no traceback, also among its credentials."""
    url = "http://ann:s3cret@["
    http = Http(IndexSettings(index_urls=(url,)))

    assert refused(lambda: http.get(url)) == (
        "index-unavailable: http://[: expected an answer from the index, "
        "found Invalid IPv6 URL (check the network and pip's index-url)"
    )


def test_page_that_comes_at_second_asking(server: IndexServer, http: Http) -> None:
    """A server that is busy, or hangs up, is asked again."""
    server.add(WHEEL)
    server.faults = {"/demo/": ["503", "drop", "429"]}

    assert http.get(f"{server.simple_url}/demo/").status == 200
    assert [request.status for request in server.requests] == [503, 0, 429, 200]


def test_server_that_always_hangs_up(server: IndexServer, http: Http) -> None:
    """After six attempts it is a problem."""
    server.faults = {"/demo/": ["drop"] * 6}

    message = refused(lambda: http.get(with_user(f"{server.simple_url}/demo/", "ann:s3cret")))

    assert message.startswith(f"index-unavailable: {server.simple_url}/demo/: ")
    assert "s3cret" not in message
    assert [request.status for request in server.requests] == [0] * 6


def test_server_that_is_always_busy(server: IndexServer, http: Http) -> None:
    """After six attempts the last answer is given, for the caller to judge."""
    server.faults = {"/demo/": ["503"] * 6}

    assert http.get(f"{server.simple_url}/demo/").status == 503
    assert len(server.requests) == 6


def test_truncated_body_is_a_problem(server: IndexServer, http: Http) -> None:
    """Half a body is never taken for the whole."""
    url = server.url + server.add(WHEEL)
    server.faults = {".whl": ["truncate"]}

    message = refused(lambda: http.get(url))

    assert message.startswith(f"index-unavailable: {url}: expected an answer from the index, found ")
    half, rest = WHEEL.size_bytes // 2, WHEEL.size_bytes - WHEEL.size_bytes // 2
    assert f"found connection broke off: {half} bytes read, {rest} more expected (" in message


def test_body_read_piece_by_piece(server: IndexServer, http: Http) -> None:
    """`open` leaves the body to the caller, and converts what breaks meanwhile."""
    url = server.url + server.add(WHEEL)
    server.faults = {".whl": ["truncate"]}

    def read_all() -> bytes:
        with http.open(url) as answer:
            return b"".join(answer.stream(1000))

    assert "connection broke off: " in refused(read_all)
    assert read_all() == WHEEL.data


def test_callers_own_errors_pass_unchanged(server: IndexServer, http: Http) -> None:
    """What the caller raises while reading is not the index's fault, a full disk included."""
    url = server.url + server.add(WHEEL)

    with pytest.raises(OSError, match="disk full"), http.open(url):
        raise OSError("disk full")


@pytest.mark.parametrize(
    ("wanted", "span"),
    [
        pytest.param("100-199", slice(100, 200), id="closed"),
        pytest.param("-1000", slice(-1000, None), id="the last bytes"),
        pytest.param("-99999999", slice(None), id="more than there is"),
    ],
)
def test_part_of_a_file(server: IndexServer, http: Http, wanted: str, span: slice) -> None:
    """A part is exactly the bytes asked for, with its place and the length of the whole."""
    url = server.url + server.add(WHEEL)
    start = span.indices(WHEEL.size_bytes)[0]

    assert http.get_part(url, wanted) == Part(start=start, body=WHEEL.data[span], total_bytes=WHEEL.size_bytes)
    assert server.requests[0].range_header == f"bytes={wanted}"


def test_server_without_parts_is_not_read(answering: Answering, http: Http) -> None:
    """Where the whole file comes instead of a part, its body is left on the wire."""
    # The server promises a terabyte and sends none of it: a client that read on would find it truncated.
    server = answering({"/f": raw("HTTP/1.1 200 OK", f"Content-Length: {1 << 40}")})

    message = refused(lambda: http.get_part(f"{server.url}/f", "0-9"))

    assert message == (
        f"index-unavailable: {server.url}/f: expected an answer from the index, "
        "found status 200 to a request for a part "
        "(the index must offer metadata apart (PEP 658) or answer range requests)"
    )


@pytest.mark.parametrize(("ranges", "status"), [(False, 200), (True, 416)], ids=["whole file", "beyond the end"])
def test_answer_that_is_no_part(server: IndexServer, http: Http, ranges: bool, status: int) -> None:
    """Anything but a part is refused with its status, and the connections stay usable."""
    url = server.url + server.add(WHEEL)
    server.ranges = ranges

    assert f"found status {status} to a request for a part" in refused(lambda: http.get_part(url, "99999999-"))
    assert http.get(url).body == WHEEL.data


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("bytes 0-1/*", id="length unknown"),
        pytest.param("bytes */2", id="no place"),
        pytest.param("lines 1", id="another unit"),
        pytest.param("", id="empty"),
    ],
)
def test_part_with_an_unreadable_place(answering: Answering, http: Http, header: str) -> None:
    """A part of which nobody knows where it belongs is a problem."""
    answer = raw("HTTP/1.1 206 Partial", f"Content-Range: {header}", "Content-Length: 2", body=b"ok")
    server = answering({"/f": answer})

    assert f"unreadable Content-Range {header!r}" in refused(lambda: http.get_part(f"{server.url}/f", "0-1"))


@pytest.mark.parametrize("span", ["0-9", "5-5", "9-5"])
def test_part_of_another_length_than_it_says(answering: Answering, http: Http, span: str) -> None:
    """A part that is shorter or longer than its own header tells is a problem."""
    answer = raw("HTTP/1.1 206 Partial", f"Content-Range: bytes {span}/10", "Content-Length: 2", body=b"ok")
    server = answering({"/f": answer})

    assert "2 bytes in a part of " in refused(lambda: http.get_part(f"{server.url}/f", "0-9"))


def test_size_of_a_file(server: IndexServer, http: Http) -> None:
    """The length is asked for without the body."""
    url = server.url + server.add(WHEEL)

    assert http.size_bytes(url) == WHEEL.size_bytes
    assert [(request.method, request.sent_bytes) for request in server.requests] == [("HEAD", 0)]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param(raw("HTTP/1.1 200 OK", "Connection: close"), "status 200 and no length", id="no length"),
        pytest.param(raw("HTTP/1.1 404 No", "Connection: close"), "status 404 and no length", id="no file"),
        pytest.param(raw("HTTP/1.1 200 OK", "Content-Length: many"), "status 200 and no length", id="no number"),
        pytest.param(raw("HTTP/1.1 200 OK", "Content-Length: -5"), "status 200 and no length", id="less than nothing"),
    ],
)
def test_file_of_unknown_size(answering: Answering, http: Http, answer: bytes, found: str) -> None:
    """A server that does not say how long a file is has the problem, not we."""
    server = answering({"/f": answer})

    assert refused(lambda: http.size_bytes(f"{server.url}/f")) == (
        f"index-unavailable: {server.url}/f: expected an answer from the index, found {found}"
    )


@pytest.mark.parametrize("setting", ["configured", "without a scheme", "in the environment"])
def test_proxy_is_used(answering: Answering, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """Requests go through the proxy, with the address written out."""
    proxy = answering({"http://host.example/a": OK})
    settings = IndexSettings(index_urls=(), proxy=proxy.url if setting == "configured" else None)
    if setting == "without a scheme":
        settings = IndexSettings(index_urls=(), proxy=proxy.url.removeprefix("http://"))
    if setting == "in the environment":
        monkeypatch.setenv("http_proxy", proxy.url)

    assert Http(settings).get("http://host.example/a").body == b"ok"
    assert proxy.heads[0].startswith("GET http://host.example/a HTTP/1.1\r\n")


def test_proxy_gets_its_own_credentials(answering: Answering) -> None:
    """User name and password of the proxy are sent to it, and apart from those of the index."""
    proxy = answering({"http://host.example/a": OK})
    http = Http(IndexSettings(index_urls=(), proxy=with_user(proxy.url, "ann:s3cret")))

    assert http.get("http://bob:other@host.example/a").body == b"ok"
    assert sent_credentials(proxy.heads[0], "proxy-authorization") == "ann:s3cret"
    assert sent_credentials(proxy.heads[0]) == "bob:other"


def test_proxy_that_is_down_keeps_its_credentials() -> None:
    """A proxy that cannot be reached is a problem that does not show its password."""
    http = Http(IndexSettings(index_urls=(), proxy=with_user("http://127.0.0.1:9", "ann:s3cret")))

    message = refused(lambda: http.get("http://host.example/a"))

    assert message == (
        "index-unavailable: http://host.example/a: expected an answer from the index, "
        "found no way through the proxy: connection refused (check the network and pip's index-url)"
    )


def test_proxy_is_bypassed_where_asked(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts in no_proxy are asked directly."""
    server = answering({"/a": OK})
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert Http(IndexSettings(index_urls=())).get(f"{server.url}/a").body == b"ok"


@pytest.fixture
def secure(answering: Answering, identity: Path) -> Scripted:
    """A server whose certificate nobody else knows."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(identity)
    return answering({"/a": OK}, tls=tls)


def test_unknown_certificate_is_a_problem(secure: Scripted, http: Http) -> None:
    """A server that cannot prove who it is gets no request."""
    message = refused(lambda: http.get(with_user(f"{secure.url}/a", "ann:s3cret")))

    assert message.startswith(f"index-unavailable: {secure.url}/a: ")
    assert "found certificate not trusted: self-signed certificate (" in message
    assert secure.heads == []


def test_configured_authority_is_believed(secure: Scripted, identity: Path) -> None:
    """`cert` adds the authority that the index's certificate comes from."""
    http = Http(IndexSettings(index_urls=(), ca_file=str(identity)))

    assert http.get(f"{secure.url}/a").body == b"ok"


def test_folder_of_authorities_is_believed(secure: Scripted, tmp_path: Path) -> None:
    """Where `cert`, or a variable that requests knows, names a folder, its authorities count, as for pip."""
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "cbbb18ca.0").write_text(CERTIFICATE, "ascii")  # `openssl x509 -hash`
    http = Http(IndexSettings(index_urls=(), ca_file=str(folder)))

    assert http.get(f"{secure.url}/a").body == b"ok"


@pytest.mark.parametrize("port", [False, True], ids=["host", "host and port"])
def test_trusted_host_is_believed(secure: Scripted, port: bool) -> None:
    """`trusted-host` takes the server's word, for a host or for one of its ports."""
    host = secure.url.removeprefix("https://") if port else "127.0.0.1"
    http = Http(IndexSettings(index_urls=(), trusted_hosts=(host,)))

    assert http.get(f"{secure.url}/a").body == b"ok"


def test_trusted_host_is_that_one_alone(secure: Scripted) -> None:
    """Trust in one host is none in another."""
    http = Http(IndexSettings(index_urls=(), trusted_hosts=("other.example", "127.0.0.1:1")))

    assert "certificate not trusted" in refused(lambda: http.get(f"{secure.url}/a"))


def test_client_certificate_is_shown(answering: Answering, identity: Path) -> None:
    """`client-cert` is what a server that asks for one gets."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(identity)
    tls.load_verify_locations(identity)
    tls.verify_mode = ssl.CERT_REQUIRED
    server = answering({"/a": OK}, tls=tls)
    bare = Http(IndexSettings(index_urls=(), ca_file=str(identity)))
    known = Http(IndexSettings(index_urls=(), ca_file=str(identity), client_certificate=str(identity)))

    refused(lambda: bare.get(f"{server.url}/a"))
    assert known.get(f"{server.url}/a").body == b"ok"


@pytest.mark.parametrize("wrong", ["ca_file", "client_certificate"])
@pytest.mark.parametrize("content", [None, "not PEM"], ids=["missing", "damaged"])
def test_unreadable_certificate_is_named(identity: Path, tmp_path: Path, wrong: str, content: str | None) -> None:
    """The file that cannot be read is named, and not the one beside it."""
    path = tmp_path / "wrong.pem"
    if content is not None:
        path.write_text(content, "ascii")
    settings = IndexSettings(
        index_urls=(),
        ca_file=str(path if wrong == "ca_file" else identity),
        client_certificate=str(path if wrong == "client_certificate" else identity),
    )

    message = refused(lambda: Http(settings))

    assert message.startswith(f"certificate-unreadable: {path}: expected PEM certificates, found ")


def test_machine_without_authorities_takes_pips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the system has no certificates, the ones that pip carries are loaded."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "absent"))

    assert Http(IndexSettings(index_urls=()))._tls.get_ca_certs()
