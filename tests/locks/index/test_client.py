"""The simple-index client against every kind of place."""

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import IndexUnavailable
from locks.index import Http, Link, SimpleIndex
from locks.index.client import local_path

from tests.index_server import IndexServer
from tests.wheels import Wheel, make_wheel

DEMO = canonicalize_name("demo")
TORCH = canonicalize_name("torch")
ONE = make_wheel("demo", "1.0")
TWO = make_wheel("demo", "2.0", requires=["numpy"])
CUDA = make_wheel("torch", "2.5.1+cu124", tag="cp311-cp311-linux_x86_64")


def names(index: SimpleIndex) -> list[str]:
    """File names that the index offers for `demo`."""
    return [link.filename for link in index.links(DEMO)]


def write(folder: Path, *wheels: Wheel) -> Path:
    """Put wheels in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        (folder / wheel.filename).write_bytes(wheel.data)
    return folder


def test_json_and_html_give_the_same_links(server: IndexServer, http: Http) -> None:
    """The two forms of a page differ in the size alone, which HTML cannot tell."""
    server.add(ONE, requires_python=">=3.9", yanked="broken")
    path = server.add(TWO, core_metadata=True)
    index = SimpleIndex(http, roots=(server.simple_url,))

    from_json = index.links(DEMO)
    server.formats = {"html"}
    from_html = index.links(DEMO)

    assert from_json[1].url == server.url + path
    assert (from_json[0].requires_python, from_json[0].yanked, from_json[0].sha256) == (">=3.9", True, ONE.sha256)
    assert [link.size_bytes for link in from_json] == [ONE.size_bytes, TWO.size_bytes]
    assert from_html == tuple(link._replace(size_bytes=None) for link in from_json)
    assert from_html[1].metadata_sha256 is not None


@pytest.mark.parametrize("slash", ["", "/"], ids=["without a slash", "with one"])
def test_root_may_end_in_a_slash(server: IndexServer, http: Http, slash: str) -> None:
    """The page of a project is asked for under one address, whoever wrote the root."""
    server.add(ONE)

    assert names(SimpleIndex(http, roots=(server.simple_url + slash,))) == [ONE.filename]
    assert [(request.path, request.status) for request in server.requests] == [("/simple/demo/", 200)]


def test_index_in_the_manner_of_pytorch(server: IndexServer, http: Http) -> None:
    """Root-relative addresses with an escaped plus lead to the file; its name has the plus itself."""
    path = server.add(CUDA, root="whl/cu124")
    index = SimpleIndex(http, roots=(f"{server.url}/whl/cu124",))

    (link,) = index.links(TORCH)

    assert link == Link(
        filename=CUDA.filename,
        url=f"{server.url}{path.replace('+', '%2B')}",
        sha256=CUDA.sha256,
    )
    assert http.get(link.url).body == CUDA.data


@pytest.mark.parametrize(
    ("root", "status"),
    [pytest.param("simple", 404, id="not found"), pytest.param("whl/cu124", 403, id="forbidden, as object stores say")],
)
def test_unknown_project_has_no_links(server: IndexServer, http: Http, root: str, status: int) -> None:
    """A page that does not exist is no error."""
    assert SimpleIndex(http, roots=(f"{server.url}/{root}",)).links(DEMO) == ()
    assert [request.status for request in server.requests] == [status]


def test_index_that_is_broken_is_unavailable(server: IndexServer, http: Http) -> None:
    """An index that answers with an error, again and again, is a problem and not an empty page."""
    server.add(ONE)
    server.faults = {"/simple/demo/": ["503"] * 6}

    with pytest.raises(IndexUnavailable) as caught:
        SimpleIndex(http, roots=(server.simple_url,)).links(DEMO)
    assert str(caught.value) == (
        f"index-unavailable: {server.simple_url}/demo/: expected an answer from the index, found status 503"
    )


def test_page_of_nonsense_is_unavailable(server: IndexServer, http: Http) -> None:
    """A page that does not hold what it says is a problem that names the page."""
    server.add_raw_page("/simple/demo/", b"{}", "application/vnd.pypi.simple.v1+json")

    with pytest.raises(IndexUnavailable) as caught:
        SimpleIndex(http, roots=(server.simple_url,)).links(DEMO)
    assert str(caught.value) == (
        f"index-unavailable: {server.simple_url}/demo/: expected an answer from the index, "
        "found an unreadable page (not a PEP 691 page: KeyError('files'))"
    )


def test_credentials_reach_the_files_and_no_message(server: IndexServer, http: Http) -> None:
    """Relative links below an address with credentials can be fetched; what is printed never shows them."""
    server.formats = {"html"}
    server.credentials = ("ann", "s3cret")
    server.add(ONE)
    root = server.simple_url.replace("//", "//ann:s3cret@")

    (link,) = SimpleIndex(http, roots=(root,)).links(DEMO)
    assert http.get(link.url).body == ONE.data

    server.add_raw_page("/simple/demo/", b"<![x[", "text/html")
    server.faults = {"/simple/demo/": ["503"] * 6}
    with pytest.raises(IndexUnavailable) as caught:
        SimpleIndex(http, roots=(root,)).links(DEMO)
    assert "s3cret" not in str(caught.value)
    assert f"{server.simple_url}/demo/" in str(caught.value)


def test_first_offer_of_a_file_counts(server: IndexServer, http: Http, tmp_path: Path) -> None:
    """Roots come in their order, then find-links; the same file name later is not taken."""
    first = server.add(ONE, root="simple")
    server.add(ONE, root="more")
    second = server.add(TWO, root="more")
    folder = write(tmp_path / "wheels", TWO, make_wheel("demo", "3.0"))
    index = SimpleIndex(http, roots=(server.simple_url, f"{server.url}/more"), find_links=(str(folder),))

    links = index.links(DEMO)

    assert [link.url for link in links[:2]] == [server.url + first, server.url + second]
    assert [link.url for link in links[2:]] == [(folder / "demo-3.0-py3-none-any.whl").as_uri()]


def test_folder_laid_out_as_an_index(http: Http, tmp_path: Path) -> None:
    """A `file:` root is read from its index.html pages; a project without one has no links."""
    wheels = write(tmp_path / "files", ONE)
    page = tmp_path / "simple" / "demo" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../files/{ONE.filename}#sha256={ONE.sha256}">', "utf-8")
    index = SimpleIndex(http, roots=((tmp_path / "simple").as_uri(),))

    assert index.links(DEMO) == (Link(filename=ONE.filename, url=(wheels / ONE.filename).as_uri(), sha256=ONE.sha256),)
    assert index.links(TORCH) == ()


def test_page_of_nonsense_in_a_folder_is_unavailable(http: Http, tmp_path: Path) -> None:
    """A page that cannot be read is the same problem in a folder as on a server."""
    page = tmp_path / "demo" / "index.html"
    page.parent.mkdir()
    page.write_text('<a href="http://[">', "utf-8")

    with pytest.raises(IndexUnavailable) as caught:
        SimpleIndex(http, roots=(tmp_path.as_uri(),)).links(DEMO)
    (problem,) = caught.value.problems
    assert (problem.code, problem.expected) == ("index-unavailable", "an answer from the index")
    assert problem.found == "an unreadable page (Invalid IPv6 URL)"


@pytest.mark.parametrize("as_url", [False, True], ids=["path", "file URL"])
def test_find_links_folder(http: Http, tmp_path: Path, as_url: bool) -> None:
    """A folder offers its wheels, sorted, with their sizes; other files and projects are left alone."""
    folder = write(tmp_path / "wheels", TWO, ONE, CUDA, make_wheel("demo-extra", "1"))
    (folder / "demo-0.9.tar.gz").write_bytes(b"")
    index = SimpleIndex(http, roots=(), find_links=(folder.as_uri() if as_url else str(folder),))

    assert index.links(DEMO) == tuple(
        Link(filename=wheel.filename, url=(folder / wheel.filename).as_uri(), size_bytes=wheel.size_bytes)
        for wheel in (ONE, TWO)
    )
    assert [link.filename for link in index.links(TORCH)] == [CUDA.filename]


def test_find_links_page_on_disk(http: Http, tmp_path: Path) -> None:
    """A page of links may lie anywhere, and its relative links start from there."""
    page = tmp_path / "links.html"
    page.write_text(f'<a href="wheels/{ONE.filename}"><a href="readme.txt">', "utf-8")

    assert SimpleIndex(http, roots=(), find_links=(str(page),)).links(DEMO) == (
        Link(filename=ONE.filename, url=(tmp_path / "wheels" / ONE.filename).as_uri()),
    )


def test_find_links_page_on_a_server(server: IndexServer, http: Http) -> None:
    """A page of links on a server is read once, for all projects."""
    server.add_raw_page("/links", f'<a href="{ONE.filename}"><a href="{CUDA.filename}">'.encode(), "text/html")
    index = SimpleIndex(http, roots=(), find_links=(f"{server.url}/links",))

    assert [link.filename for name in (DEMO, TORCH) for link in index.links(name)] == [ONE.filename, CUDA.filename]
    assert len(server.requests) == 1


def test_find_links_that_is_missing_offers_nothing(http: Http, tmp_path: Path) -> None:
    """A place that does not exist has no links, as pip has it."""
    assert SimpleIndex(http, roots=(), find_links=(str(tmp_path / "absent"),)).links(DEMO) == ()


@pytest.mark.parametrize("url", ["https://host.example/f", "http://host.example/file:", "ftp://host.example/f"])
def test_only_file_addresses_are_local(url: str) -> None:
    """Whatever needs a network has no path."""
    assert local_path(url) is None


def test_local_path_is_unescaped(tmp_path: Path) -> None:
    """A path with spaces and a plus survives the way through its address."""
    path = tmp_path / "a b+c%d"

    assert local_path(path.as_uri()) == path
