"""METADATA is had without the wheel: a few kilobytes are asked for, never the whole, and damage has a name."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from locks import IndexUnavailable, Problem
from locks.digest import sha256_of_bytes
from locks.index import Http, IndexSettings, Link
from locks.index.http import Part

from compiler.offers.remote import TAIL_BYTES, RangeFile, fetch_metadata, hash_file
from tests.index_server import IndexServer
from tests.wheels import Wheel, make_wheel

BIG_BYTES = 2 << 20
PROMISED_BYTES = 256 << 20


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index that answers."""
    with IndexServer() as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Http:
    """A client as pip would be configured for no index at all."""
    return Http(IndexSettings(index_urls=()))


def offer(
    server: IndexServer, wheel: Wheel, *, core_metadata: bool = False, metadata_sha256: str | None = None
) -> Link:
    """Put a wheel on the server; give the link that a page would hold."""
    path = server.add(wheel, core_metadata=core_metadata)
    return Link(filename=wheel.filename, url=server.url + path, metadata_sha256=metadata_sha256)


def sent_bytes(server: IndexServer) -> int:
    """Body bytes of all answers so far."""
    return sum(request.sent_bytes for request in server.requests)


def problem_of(error: pytest.ExceptionInfo[IndexUnavailable]) -> Problem:
    """The one problem of a failure."""
    (problem,) = error.value.problems
    return problem


def test_advertised_metadata_is_all_that_is_fetched(server: IndexServer, http: Http) -> None:
    """Where the page offers METADATA with a digest, that file is fetched and the wheel is not touched."""
    wheel = make_wheel("a", "1", requires=["b"])
    link = offer(server, wheel, core_metadata=True, metadata_sha256=sha256_of_bytes(wheel.metadata))

    assert fetch_metadata(http, link) == wheel.metadata
    assert [request.path.rpartition("/")[2] for request in server.requests] == [f"{wheel.filename}.metadata"]


def test_advertised_metadata_without_a_digest_is_taken(server: IndexServer, http: Http) -> None:
    """PEP 658 lets an index offer METADATA without a digest; that is better than asking for the wheel."""
    wheel = make_wheel("a", "1", requires=["b"])
    link = offer(server, wheel, core_metadata=True, metadata_sha256="")

    assert fetch_metadata(http, link) == wheel.metadata
    assert len(server.requests) == 1


def test_advertised_metadata_with_another_digest_is_refused(server: IndexServer, http: Http) -> None:
    """METADATA that is not what the page promised is never used."""
    wheel = make_wheel("a", "1")
    link = offer(server, wheel, core_metadata=True, metadata_sha256="0" * 64)

    with pytest.raises(IndexUnavailable) as caught:
        fetch_metadata(http, link)

    assert problem_of(caught) == Problem(
        code="metadata-changed",
        where=f"{wheel.filename}.metadata",
        expected=f"sha256 {'0' * 64}",
        found=sha256_of_bytes(wheel.metadata),
        hint="the index contradicts itself: ask it again with --refresh, or later",
    )


def test_promised_metadata_that_is_missing_is_read_from_the_wheel(server: IndexServer, http: Http) -> None:
    """An index that advertises METADATA and has none is forgiven: the wheel's own is read by ranges."""
    wheel = make_wheel("a", "1", requires=["b"])
    link = offer(server, wheel, metadata_sha256="0" * 64)

    assert fetch_metadata(http, link) == wheel.metadata
    assert [request.status for request in server.requests] == [404, 206]


def many_files() -> Wheel:
    """A wheel whose central directory alone is longer than a tail."""
    files = {f"a/{'long' * 12}_{number:04}.py": b"" for number in range(1500)}
    return make_wheel("a", "1", requires=["b"], files=files, padding_bytes=BIG_BYTES)


SHAPES = [
    pytest.param(lambda: make_wheel("a", "1", requires=["b"]), 1, TAIL_BYTES, id="smaller than a tail"),
    pytest.param(
        lambda: make_wheel("a", "1", requires=["b"], padding_bytes=BIG_BYTES), 1, TAIL_BYTES, id="in the tail"
    ),
    pytest.param(
        lambda: make_wheel("a", "1", requires=["b"], padding_bytes=BIG_BYTES, metadata_first=True),
        2,
        TAIL_BYTES + (16 << 10),
        id="at the front",
    ),
    pytest.param(many_files, 3, BIG_BYTES // 4, id="directory longer than the tail"),
]


@pytest.mark.parametrize(("make", "requests", "at_most_bytes"), SHAPES)
def test_only_the_needed_ranges_are_fetched(
    server: IndexServer, http: Http, make: Callable[[], Wheel], requests: int, at_most_bytes: int
) -> None:
    """Wherever METADATA lies, few requests get it, each for a part, and far fewer bytes than the wheel has."""
    wheel = make()

    assert fetch_metadata(http, offer(server, wheel)) == wheel.metadata
    assert [request.status for request in server.requests] == [206] * len(server.requests)
    assert len(server.requests) <= requests
    assert sent_bytes(server) <= min(at_most_bytes, wheel.size_bytes)


def test_metadata_of_an_odd_folder_is_found(server: IndexServer, http: Http) -> None:
    """Some wheels spell the folder unlike the file; a vendored dist-info further down never counts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/_vendor/b-2.dist-info/METADATA", "vendored")
        archive.writestr("A-1.dist-info/METADATA", "own")
    wheel = Wheel(filename="a-1-py3-none-any.whl", data=buffer.getvalue(), metadata=b"")

    assert fetch_metadata(http, offer(server, wheel)) == b"own"


class _Endless(BaseHTTPRequestHandler):
    """Answers whatever is asked with a whole, very big file, until the other side has enough."""

    written_bytes = 0

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", str(PROMISED_BYTES))
        self.end_headers()
        with suppress(ConnectionError):
            while type(self).written_bytes < PROMISED_BYTES:
                type(self).written_bytes += self.wfile.write(bytes(1 << 16))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name for it
        """Say nothing."""


def test_wheel_is_never_fetched_whole_for_its_metadata(http: Http) -> None:
    """A server without ranges that starts to send everything is hung up on, and refused."""
    _Endless.written_bytes = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as listener:
        listener.daemon_threads = False
        serving = Thread(target=listener.serve_forever, args=(0.01,))
        serving.start()
        url = f"http://127.0.0.1:{listener.server_address[1]}/a-1-py3-none-any.whl"
        with pytest.raises(IndexUnavailable) as caught:
            fetch_metadata(http, Link(filename="a-1-py3-none-any.whl", url=url))
        listener.shutdown()
        serving.join()

    assert problem_of(caught) == Problem(
        code="index-unavailable",
        where=url,
        expected="an answer from the index",
        found="status 200 to a request for a part",
        hint="the index must offer metadata apart (PEP 658) or answer range requests",
    )
    assert _Endless.written_bytes < PROMISED_BYTES // 4


def test_server_without_ranges_is_asked_once(server: IndexServer, http: Http) -> None:
    """No second attempt is made on a server that cannot send parts."""
    server.ranges = False

    with pytest.raises(IndexUnavailable, match="status 200 to a request for a part"):
        fetch_metadata(http, offer(server, make_wheel("a", "1")))

    assert [(request.range_header, request.status) for request in server.requests] == [(f"bytes=-{TAIL_BYTES}", 200)]


def _with_member(data: bytes, change: Callable[[bytearray, zipfile.ZipInfo], None]) -> bytes:
    """The zip with METADATA's own bytes changed."""
    changed = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        change(changed, archive.getinfo("a-1.dist-info/METADATA"))
    return bytes(changed)


def _directory_entry(data: bytearray, info: zipfile.ZipInfo) -> int:
    return data.rindex(b"PK\x01\x02", 0, data.rindex(info.filename.encode()))


def _spoil_stream(data: bytearray, info: zipfile.ZipInfo) -> None:
    start = info.header_offset + 30 + len(info.filename)
    data[start] = 0xFF  # a deflate block of the type that does not exist


def _spoil_checksum(data: bytearray, info: zipfile.ZipInfo) -> None:
    data[_directory_entry(data, info) + 16] ^= 0xFF


def _encrypt(data: bytearray, info: zipfile.ZipInfo) -> None:
    data[_directory_entry(data, info) + 8] |= 1
    data[info.header_offset + 6] |= 1


def _pack_strangely(data: bytearray, info: zipfile.ZipInfo) -> None:
    struct.pack_into("<H", data, _directory_entry(data, info) + 10, 99)


def _point_past_the_end(data: bytearray, info: zipfile.ZipInfo) -> None:
    struct.pack_into("<I", data, _directory_entry(data, info) + 42, len(data) + 1000)


def _without_metadata() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/deep/a-1.dist-info/METADATA", "not this one")
    return buffer.getvalue()


SOUND = make_wheel("a", "1", requires=[f"b{number}" for number in range(20)])
DAMAGED = {
    "not a zip": b"<html>" * 10_000,
    "shorter than any zip": b"PK",
    "cut off": SOUND.data[: SOUND.size_bytes // 2],
    "without METADATA": _without_metadata(),
    "METADATA's stream broken": _with_member(SOUND.data, _spoil_stream),
    "METADATA's checksum wrong": _with_member(SOUND.data, _spoil_checksum),
    "METADATA encrypted": _with_member(SOUND.data, _encrypt),
    "METADATA packed in an unknown way": _with_member(SOUND.data, _pack_strangely),
    "METADATA past the end": _with_member(SOUND.data, _point_past_the_end),
}


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in DAMAGED.items()])
@pytest.mark.parametrize("remote", [pytest.param(True, id="on an index"), pytest.param(False, id="in a folder")])
def test_damaged_wheel_is_a_problem_with_its_name(
    server: IndexServer, http: Http, tmp_path: Path, data: bytes, *, remote: bool
) -> None:
    """However a wheel is broken, the failure is ours and names the file."""
    wheel = Wheel(filename="a-1-py3-none-any.whl", data=data, metadata=b"")
    path = tmp_path / wheel.filename
    path.write_bytes(data)
    link = offer(server, wheel) if remote else Link(filename=wheel.filename, url=path.as_uri())

    with pytest.raises(IndexUnavailable) as caught:
        fetch_metadata(http, link)

    problem = problem_of(caught)
    assert (problem.code, problem.where) == ("wheel-unreadable", wheel.filename)
    assert problem.expected == "a wheel with METADATA"
    assert problem.found


def test_wheel_in_a_folder_is_read_in_place(tmp_path: Path, http: Http) -> None:
    """A find-links wheel needs no server."""
    path = tmp_path / SOUND.filename
    path.write_bytes(SOUND.data)

    assert fetch_metadata(http, Link(filename=path.name, url=path.as_uri())) == SOUND.metadata
    assert hash_file(http, path.as_uri()) == (SOUND.sha256, SOUND.size_bytes)


def test_wheel_gone_from_its_folder_is_a_problem(tmp_path: Path, http: Http) -> None:
    """A file that vanished between listing and reading is named with its path."""
    path = tmp_path / SOUND.filename

    with pytest.raises(IndexUnavailable) as caught:
        fetch_metadata(http, Link(filename=path.name, url=path.as_uri()))

    assert problem_of(caught) == Problem(
        code="wheel-unreadable", where=str(path), expected="a readable file", found="No such file or directory"
    )


def test_file_is_hashed_in_one_pass(server: IndexServer, http: Http) -> None:
    """Digest and size come from reading the file once; a file that is not there is a problem."""
    path = server.add(SOUND)

    assert hash_file(http, server.url + path) == (SOUND.sha256, SOUND.size_bytes)
    assert len(server.requests) == 1
    with pytest.raises(IndexUnavailable, match="status 404"):
        hash_file(http, f"{server.url}/absent.whl")


def test_remote_file_reads_like_a_local_one(server: IndexServer, http: Http) -> None:
    """Seeking and reading give the very bytes of the file, from wherever; past the end there are none."""
    wheel = make_wheel("a", "1", padding_bytes=300_000)
    size = wheel.size_bytes
    remote = RangeFile(http, server.url + server.add(wheel))
    local = io.BytesIO(wheel.data)

    assert remote.readable()
    assert remote.seekable()
    for offset, whence, count in [
        (0, io.SEEK_SET, 10),
        (100, io.SEEK_CUR, 20_000),
        (-10, io.SEEK_END, 100),
        (-5_000, io.SEEK_CUR, 0),
        (size - TAIL_BYTES - 50, io.SEEK_SET, 100),
        (200_000, io.SEEK_SET, -1),
        (size + 10, io.SEEK_SET, 10),
    ]:
        assert remote.seek(offset, whence) == local.seek(offset, whence) == remote.tell()
        assert remote.read(count) == local.read(count)
        assert remote.tell() == local.tell()


def test_remote_file_cannot_be_left_at_its_start(server: IndexServer, http: Http) -> None:
    """Seeking to before the first byte is an error, as on any file."""
    remote = RangeFile(http, server.url + server.add(SOUND))

    with pytest.raises(OSError):
        remote.seek(-SOUND.size_bytes - 1, io.SEEK_END)


def test_held_bytes_are_not_asked_for_again(server: IndexServer, http: Http) -> None:
    """What a range brought is kept: reading it again costs no request."""
    wheel = make_wheel("a", "1", padding_bytes=300_000)
    remote = RangeFile(http, server.url + server.add(wheel))
    for _ in range(2):
        for position in (0, 1000, wheel.size_bytes - 1000):
            remote.seek(position)
            assert remote.read(500) == wheel.data[position : position + 500]

    assert len(server.requests) == 2


class _OtherParts(Http):
    """A server that answers every request for a part with the first bytes."""

    def get_part(self, url: str, wanted: str) -> Part:
        return Part(start=0, body=SOUND.data[:10], total_bytes=SOUND.size_bytes)


def test_other_bytes_than_asked_for_are_not_taken_for_them() -> None:
    """A part from another place is a problem, and never read as the one that was asked for."""
    remote = RangeFile(_OtherParts(IndexSettings(index_urls=())), "https://host.invalid/a.whl")
    remote.seek(100)

    with pytest.raises(IndexUnavailable, match="bytes from 0 on for a request from 100 on"):
        remote.read(10)


@pytest.mark.parametrize("size_bytes", [SOUND.size_bytes - 1, SOUND.size_bytes + 1, 0])
def test_wheel_of_another_size_than_its_page_tells_is_refused(server: IndexServer, http: Http, size_bytes: int) -> None:
    """A page that is ahead of its file, or behind it, is found out before anything is read from that file."""
    link = offer(server, SOUND)._replace(size_bytes=size_bytes)

    with pytest.raises(IndexUnavailable) as caught:
        fetch_metadata(http, link)

    assert problem_of(caught) == Problem(
        code="wheel-changed",
        where=SOUND.filename,
        expected=f"{size_bytes} bytes",
        found=f"{SOUND.size_bytes} bytes",
        hint="the index contradicts itself: ask it again with --refresh, or later",
    )
    assert fetch_metadata(http, link._replace(size_bytes=SOUND.size_bytes)) == SOUND.metadata
