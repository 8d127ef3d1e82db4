"""The tests' own tools keep their promises: real wheels, and an index that behaves as told."""

import base64
import hashlib
import http.client
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from email.message import Message
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from installer.sources import WheelFile
from packaging.metadata import Metadata

from tests.index_server import IndexServer
from tests.wheels import Wheel, make_wheel

TORCH_TAG = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"


def torch() -> Wheel:
    """A wheel with a local label, a compressed tag set and more bytes than a tail."""
    return make_wheel("torch", "2.5.1+cu124", tag=TORCH_TAG, metadata_first=True, padding_bytes=50_000)


def rich() -> Wheel:
    """A wheel with something of everything else."""
    return make_wheel(
        "Rich-Demo.Kit",
        "1.0",
        requires=["numpy>=1; extra == 'np'"],
        requires_python=">=3.9,<4",
        provides_extra=["np"],
        build="2",
        entry_points="[console_scripts]\nrich = rich_demo_kit:main\n",
        data_files={"scripts/foo": "#!python\n", "data/share/x,y.txt": b"\0"},
    )


def opened(wheel: Wheel) -> WheelFile:
    """The wheel as `installer` sees it."""
    stream = io.BytesIO(wheel.data)
    stream.name = wheel.filename
    return WheelFile(zipfile.ZipFile(stream))


def get(url: str, **headers: str) -> tuple[int, bytes, Message]:
    """Status, body and headers, whatever the status; underscores in header names become dashes."""
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read(), response.headers
    except HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index that answers."""
    with IndexServer() as running:
        yield running


@pytest.mark.parametrize("make", [torch, rich])
def test_wheels_are_valid_and_always_the_same(make: Callable[[], Wheel]) -> None:
    """Every wheel passes installer's own check, and twice gives the same bytes."""
    wheel = make()

    opened(wheel).validate_record()
    assert make() == wheel


def test_file_names_follow_the_wheel_specification() -> None:
    """Names are normalised and escaped; the local label, build number and tag set stay readable."""
    assert rich().filename == "rich_demo_kit-1.0-2-py3-none-any.whl"
    assert torch().filename == f"torch-2.5.1+cu124-{TORCH_TAG}.whl"
    assert (rich().name, str(torch().version)) == ("rich-demo-kit", "2.5.1+cu124")


def test_metadata_is_what_the_wheel_holds_and_can_lead_the_zip() -> None:
    """METADATA parses, equals the zip's own, and stands first only when asked."""
    metadata = Metadata.from_email(rich().metadata)
    names = zipfile.ZipFile(io.BytesIO(torch().data)).namelist()

    assert (metadata.name, str(metadata.requires_python)) == ("Rich-Demo.Kit", "<4,>=3.9")
    assert opened(rich()).read_dist_info("METADATA").encode() == rich().metadata
    assert names[0] == "torch-2.5.1+cu124.dist-info/METADATA"
    assert names[-1] == "torch-2.5.1+cu124.dist-info/RECORD"
    assert torch().size_bytes > 50_000


def test_only_scripts_are_executable() -> None:
    """A file in the scripts scheme carries its mode, no other does."""
    executable = [record[0] for record, _, is_executable in opened(rich()).get_contents() if is_executable]

    assert executable == ["rich_demo_kit-1.0.data/scripts/foo"]


def test_record_and_members_can_be_damaged() -> None:
    """A test may write whatever RECORD it likes, and replace a file of the dist-info folder."""
    damaged = make_wheel("a", "1", record_rows=lambda rows: rows[1:], files={"a-1.dist-info/WHEEL": "no"})

    assert opened(damaged).read_dist_info("WHEEL") == "no"
    with pytest.raises(WheelFile.validation_error, match="WHEEL is not mentioned in RECORD"):
        opened(damaged).validate_record()


@pytest.mark.parametrize(
    ("header", "status", "span"),
    [
        pytest.param("bytes=-100", 206, slice(-100, None), id="suffix"),
        pytest.param("bytes=-999999", 206, slice(None), id="suffix longer than the file"),
        pytest.param("bytes=10-19", 206, slice(10, 20), id="closed"),
        pytest.param("bytes=10-", 206, slice(10, None), id="open"),
        pytest.param("bytes=999999-", 416, slice(0), id="beyond the end"),
        pytest.param("lines=1-2", 200, slice(None), id="not understood"),
    ],
)
def test_ranges(server: IndexServer, header: str, status: int, span: slice) -> None:
    """A range is answered with exactly those bytes and noted in the record."""
    url = server.url + server.add(torch())

    answered, body, headers = get(url, Range=header)

    assert (answered, body) == (status, torch().data[span])
    assert ("Content-Range" in headers) == (status != 200)
    assert (server.requests[0].range_header, server.requests[0].sent_bytes) == (header, len(body))


def test_ranges_need_an_unchanged_file_and_a_willing_server(server: IndexServer) -> None:
    """A stale If-Range, or ranges switched off, gives the whole file."""
    url = server.url + server.add(torch())

    assert get(url, Range="bytes=-9", If_Range=f'"{torch().sha256}"')[0] == 206
    assert get(url, Range="bytes=-9", If_Range='"stale"')[:2] == (200, torch().data)
    server.ranges = False
    assert get(url, Range="bytes=-9")[:2] == (200, torch().data)


def test_json_page(server: IndexServer) -> None:
    """A client that asks for JSON gets every listed fact and an address that leads to the file."""
    server.add(
        rich(),
        core_metadata=True,
        requires_python=">=3.9",
        yanked="broken",
        upload_time="2025-01-01T00:00:00Z",
    )
    _, body, headers = get(
        f"{server.simple_url}/rich-demo-kit/", Accept="text/html;q=0.1, application/vnd.pypi.simple.v1+json"
    )
    page = json.loads(body)
    (file,) = page["files"]

    assert headers["Content-Type"] == "application/vnd.pypi.simple.v1+json"
    assert (page["meta"], page["name"], page["versions"]) == (
        {"api-version": "1.1"},
        "rich-demo-kit",
        ["1.0"],
    )
    assert get(file.pop("url"))[1] == rich().data
    assert file == {
        "filename": rich().filename,
        "hashes": {"sha256": rich().sha256},
        "requires-python": ">=3.9",
        "yanked": "broken",
        "size": rich().size_bytes,
        "core-metadata": {"sha256": hashlib.sha256(rich().metadata).hexdigest()},
        "upload-time": "2025-01-01T00:00:00Z",
    }


def test_html_page_and_negotiation(server: IndexServer) -> None:
    """HTML goes to whoever does not ask for JSON; a client that takes nothing we have gets 406."""
    server.formats = {"html"}
    server.add(rich(), requires_python=">=3.9", yanked=True, hashed=False)
    page = get(f"{server.simple_url}/rich-demo-kit")

    assert server.requests[0].status == 301
    href = f"../../files/{rich().sha256[:2]}/{rich().filename}"
    link = f'<a href="{href}" data-requires-python="&gt;=3.9" data-yanked="">{rich().filename}</a><br/>'
    assert link in page[1].decode().splitlines()
    assert get(f"{server.simple_url}/rich-demo-kit/", Accept="application/vnd.pypi.simple.v1+json")[0] == 406
    assert b'<a href="rich-demo-kit/">' in get(f"{server.simple_url}/")[1]
    assert get(f"{server.simple_url}/absent/")[0] == 404


def test_pytorch_page(server: IndexServer) -> None:
    """The whole page is as the PyTorch index writes it, and what is missing is forbidden."""
    path = server.add(torch(), root="whl/cu124", upload_time="2024-10-29T17:25:45Z")
    href = f"/whl/cu124/torch-2.5.1%2Bcu124-{TORCH_TAG}.whl"

    _, body, headers = get(f"{server.url}/whl/cu124/torch/", Accept="application/vnd.pypi.simple.v1+json")

    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/html", "max-age=600, public, must-revalidate")
    assert body.decode() == (
        "<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for torch</h1>\n"
        f'    <a href="{href}#sha256={torch().sha256}" data-upload-time="2024-10-29T17:25:45Z">{torch().filename}</a>'
        "<br/>\n  </body>\n</html>\n<!--TIMESTAMP 1703347410-->"
    )
    assert get(server.url + href)[1] == torch().data
    assert server.requests[-1].path == path
    assert get(f"{server.url}/whl/cu124/absent/")[0] == get(f"{server.url}{href}.metadata")[0] == 403
    assert b"<Code>AccessDenied</Code>" in get(f"{server.url}/whl/cu124/absent/")[1]


def test_pytorch_page_of_files_elsewhere(server: IndexServer) -> None:
    """Files can lie on another host, beside their metadata; the page has their whole addresses."""
    with IndexServer() as files:
        path = server.add(torch(), root="whl/cu124", host=files, core_metadata=True)
        digest = hashlib.sha256(torch().metadata).hexdigest()
        page = get(f"{server.url}/whl/cu124/torch/")[1].decode()
        href = f"{files.url}/whl/cu124/torch-2.5.1%2Bcu124-{TORCH_TAG}.whl"

        assert (
            f'    <a href="{href}#sha256={torch().sha256}" data-dist-info-metadata="sha256={digest}" '
            f'data-core-metadata="sha256={digest}">{torch().filename}</a><br/>'
        ) in page.splitlines()
        assert get(href)[:2] == (200, torch().data)
        assert get(f"{href}.metadata")[:2] == (200, torch().metadata)
        assert get(server.url + path.replace("+", "%2B"))[0] == 403


def test_pytorch_nightlies(server: IndexServer) -> None:
    """Pages of nightlies are not to be kept, and have no hashes."""
    server.add(torch(), root="whl/nightly/cu124")

    _, body, headers = get(f"{server.url}/whl/nightly/cu124/torch/")

    assert headers["Cache-Control"] == "no-cache,no-store,must-revalidate"
    assert b"sha256" not in body


def test_pytorch_page_copied_from_another_index(server: IndexServer) -> None:
    """What the PyTorch index only mirrors is its source's own page, with whole addresses and nothing else changed."""
    with IndexServer() as source:
        path = source.add(rich(), requires_python=">=3.9", core_metadata=True)
        server.copy_listing("rich-demo-kit", source=source, root="whl/cu124")
        page = get(f"{server.url}/whl/cu124/rich-demo-kit/")[1].decode()

        assert f'<a href="{source.url}{path}#sha256={rich().sha256}" data-requires-python="&gt;=3.9" ' in page
        assert "TIMESTAMP" not in page
    assert b'<a href="rich-demo-kit/">rich-demo-kit</a><br/>' in get(f"{server.url}/whl/cu124/")[1]


def test_a_file_can_be_dropped_and_its_hash_be_wrong(server: IndexServer) -> None:
    """A dropped file is neither listed nor served; a page can give another hash than the file's."""
    server.add(torch(), root="whl/cu124", listed_sha256="0" * 64)
    path = server.add(rich(), root="whl/cu124")
    server.drop(rich(), root="whl/cu124")

    assert b"#sha256=" + b"0" * 64 in get(f"{server.url}/whl/cu124/torch/")[1]
    assert get(server.url + path)[0] == get(f"{server.url}/whl/cu124/rich-demo-kit/")[0] == 403


def test_metadata_is_served_only_when_advertised(server: IndexServer) -> None:
    """The file beside the wheel exists exactly where the page says so."""
    assert get(f"{server.url}{server.add(torch())}.metadata")[0] == 404
    assert get(f"{server.url}{server.add(rich(), core_metadata=True)}.metadata")[1] == rich().metadata


def test_credentials_are_asked_for(server: IndexServer) -> None:
    """Without the right name and password every address answers 401."""
    url = server.url + server.add(rich())
    server.credentials = ("ann", "s3cret")
    right = "Basic " + base64.b64encode(b"ann:s3cret").decode()

    assert get(url)[0] == get(url, Authorization="Basic AAAA")[0] == 401
    assert get(url, Authorization=right)[1] == rich().data
    assert [request.authorization for request in server.requests] == [None, "Basic AAAA", right]


def test_faults_come_once_each_and_in_order(server: IndexServer) -> None:
    """Each request meets the next fault of its path, then all is well again."""
    url = server.url + server.add(torch())
    server.faults = {".whl": ["503", "429", "corrupt", "drop", "truncate"]}

    assert [get(url)[0], get(url)[0]] == [503, 429]
    spoilt = get(url)[1]
    assert sum(a != b for a, b in zip(spoilt, torch().data, strict=True)) == 1
    with pytest.raises(http.client.RemoteDisconnected):
        get(url)
    with pytest.raises(http.client.IncompleteRead):
        get(url)
    assert get(url)[1] == torch().data
    assert [request.status for request in server.requests] == [503, 429, 200, 0, 200, 200]


def test_stalled_answer_lasts_as_long_as_the_client_waits(server: IndexServer) -> None:
    """Half a body arrives, then nothing, and the server ends when its client does."""
    server.faults = {".whl": ["stall"]}
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=0.2)
    connection.request("GET", server.add(rich()))
    with connection.getresponse() as response:
        half = response.read(rich().size_bytes // 2)
        with pytest.raises(TimeoutError):
            response.read()
    connection.close()

    assert half == rich().data[: rich().size_bytes // 2]


def test_raw_pages_and_kept_connections(server: IndexServer) -> None:
    """A raw page is served byte for byte; one connection carries many requests, HEAD among them."""
    server.add_raw_page("/simple/odd/", b"<base>", "text/html")
    path = server.add(torch())
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    answers = []
    for method, address in [("GET", "/simple/odd/"), ("HEAD", path), ("GET", "/simple/odd/")]:
        connection.request(method, address.replace("+", "%2B"))
        with connection.getresponse() as response:
            answers.append((response.status, response.headers["Content-Length"], response.read()))
    connection.close()

    assert answers == [(200, "6", b"<base>"), (200, str(torch().size_bytes), b""), (200, "6", b"<base>")]
    assert [request.sent_bytes for request in server.requests] == [6, 0, 6]
