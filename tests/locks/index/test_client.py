"""The simple-index client against every kind of place."""

import errno
import json
from pathlib import Path
from typing import NoReturn

import pytest
from packaging.utils import canonicalize_name

from locks import IndexUnavailable
from locks.index import Http, IndexSettings, Link, Page, SimpleIndex
from locks.index.client import local_path
from locks.index.reader import Pages

from tests.index_server import Format, IndexServer
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


def write_index(folder: Path, *wheels: Wheel) -> Path:
    """Lay wheels out as an index: a page for each project, its wheels beside it."""
    for wheel in wheels:
        page = write(folder / wheel.name, wheel) / "index.html"
        with page.open("a", encoding="utf-8") as stream:
            stream.write(f'<a href="{wheel.filename}#sha256={wheel.sha256}">{wheel.filename}</a>\n')
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
    three = make_wheel("demo", "3.0")
    first = server.add(ONE)
    second = server.add(TWO)
    mirror = write_index(tmp_path / "mirror", TWO, three)
    folder = write(tmp_path / "wheels", three, make_wheel("demo", "4.0"))
    index = SimpleIndex(http, roots=(server.simple_url, mirror.as_uri()), find_links=(str(folder),))

    assert [link.url for link in index.links(DEMO)] == [
        server.url + first,
        server.url + second,
        (mirror / "demo" / three.filename).as_uri(),
        (folder / "demo-4.0-py3-none-any.whl").as_uri(),
    ]


# The first root on a server that knows a project is the only one to give it.

PRIVATE = make_wheel("demo", "0.1")


def two_roots(server: IndexServer, http: Http, *, first: str = "private", pages: Pages | None = None) -> SimpleIndex:
    """A private index and the ordinary one, as pip's extra-index-url and index-url."""
    return SimpleIndex(http, roots=(f"{server.url}/{first}", server.simple_url), pages=pages)


def paths(server: IndexServer) -> list[str]:
    """Every path asked for so far."""
    return [request.path for request in server.requests]


def test_project_of_a_private_index_comes_from_there_alone(server: IndexServer, http: Http) -> None:
    """A higher version that somebody uploads elsewhere is never seen: the later index is not even asked."""
    server.add(PRIVATE, root="private")
    server.add(make_wheel("demo", "99.0"))

    assert names(two_roots(server, http)) == [PRIVATE.filename]
    assert paths(server) == ["/private/demo/"]


def test_project_that_a_private_index_lacks_comes_from_the_next(server: IndexServer, http: Http) -> None:
    """An index that says it does not know a project makes way."""
    server.add(CUDA, root="private")
    server.add(ONE)

    assert names(two_roots(server, http)) == [ONE.filename]
    assert paths(server) == ["/private/demo/", "/simple/demo/"]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(b"<html></html>", id="no file at all"),
        pytest.param(b'<a href="demo-1.0.tar.gz">', id="no wheel"),
        pytest.param(b'<a href="demo-1.0-py3-none-any.whl" data-yanked="bad">', id="all yanked"),
    ],
)
def test_page_that_exists_is_enough_to_own_a_project(server: IndexServer, http: Http, page: bytes) -> None:
    """A private index that has nothing to install still keeps everyone else's upload of that name out."""
    server.add_raw_page("/private/demo/", page, "text/html")
    server.add(make_wheel("demo", "99.0"))

    assert "demo-99.0-py3-none-any.whl" not in names(two_roots(server, http))
    assert paths(server) == ["/private/demo/"]


def test_private_index_that_is_down_is_not_stood_in_for(server: IndexServer, http: Http) -> None:
    """An index that does not answer, or refuses us, ends it; the next one must not take its place."""
    server.add(make_wheel("demo", "99.0"))
    server.faults = {"/private/demo/": ["503"] * 6}

    with pytest.raises(IndexUnavailable, match="found status 503"):
        two_roots(server, http).links(DEMO)
    assert "/simple/demo/" not in paths(server)


def test_refusal_is_no_absence(server: IndexServer, http: Http) -> None:
    """403 from an index that says so of itself too is a refusal: our token has run out, and nobody takes over."""
    server.forbidden = "/private/"
    server.add(make_wheel("demo", "99.0"))

    with pytest.raises(IndexUnavailable) as caught:
        two_roots(server, http).links(DEMO)
    assert str(caught.value) == (
        f"index-unavailable: {server.url}/private: expected an answer from the index, "
        "found status 403 for a project and for the index itself "
        "(put credentials in the index URL or in netrc; the next index is not asked in its place)"
    )
    assert "/simple/demo/" not in paths(server)


def test_object_store_says_forbidden_for_absent(server: IndexServer, http: Http) -> None:
    """403 from an index whose own page can be read is an absent project; that is made sure of once."""
    server.add(CUDA, root="whl/cu124")
    server.add(ONE)
    index = two_roots(server, http, first="whl/cu124")

    assert names(index) == [ONE.filename]
    assert index.links(canonicalize_name("other")) == ()
    assert [(request.method, request.path, request.status) for request in server.requests] == [
        ("GET", "/whl/cu124/demo/", 403),
        ("HEAD", "/whl/cu124/", 200),
        ("GET", "/simple/demo/", 200),
        ("GET", "/whl/cu124/other/", 403),
        ("GET", "/simple/other/", 404),
    ]


def test_last_index_may_forbid_what_it_likes(server: IndexServer, http: Http) -> None:
    """Where no other index could take over, 403 is "not here", as ever, and costs no second request."""
    server.forbidden = "/simple/"

    assert two_roots(server, http).links(DEMO) == ()
    assert paths(server) == ["/private/demo/", "/simple/demo/"]


class Memory:
    """Remembers pages for as long as the test lives."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}

    def get(self, url: str) -> Page | None:
        """Give a page that was put."""
        return self.pages.get(url)

    def put(self, url: str, page: Page) -> None:
        """Keep a page."""
        self.pages[url] = page


@pytest.mark.parametrize("first", ["private", "whl/cu124"])
def test_rule_holds_from_memory(server: IndexServer, http: Http, first: str) -> None:
    """What is remembered tells absent projects from known ones, so that offline the same index wins."""
    server.add(CUDA, root=first)
    server.add(ONE)
    server.add_raw_page(f"/{first}/owned/", b"", "text/html")
    server.add(make_wheel("owned", "1.0"))
    projects = [DEMO, TORCH, canonicalize_name("owned")]
    memory = Memory()
    online = [two_roots(server, http, first=first, pages=memory).links(project) for project in projects]
    server.requests.clear()
    offline = Http(IndexSettings(index_urls=(), offline=True))

    assert [two_roots(server, offline, first=first, pages=memory).links(project) for project in projects] == online
    assert [[link.filename for link in links] for links in online] == [[ONE.filename], [CUDA.filename], []]
    assert server.requests == []


def test_every_link_is_there_for_whoever_knows_the_hash(server: IndexServer, http: Http, tmp_path: Path) -> None:
    """All places are listed in turn, namesakes included, and asked only as far as the links are taken."""
    other = make_wheel("demo", "1.0", files={"other.py": ""})
    server.add(ONE, root="private")
    server.add(other)
    folder = write(tmp_path, ONE)
    roots = (f"{server.url}/private", server.simple_url)
    links = SimpleIndex(http, roots=roots, find_links=(str(folder),)).every_link(DEMO)

    assert next(links).sha256 == ONE.sha256
    assert paths(server) == ["/private/demo/"]
    assert [link.sha256 for link in links] == [other.sha256, None]


# What a place says of a project.


def test_presence_tells_what_every_place_answers(server: IndexServer, http: Http, tmp_path: Path) -> None:
    """Each root and find-links place is asked anew, without credentials in what it is called."""
    server.add(CUDA, root="whl/cu124")
    server.add(ONE)
    server.faults = {"/broken/demo/": ["503"] * 6}
    mirror = write_index(tmp_path / "mirror", CUDA)
    wheels = write(tmp_path / "wheels", ONE)
    roots = (
        f"{server.url}/whl/cu124",
        server.simple_url.replace("//", "//ann:s3cret@"),
        f"{server.url}/absent",
        f"{server.url}/broken",
        "http://127.0.0.1:9/simple",
        mirror.as_uri(),
    )
    places = (str(wheels), str(mirror), str(tmp_path / "nowhere"))
    index = SimpleIndex(http, roots=roots, find_links=places, pages=Memory())

    for _ in range(2):
        server.faults = {"/broken/demo/": ["503"] * 6}
        assert [(item.place, item.answer) for item in index.presence(DEMO)] == [
            (f"{server.url}/whl/cu124", "status 403"),
            (server.simple_url, "known"),
            (f"{server.url}/absent", "status 404"),
            (f"{server.url}/broken", "status 503"),
            ("http://127.0.0.1:9/simple", "connection refused"),
            (mirror.as_uri(), "no page of it"),
            (str(wheels), "known"),
            (str(mirror), "no wheel of it"),
            (str(tmp_path / "nowhere"), "no such place"),
        ]


def test_presence_offline_asks_nobody(server: IndexServer, tmp_path: Path) -> None:
    """Without a network only this machine's own folders can say anything."""
    mirror = write_index(tmp_path, ONE)
    http = Http(IndexSettings(index_urls=(), offline=True))
    index = SimpleIndex(http, roots=(server.simple_url, mirror.as_uri()))

    assert [item.answer for item in index.presence(DEMO)] == ["offline", "known"]
    assert server.requests == []


@pytest.mark.parametrize("page_format", ["json", "html"])
def test_page_without_a_wheel_is_no_unknown_project(server: IndexServer, http: Http, page_format: Format) -> None:
    """Where a project has source distributions alone they are given; beside a wheel they are not."""
    server.formats = {page_format}
    sdist, wheel = "demo-1.0.tar.gz", ONE.filename
    files = {"only": [sdist, "demo-1.0.zip"], "mixed": [sdist, wheel]}
    for root, listed in files.items():
        body = json.dumps({"files": [{"filename": name, "url": name} for name in listed]})
        if page_format == "html":
            body = "".join(f'<a href="{name}">' for name in listed)
        server.add_raw_page(
            f"/{root}/demo/", body.encode(), "text/html" if page_format == "html" else "application/json"
        )

    assert names(SimpleIndex(http, roots=(f"{server.url}/only",))) == files["only"]
    assert names(SimpleIndex(http, roots=(f"{server.url}/mixed",))) == [wheel]


# Folders.


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


def test_home_folder_is_known_by_its_tilde(http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A find-links place may start with `~`, as in pip's own configuration; one of nobody's home is just absent."""
    write(tmp_path / "home" / "wheels", ONE)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert names(SimpleIndex(http, roots=(), find_links=("~/wheels",))) == [ONE.filename]
    assert names(SimpleIndex(http, roots=(), find_links=("~nobody-of-that-name/wheels",))) == []


@pytest.mark.parametrize("place", ["find-links folder", "find-links page", "root"])
def test_place_on_disk_that_cannot_be_read_is_unavailable(
    http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A folder or a page that the system refuses to read is named with its reason, and no traceback."""

    def refuse(path: Path, *_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    page = write_index(tmp_path, ONE) / "demo" / "index.html"
    monkeypatch.setattr(Path, "iterdir" if place == "find-links folder" else "read_bytes", refuse)
    places = {"find-links folder": (str(tmp_path),), "find-links page": (str(page),)}.get(place, ())
    roots = () if places else (tmp_path.as_uri(),)

    with pytest.raises(IndexUnavailable) as caught:
        SimpleIndex(http, roots=roots, find_links=places).links(DEMO)
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("index-unavailable", "Permission denied")
    assert problem.where in (str(tmp_path), str(page), str(page.parent))


def test_wheel_that_leads_nowhere_is_passed_over(http: Http, tmp_path: Path) -> None:
    """A dangling link and a folder in a find-links folder are no wheels, whatever their names."""
    write(tmp_path, ONE)
    (tmp_path / TWO.filename).symlink_to(tmp_path / "gone.whl")
    (tmp_path / CUDA.filename).mkdir()

    assert names(SimpleIndex(http, roots=(), find_links=(str(tmp_path),))) == [ONE.filename]


# Credentials.


@pytest.mark.parametrize("page_format", ["json", "html"])
def test_links_never_carry_the_pages_credentials(server: IndexServer, http: Http, page_format: Format) -> None:
    """Relative links of a page asked for with credentials have none; they can be fetched all the same, later too."""
    server.formats = {page_format}
    server.credentials = ("ann", "s3cret")
    server.add(ONE)
    server.add_raw_page("/extra/", f'<a href="{TWO.filename}">'.encode(), "text/html")
    private = server.url.replace("//", "//ann:s3cret@")
    memory = Memory()
    roots, places = (f"{private}/simple",), (f"{private}/extra/",)
    links = SimpleIndex(http, roots=roots, find_links=places, pages=memory).links(DEMO)
    fresh = Http(IndexSettings(index_urls=()))
    again = SimpleIndex(fresh, roots=roots, find_links=places, pages=memory).links(DEMO)

    assert again == links
    assert [link.filename for link in links] == [ONE.filename, TWO.filename]
    assert "s3cret" not in repr((links, memory.pages))
    assert fresh.get(links[0].url).body == ONE.data


def test_page_whose_links_carry_credentials_is_not_remembered(server: IndexServer, http: Http) -> None:
    """Credentials that a page itself hands out are used, and not stored."""
    href = server.url.replace("//", "//ann:s3cret@") + server.add(ONE)
    server.add_raw_page("/odd/demo/", f'<a href="{href}">'.encode(), "text/html")
    memory = Memory()

    (link,) = SimpleIndex(http, roots=(f"{server.url}/odd",), pages=memory).links(DEMO)
    server.credentials = ("ann", "s3cret")

    assert http.get(link.url).body == ONE.data
    assert memory.pages == {}


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
