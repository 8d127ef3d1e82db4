"""What indexes said before: believed while it is fresh and whole, and never more than that."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locks import IndexUnavailable
from locks.digest import sha256_of_bytes
from locks.index import IndexSettings, Link, Page

from compiler import Source, compile_manifest, read_manifest
from compiler.cache import MetadataCache, PageCache
from compiler.metadata import WheelMetadata
from tests.index_server import Format, IndexServer
from tests.wheels import make_wheel

URL = "https://host.example/simple/demo/"
LINKS = (
    Link(filename="demo-1-py3-none-any.whl", url=f"{URL}demo-1-py3-none-any.whl", sha256="a" * 64, size_bytes=7),
    Link(filename="demo-2-py3-none-any.whl", url="x", requires_python=">=3.9", yanked=True, metadata_sha256=""),
    Link(filename="demo-3-py3-none-any.whl", url="y", upload_time="2025-01-29T17:02:03Z"),
)
PAGE = Page(status=200, links=LINKS)
SHA256 = "b" * 64
MANIFEST = read_manifest(
    """
    stack = {name = "t", version = "1", python = ["3.11", "3.12"], platforms = ["linux-x86_64"], requirements = ["a"]}
    [variants.cpu]
    """
)


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.seconds


def entries(folder: Path) -> list[Path]:
    """Every file below `folder`."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("later_s", "fresh"), [(0.0, True), (599.9, True), (600.0, False), (-1.0, False)])
def test_a_page_is_believed_for_ten_minutes(tmp_path: Path, later_s: float, fresh: bool) -> None:
    """A page is given back as it was put while it is fresh; one from the future is not trusted."""
    clock = Clock()
    pages = PageCache(folder=tmp_path, now=clock)
    pages.put(URL, PAGE)
    clock.seconds += later_s

    assert pages.get(URL) == (PAGE if fresh else None)


@pytest.mark.parametrize(("freshness_s", "known"), [(0.0, False), (math.inf, True)], ids=["refresh", "offline"])
def test_freshness_can_be_nothing_or_without_end(tmp_path: Path, freshness_s: float, known: bool) -> None:
    """`--refresh` believes no page, `--offline` every one."""
    clock = Clock()
    PageCache(folder=tmp_path, now=clock).put(URL, PAGE)
    clock.seconds += 1e9 if known else 0.0

    assert (PageCache(folder=tmp_path, now=clock, freshness_s=freshness_s).get(URL) == PAGE) is known


def test_an_absent_project_is_remembered_too(tmp_path: Path) -> None:
    """A page that is not there, an empty one and one never asked for are three things."""
    pages = PageCache(folder=tmp_path)
    pages.put(URL, Page(status=403))
    pages.put(f"{URL}empty/", Page(status=200))

    assert pages.get(URL) == Page(status=403)
    assert pages.get(f"{URL}empty/") == Page(status=200)
    assert pages.get("https://other.example/") is None


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"fetched-at": 1000.0, "links": [[*LINKS[0]][:7]]}, id="the form before the time of upload"),
        pytest.param({"form": 3, "fetched-at": 1000.0, "status": 200, "links": []}, id="one that is to come"),
        pytest.param([], id="none at all"),
    ],
)
def test_a_page_of_another_form_is_asked_for_again(tmp_path: Path, entry: object) -> None:
    """What another release of venvault remembered is whole, and yet counts as absent."""
    pages = PageCache(folder=tmp_path, now=Clock())
    pages.put(URL, PAGE)
    (path,) = entries(tmp_path)
    body = json.dumps(entry).encode()
    path.write_bytes(sha256_of_bytes(body).encode() + b"\n" + body)

    assert pages.get(URL) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=30), max_size=8), st.none() | st.text(max_size=20))
def test_metadata_is_kept_for_ever(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], python: str | None
) -> None:
    """Any metadata comes back as it was put, whatever is in it."""
    cache = MetadataCache(folder=tmp_path_factory.mktemp("metadata"))
    metadata = WheelMetadata(requires_dist=tuple(lines), requires_python=python)
    cache.put(SHA256, metadata)

    assert cache.get(SHA256) == metadata
    assert cache.get("c" * 64) is None


def test_no_flipped_bit_and_no_cut_is_believed(tmp_path: Path) -> None:
    """An entry with any bit changed, or cut anywhere, counts as absent."""
    cache = MetadataCache(folder=tmp_path)
    cache.put(SHA256, WheelMetadata(requires_dist=("a>=1",), requires_python=None))
    (path,) = entries(tmp_path)
    whole = path.read_bytes()

    for position in range(len(whole)):
        for damaged in (whole[:position], whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]):
            path.write_bytes(damaged)
            assert cache.get(SHA256) is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A file where the cache's folder should be is no error, and nothing is left beside it."""
    blocked = tmp_path / "cache"
    blocked.write_text("in the way", "utf-8")
    PageCache(folder=blocked).put(URL, PAGE)

    assert PageCache(folder=blocked).get(URL) is None
    assert entries(tmp_path) == [blocked]


def source_at(server: IndexServer, folder: Path, *, freshness_s: float = 600.0, offline: bool = False) -> Source:
    """A source that remembers in `folder`."""
    return Source(
        settings=IndexSettings(index_urls=(server.simple_url,), offline=offline),
        pages=PageCache(folder=folder / "pages", freshness_s=freshness_s),
        metadata=MetadataCache(folder=folder / "metadata"),
    )


def test_a_second_run_asks_for_nothing(tmp_path: Path) -> None:
    """Two targets ask for each page and each wheel's metadata once; a second run for none, and gives the same locks."""
    with IndexServer() as server:
        server.add(make_wheel("a", "1", requires=["b"]))
        server.add(make_wheel("b", "1"))
        first = compile_manifest(MANIFEST, source_at(server, tmp_path))
        asked = [request.path for request in server.requests]
        server.requests.clear()
        second = compile_manifest(MANIFEST, source_at(server, tmp_path))

        assert len(asked) == len(set(asked)) == 4
        assert server.requests == []
        assert second == first


def test_refresh_asks_for_pages_and_not_for_metadata(tmp_path: Path) -> None:
    """`--refresh` finds a new release, and reads no metadata of an old wheel again."""
    with IndexServer() as server:
        server.add(make_wheel("a", "1"))
        compile_manifest(MANIFEST, source_at(server, tmp_path))
        server.add(make_wheel("a", "2"))
        stale = compile_manifest(MANIFEST, source_at(server, tmp_path))
        refreshed = compile_manifest(MANIFEST, source_at(server, tmp_path, freshness_s=0.0))

    assert {str(wheel.version) for lock in stale for wheel in lock.wheels} == {"1"}
    assert {str(wheel.version) for lock in refreshed for wheel in lock.wheels} == {"2"}


def test_offline_says_what_it_never_heard(tmp_path: Path) -> None:
    """`--offline` compiles from what is remembered, and names the page it would have to ask for."""
    with IndexServer() as server:
        server.add(make_wheel("a", "1"))
        with pytest.raises(IndexUnavailable) as caught:
            compile_manifest(MANIFEST, source_at(server, tmp_path, freshness_s=math.inf, offline=True))
        online = compile_manifest(MANIFEST, source_at(server, tmp_path))
        server.requests.clear()
        offline = compile_manifest(MANIFEST, source_at(server, tmp_path, freshness_s=math.inf, offline=True))

        assert server.requests == []
    (problem,) = caught.value.problems
    assert (problem.found, problem.hint) == ("no network, as asked for", "run once without --offline")
    assert offline == online


def stored(folder: Path) -> str:
    """Every name and every content of the cache in one text."""
    return "\n".join(f"{path.relative_to(folder)}\n{path.read_text('utf-8')}" for path in entries(folder))


@pytest.mark.parametrize("page_format", ["json", "html"])
@pytest.mark.parametrize("core_metadata", [True, False], ids=["metadata beside", "metadata by ranges"])
def test_credentials_are_not_stored(tmp_path: Path, page_format: Format, core_metadata: bool) -> None:
    """No file of the cache holds the user name or the password of an index, neither in its name nor in its links."""
    with IndexServer() as server:
        server.formats = {page_format}
        server.credentials = ("ann", "s3cret")
        server.add(make_wheel("a", "1"), core_metadata=core_metadata)
        root = server.simple_url.replace("http://", "http://ann:s3cret@")
        source = Source(
            settings=IndexSettings(index_urls=(root,)),
            pages=PageCache(folder=tmp_path / "pages"),
            metadata=MetadataCache(folder=tmp_path / "metadata"),
        )
        compile_manifest(MANIFEST, source)
        bare = PageCache(folder=tmp_path / "pages").get(f"{server.simple_url}/a/")

    assert bare is not None  # so the name of its file was made of the address without them
    assert bare.links[0].url.startswith(f"{server.url}/files/")
    assert "s3cret" not in stored(tmp_path)
    assert "ann" not in stored(tmp_path)
