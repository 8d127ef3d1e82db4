"""The catalogue looks everything up once, for whoever asks first, and asks for what pages leave unsaid."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, get_ident

import pytest
from packaging.utils import canonicalize_name

from locks import IndexUnavailable
from locks.index import Http, IndexSettings, SimpleIndex

from compiler.offers.catalogue import Catalogue, Once
from compiler.offers.lookahead import Lookahead
from tests.compiler.fakes import FakeCatalogue
from tests.index_server import IndexServer
from tests.wheels import make_wheel

A = canonicalize_name("a")
THREADS = 12


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index that answers."""
    with IndexServer() as running:
        yield running


@pytest.fixture
def catalogue(server: IndexServer) -> Iterator[Catalogue]:
    """A catalogue of an ordinary index and a variant's."""
    http = Http(IndexSettings(index_urls=()))
    indexes = {
        "ordinary": SimpleIndex(http, roots=(server.simple_url,)),
        "cu124": SimpleIndex(http, roots=(f"{server.url}/whl/cu124",)),
    }
    opened = Catalogue(http, indexes)
    yield opened
    opened.close()


def test_once_computes_each_key_a_single_time_under_threads() -> None:
    """However many threads ask together, one computes and all get that very value."""
    computed: list[tuple[str, int]] = []
    start = Barrier(THREADS)

    def compute(key: str) -> object:
        computed.append((key, get_ident()))
        return object()

    once = Once(compute)

    def ask(_: int) -> list[object]:
        start.wait()
        return [once("x"), once("y"), once("x")]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, range(THREADS)))

    assert sorted(key for key, _ in computed) == ["x", "y"]
    assert {tuple(map(id, answer)) for answer in answers} == {tuple(map(id, answers[0]))}


def test_once_makes_the_others_wait_for_the_first() -> None:
    """Who asks while the value is being computed gets it too, and does not compute."""
    asked, release = Event(), Event()

    def compute(key: str) -> str:
        asked.set()
        assert release.wait(10)
        return key.upper()

    once = Once(compute)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once, "x")
        assert asked.wait(10)
        second = pool.submit(once, "x")
        release.set()

    assert (first.result(), second.result()) == ("X", "X")


def test_once_tells_a_failure_to_every_waiter() -> None:
    """A failure is computed once as well, and everybody who asks gets it, now and later."""
    calls: list[str] = []
    start = Barrier(THREADS)

    def compute(key: str) -> str:
        calls.append(key)
        raise LookupError(key)

    once = Once(compute)

    def ask(_: int) -> None:
        start.wait()
        with pytest.raises(LookupError, match="x"):
            once("x")

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(list(pool.map(ask, range(THREADS)))) == THREADS
    with pytest.raises(LookupError, match="x"):
        once("x")
    assert calls == ["x"]


def test_page_and_metadata_are_fetched_once(server: IndexServer, catalogue: Catalogue) -> None:
    """Asking again for a page or a wheel's metadata costs no request."""
    server.add(make_wheel("a", "1", requires=["b"]), core_metadata=True)
    for _ in range(3):
        (wheel,) = catalogue.wheels(A, index="ordinary")
        assert catalogue.metadata(wheel).requires_dist == ("b",)

    assert len(server.requests) == 2


def test_indexes_are_kept_apart(server: IndexServer, catalogue: Catalogue) -> None:
    """A project is looked for on the index asked for, and on no other."""
    server.add(make_wheel("a", "1"))
    server.add(make_wheel("a", "1+cu124"), root="whl/cu124")

    found = {alias: catalogue.wheels(A, index=alias) for alias in ("ordinary", "cu124")}

    assert {alias: [(str(wheel.version), wheel.index) for wheel in wheels] for alias, wheels in found.items()} == {
        "ordinary": [("1", "ordinary")],
        "cu124": [("1+cu124", "cu124")],
    }
    assert [request.path for request in server.requests] == ["/simple/a/", "/whl/cu124/a/"]


def test_digests_come_from_the_page_where_it_has_them(server: IndexServer, catalogue: Catalogue) -> None:
    """A page that tells sha256 and size is believed without another request."""
    wheel = make_wheel("a", "1")
    server.add(wheel)
    offered = catalogue.wheels(A, index="ordinary")

    assert catalogue.digests(offered) == {"a": (wheel.sha256, wheel.size_bytes)}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("hashed", "size_listed", "asked"),
    [
        pytest.param(True, False, [("HEAD", 0)], id="no size"),
        pytest.param(False, True, [("GET", 1)], id="no hash"),
        pytest.param(False, False, [("GET", 1)], id="neither"),
    ],
)
def test_digests_that_a_page_lacks_are_asked_for(
    server: IndexServer, catalogue: Catalogue, asked: list[tuple[str, int]], *, hashed: bool, size_listed: bool
) -> None:
    """A missing size costs a HEAD; for a missing hash the file is read, once and whole."""
    wheel = make_wheel("a", "1")
    server.add(wheel, hashed=hashed, size_listed=size_listed)
    offered = catalogue.wheels(A, index="ordinary")
    server.requests.clear()

    assert catalogue.digests(offered) == {"a": (wheel.sha256, wheel.size_bytes)}
    assert [(request.method, request.sent_bytes // wheel.size_bytes) for request in server.requests] == asked


def test_digests_of_a_folder_are_read_from_it(tmp_path: Path) -> None:
    """Wheels of a find-links folder have no page; they are hashed where they lie."""
    wheel = make_wheel("a", "1")
    (tmp_path / wheel.filename).write_bytes(wheel.data)
    http = Http(IndexSettings(index_urls=()))
    catalogue = Catalogue(http, {"ordinary": SimpleIndex(http, roots=(), find_links=(str(tmp_path),))})

    assert catalogue.digests(catalogue.wheels(A, index="ordinary")) == {"a": (wheel.sha256, wheel.size_bytes)}
    catalogue.close()


def test_digests_of_an_index_on_disk_need_no_server(tmp_path: Path) -> None:
    """A `file:` index whose HTML page tells hashes but, as HTML does, no sizes, is enough."""
    wheel = make_wheel("a", "1")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / wheel.filename).write_bytes(wheel.data)
    (tmp_path / "a" / "index.html").write_text(f'<a href="{wheel.filename}#sha256={wheel.sha256}">a</a>', "utf-8")
    http = Http(IndexSettings(index_urls=()))
    catalogue = Catalogue(http, {"ordinary": SimpleIndex(http, roots=(tmp_path.as_uri(),))})

    assert catalogue.digests(catalogue.wheels(A, index="ordinary")) == {"a": (wheel.sha256, wheel.size_bytes)}
    catalogue.close()


def test_foreseen_look_saves_the_wait_and_hides_its_failure(server: IndexServer, catalogue: Catalogue) -> None:
    """What was looked at ahead is at hand; a failed look is silent until somebody asks for it himself."""
    server.add(make_wheel("a", "1"))
    server.add_raw_page("/simple/b/", b"{", "application/json")
    b = canonicalize_name("b")
    looked = Barrier(3)

    def look(name: str) -> None:
        try:
            catalogue.wheels(canonicalize_name(name), index="ordinary")
        finally:
            looked.wait(10)

    catalogue.foresee(lambda: look("a"))
    catalogue.foresee(lambda: look("b"))
    looked.wait(10)
    before = len(server.requests)

    assert len(catalogue.wheels(A, index="ordinary")) == 1
    with pytest.raises(IndexUnavailable, match="an unreadable page"):
        catalogue.wheels(b, index="ordinary")
    assert len(server.requests) == before == 2


def test_look_proposed_after_the_end_is_let_go(catalogue: Catalogue) -> None:
    """Looks still proposed while the catalogue closes are not taken, and harm nobody."""
    looks: list[int] = []
    catalogue.close()

    catalogue.foresee(lambda: looks.append(1))

    assert looks == []


def test_fake_catalogue_answers_as_the_real_one(server: IndexServer, catalogue: Catalogue) -> None:
    """Tests that use the fake may rely on it: same wheels, same metadata, nothing for unknown projects."""
    wheel = make_wheel("a", "1", requires=["b>=2"], requires_python=">=3.9")
    server.add(wheel, requires_python=">=3.9", yanked="broken")
    fake = FakeCatalogue({"ordinary": {"A": {"1": {"requires": ["b>=2"], "requires_python": ">=3.9", "yanked": True}}}})
    (real_wheel,) = catalogue.wheels(A, index="ordinary")
    (fake_wheel,) = fake.wheels(A, index="ordinary")

    assert (real_wheel.name, real_wheel.version, real_wheel.tags) == (
        fake_wheel.name,
        fake_wheel.version,
        fake_wheel.tags,
    )
    assert (real_wheel.link.yanked, real_wheel.link.requires_python) == (True, fake_wheel.link.requires_python)
    assert catalogue.metadata(real_wheel) == fake.metadata(fake_wheel)
    unknown = canonicalize_name("unknown")
    assert catalogue.wheels(unknown, index="ordinary") == fake.wheels(unknown, index="ordinary") == ()
    fake.close()


def test_an_interrupt_does_not_wait_for_what_was_looked_ahead() -> None:
    """Closing in a hurry leaves a hanging look behind; closing at leisure waits for it and begins no other."""
    hurried, leisurely = Lookahead(), Lookahead()
    hangs, begun, done = Event(), Event(), list[str]()

    def hang() -> None:
        hangs.wait()

    def look() -> None:
        begun.set()
        done.append("looked")

    hurried.add(hang)
    hurried.close(wait=False)
    leisurely.add(look)
    assert begun.wait(30)
    leisurely.close(wait=True)
    leisurely.add(lambda: done.append("too late"))

    assert done == ["looked"]
    hangs.set()
