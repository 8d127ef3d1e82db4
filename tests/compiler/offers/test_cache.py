"""What indexes said before: believed while it is fresh and whole, and never more than that."""

import errno
import json
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locks import IndexUnavailable
from locks.digest import sha256_of_bytes
from locks.index import IndexSettings, Link, Page
from locks.metadata import WheelMetadata

from compiler import Source, compile_manifest, read_manifest
from compiler.offers.cache import MetadataCache, PageCache
from tests.index_server import Format, IndexServer
from tests.wheels import make_wheel

URL = "https://host.example/simple/demo/"
LINKS = (
    Link(filename="demo-1-py3-none-any.whl", url=f"{URL}demo-1-py3-none-any.whl", sha256="a" * 64, size_bytes=7),
    Link(filename="demo-2-py3-none-any.whl", url="x", requires_python=">=3.9", yanked=True, metadata_sha256=""),
    Link(filename="demo-3-py3-none-any.whl", url="y", upload_time="2025-01-29T17:02:03Z"),
)
PAGE = Page(status=200, links=LINKS)
METADATA = b"Name: demo\nRequires-Dist: a>=1\n"
PROVEN = Link(filename="demo-1-py3-none-any.whl", url="u", sha256="b" * 64, metadata_sha256=sha256_of_bytes(METADATA))
UNPROVEN = PROVEN._replace(metadata_sha256=None)
READ = WheelMetadata(requires_dist=("a>=1",), requires_python=None)
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
@pytest.mark.parametrize("link", [PROVEN, UNPROVEN], ids=["proven", "unproven"])
def test_metadata_comes_back_as_it_was_put(
    tmp_path_factory: pytest.TempPathFactory, link: Link, lines: list[str], python: str | None
) -> None:
    """Any metadata comes back, whatever is in it."""
    cache = MetadataCache(folder=tmp_path_factory.mktemp("metadata"))
    metadata = WheelMetadata(requires_dist=tuple(lines), requires_python=python)
    cache.put(link, METADATA, metadata)

    assert cache.get(link) == metadata
    assert cache.failures == []


ELSEWHERE = "https://mirror.example/demo-1-py3-none-any.whl"
OTHER_WHEELS = [
    ("the same wheel on a mirror", PROVEN, {"url": ELSEWHERE}, True),
    ("the same metadata in another wheel", PROVEN, {"sha256": "c" * 64}, True),
    ("other metadata", PROVEN, {"metadata_sha256": "0" * 64}, False),
    ("no digest any more", PROVEN, {"metadata_sha256": None}, False),
    ("unproven, on a mirror", UNPROVEN, {"url": ELSEWHERE}, False),
    ("unproven, another wheel at that address", UNPROVEN, {"sha256": "c" * 64}, False),
    ("unproven, with a password", UNPROVEN._replace(url="https://ann:pw@h/a"), {"url": "https://h/a"}, True),
    ("unproven, signed anew", UNPROVEN._replace(url="u?signature=1"), {"url": "u?signature=2"}, True),
    ("unproven, offered without a digest", UNPROVEN, {"metadata_sha256": ""}, True),
    ("unproven, proven now", UNPROVEN, {"metadata_sha256": PROVEN.metadata_sha256}, False),
    ("no hash at all", UNPROVEN._replace(sha256=None), {}, True),
]


@pytest.mark.parametrize(("link", "change", "known"), [pytest.param(*case, id=name) for name, *case in OTHER_WHEELS])
def test_metadata_is_known_where_it_must_be_the_same(
    tmp_path: Path, link: Link, change: dict[str, str | None], *, known: bool
) -> None:
    """A digest of the metadata holds everywhere; the wheel's own, which nobody has checked, at one address alone."""
    cache = MetadataCache(folder=tmp_path)
    cache.put(link, METADATA, READ)

    assert cache.get(link._replace(**change)) == (READ if known else None)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("link", "later_s", "known"),
    [
        pytest.param(PROVEN, 1e9, True, id="proven"),
        pytest.param(UNPROVEN, 86_399.0, True, id="unproven, the same day"),
        pytest.param(UNPROVEN, 86_400.0, False, id="unproven, a day later"),
        pytest.param(UNPROVEN, -1.0, False, id="unproven, from the future"),
    ],
)
def test_only_what_a_digest_proves_is_kept_for_ever(tmp_path: Path, link: Link, later_s: float, *, known: bool) -> None:
    """What an index merely says is believed for a day."""
    clock = Clock()
    cache = MetadataCache(folder=tmp_path, now=clock)
    cache.put(link, METADATA, READ)
    clock.seconds += later_s

    assert cache.get(link) == (READ if known else None)


def test_wrong_bytes_are_not_kept_under_a_right_digest(tmp_path: Path) -> None:
    """METADATA read out of a wheel whose page promises another is not remembered at all."""
    cache = MetadataCache(folder=tmp_path)
    cache.put(PROVEN, METADATA + b"Requires-Dist: b\n", READ)

    assert entries(tmp_path) == []


def test_no_flipped_bit_and_no_cut_is_believed(tmp_path: Path) -> None:
    """An entry with any bit changed, or cut anywhere, counts as absent."""
    cache = MetadataCache(folder=tmp_path)
    cache.put(PROVEN, METADATA, READ)
    (path,) = entries(tmp_path)
    whole = path.read_bytes()

    for position in range(len(whole)):
        for damaged in (whole[:position], whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]):
            path.write_bytes(damaged)
            assert cache.get(PROVEN) is None
    path.write_bytes(whole)
    assert cache.get(PROVEN) == READ


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="null"),
        pytest.param([["a>=1"], None], id="older metadata"),
        pytest.param([1.0, ["a>=1", 3], None], id="line that is no text"),
        pytest.param({"fetched-at": 1000.0}, id="page without links"),
    ],
)
def test_entry_of_another_venvault_counts_as_absent(tmp_path: Path, content: object) -> None:
    """A whole entry of another form is no error, and is written anew."""
    body = json.dumps(content).encode()
    metadata = MetadataCache(folder=tmp_path / "metadata", now=Clock())
    pages = PageCache(folder=tmp_path / "pages", now=Clock())
    metadata.put(PROVEN, METADATA, READ)
    pages.put(URL, PAGE)
    for path in entries(tmp_path):
        path.write_bytes(sha256_of_bytes(body).encode() + b"\n" + body)

    assert (metadata.get(PROVEN), pages.get(URL)) == (None, None)
    pages.put(URL, PAGE)
    assert pages.get(URL) == PAGE


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A file where the cache's folder should be is no error, nothing is left beside it, and the cache can tell."""
    blocked = tmp_path / "cache"
    blocked.write_text("in the way", "utf-8")
    pages = PageCache(folder=blocked)
    pages.put(URL, PAGE)

    assert pages.get(URL) is None
    assert entries(tmp_path) == [blocked]
    assert [failure.partition(": ")[0] for failure in pages.failures] == [str(blocked)]


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every write of a file end after half of it, as on a full disk."""
    write = Path.write_bytes

    def write_half(self: Path, data: bytes) -> int:
        write(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "write_bytes", write_half)


def test_a_full_disk_leaves_no_half_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up in the middle of an entry the half is removed, and an older whole one stays."""
    cache = MetadataCache(folder=tmp_path, now=Clock())
    cache.put(UNPROVEN, METADATA, READ)
    before = {path: path.read_bytes() for path in entries(tmp_path)}
    fill_disk(monkeypatch)
    for link in (UNPROVEN, PROVEN):
        cache.put(link, METADATA, READ)

    assert {path: path.read_bytes() for path in entries(tmp_path)} == before
    assert cache.failures == [f"{tmp_path}: No space left on device"] * 2
    assert (cache.get(UNPROVEN), cache.get(PROVEN)) == (READ, None)


WRITER = """
import sys
from pathlib import Path
from locks.index import Link, Page
from compiler.offers.cache import PageCache

url, folder, sha256 = sys.argv[1:]
pages = PageCache(folder=Path(folder))
page = Page(status=200, links=(Link(filename="demo-1-py3-none-any.whl", url="u", sha256=sha256 * 64),) * 500)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100):
    pages.put(url, page)
sys.exit(len(pages.failures))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file that is being read from being replaced")
def test_two_processes_write_one_entry_at_once(tmp_path: Path) -> None:
    """Whoever reads meanwhile gets the one or the other, whole, or nothing; nothing is left over in the end."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, URL, str(tmp_path), digit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for digit in "ab"
    ]
    pages = PageCache(folder=tmp_path)
    seen = set()
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        while any(writer.poll() is None for writer in writers):
            seen.add(pages.get(URL))

    link = Link(filename=LINKS[0].filename, url="u")
    whole = {Page(status=200, links=(link._replace(sha256=digit * 64),) * 500) for digit in "ab"}
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen - {None} <= whole
    assert pages.get(URL) in whole
    assert len(entries(tmp_path)) == 1


def test_many_threads_write_one_entry_at_once(tmp_path: Path) -> None:
    """Two wheels may have the very same metadata; their threads do not spoil each other's entry."""
    cache = MetadataCache(folder=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache.put(PROVEN, METADATA, READ), range(400)))

    assert cache.failures == []
    assert cache.get(PROVEN) == READ
    assert len(entries(tmp_path)) == 1


def source_at(server: IndexServer, folder: Path, *, freshness_s: float = 600.0, offline: bool = False) -> Source:
    """A source that remembers in `folder`."""
    return Source(
        settings=IndexSettings(index_urls=(server.simple_url,), offline=offline),
        pages=PageCache(folder=folder / "pages", freshness_s=freshness_s),
        metadata=MetadataCache(folder=folder / "metadata", freshness_s=freshness_s),
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


@pytest.mark.parametrize("proven", [True, False], ids=["proven", "unproven"])
def test_refresh_asks_for_all_that_is_not_proven(tmp_path: Path, *, proven: bool) -> None:
    """`--refresh` finds a new release; the metadata of an old wheel is read again unless a digest vouches for it."""
    old = make_wheel("a", "1")
    with IndexServer() as server:
        server.add(old, core_metadata=proven)
        compile_manifest(MANIFEST, source_at(server, tmp_path))
        server.add(make_wheel("a", "2", requires=["gone"]), core_metadata=proven)
        stale = compile_manifest(MANIFEST, source_at(server, tmp_path))
        server.requests.clear()
        refreshed = compile_manifest(MANIFEST, source_at(server, tmp_path, freshness_s=0.0))
        asked = [request.path.rpartition("/")[2] for request in server.requests]
        server.add(make_wheel("a", "3"), core_metadata=proven)
        newest = compile_manifest(MANIFEST, source_at(server, tmp_path, freshness_s=0.0))

    assert [str(wheel.version) for lock in (*stale, *refreshed) for wheel in lock.wheels] == ["1"] * 4
    assert any(old.filename in name for name in asked) is not proven
    assert [str(wheel.version) for lock in newest for wheel in lock.wheels] == ["3"] * 2


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
