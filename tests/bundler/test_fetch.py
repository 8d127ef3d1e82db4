"""Wheels from an index into the store: in parallel, resumed, and never believed before they are hashed."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from locks import Problem
from locks.index import Http, IndexSettings, SimpleIndex
from locks.progress import SILENT, Progress, Reporter

from bundler.download import WheelSources
from bundler.errors import StoreError
from bundler.fetch import Fetcher
from bundler.store import Store
from tests.bundles import locked, room_for
from tests.index_server import Fault, IndexServer, Request
from tests.wheels import Wheel, make_wheel

SMALL = make_wheel("small", "1.0", padding_bytes=10_000)
LARGE = make_wheel("large", "1.0", padding_bytes=5 << 20)
ENDLESS_BYTES = 256 << 20


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An index that has both wheels."""
    with IndexServer() as running:
        running.add(SMALL)
        running.add(LARGE)
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


def fetcher(server: IndexServer, store: Store, reporter: Reporter = SILENT) -> Fetcher:
    """A fetcher of its own connections."""
    settings = IndexSettings(index_urls=(server.simple_url,))
    http = Http(settings)
    index = SimpleIndex(http, roots=settings.index_urls)
    sources = WheelSources(http=http, indexes={"ordinary": index})
    return Fetcher(store, lambda *, patient: sources, reporter)


def taken(store: Store, *wheels: Wheel) -> dict[str, Path]:
    """What the store gives for wheels, by file name; what it has not, or not any more, is left out."""
    found = {wheel.filename: store.get(locked(wheel)) for wheel in wheels}
    return {name: path for name, path in found.items() if path}


def fetch(server: IndexServer, store: Store, *wheels: Wheel) -> dict[str, Path]:
    """Fetch wheels with a fetcher of their own; give them."""
    fetcher(server, store).fetch(map(locked, wheels))
    return taken(store, *wheels)


class Recorder(Reporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Progress | str]] = []

    def started(self, progress: Progress) -> None:
        self.told.append(("started", progress))

    def advanced(self, progress: Progress) -> None:
        self.told.append(("advanced", progress))

    def finished(self, progress: Progress) -> None:
        self.told.append(("finished", progress))

    def noted(self, line: str) -> None:
        self.told.append(("noted", line))


def refused(server: IndexServer, store: Store, *wheels: Wheel) -> tuple[Problem, ...]:
    """Fetch wheels that cannot be had; the problems."""
    with pytest.raises(StoreError) as caught:
        fetch(server, store, *wheels)
    return caught.value.problems


def requests_for(server: IndexServer, wheel: Wheel) -> list[Request]:
    """The requests for a wheel's own file."""
    return [request for request in server.requests if request.path.endswith(wheel.filename)]


def wheels_in(store: Store) -> list[str]:
    """The digests that the store vouches for."""
    return sorted(path.stem for path in store.folder.rglob("*.whl"))


def test_wheels_are_fetched_into_the_store(server: IndexServer, store: Store) -> None:
    """Every wheel lies in the store under its digest, each asked for once; nothing is left over."""
    paths = fetch(server, store, SMALL, LARGE)

    assert paths == {wheel.filename: store.path(wheel.sha256) for wheel in (SMALL, LARGE)}
    assert {path.read_bytes() for path in paths.values()} == {SMALL.data, LARGE.data}
    assert [len(requests_for(server, wheel)) for wheel in (SMALL, LARGE)] == [1, 1]
    assert not list((store.folder / "partial").iterdir())


class _Endless(BaseHTTPRequestHandler):
    """Sends a file without end in a wheel's place, until the other side has enough."""

    written_bytes = 0

    def do_GET(self) -> None:
        page = f'<a href="/files/{SMALL.filename}#sha256={SMALL.sha256}">{SMALL.filename}</a>'.encode()
        is_page = self.path == "/simple/small/"
        self.send_response_only(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page) if is_page else ENDLESS_BYTES))
        self.end_headers()
        if is_page:
            self.wfile.write(page)
        with suppress(ConnectionError):
            while not is_page and type(self).written_bytes < ENDLESS_BYTES:
                type(self).written_bytes += self.wfile.write(bytes(1 << 16))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name for it
        """Say nothing."""


def test_no_more_is_read_than_the_wheel_has(store: Store) -> None:
    """A server that sends something larger in its place is hung up on: memory and line are not filled with it."""
    _Endless.written_bytes = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as listener:
        serving = threading.Thread(target=listener.serve_forever, args=(0.01,))
        serving.start()
        settings = IndexSettings(index_urls=(f"http://127.0.0.1:{listener.server_address[1]}/simple",))
        http = Http(settings)
        sources = WheelSources(http=http, indexes={"ordinary": SimpleIndex(http, roots=settings.index_urls)})
        with pytest.raises(StoreError, match="wheel-changed"):
            Fetcher(store, lambda *, patient: sources, SILENT).fetch([locked(SMALL)])
        listener.shutdown()
        serving.join()

    assert _Endless.written_bytes < ENDLESS_BYTES // 4


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("fault", [None, "truncate"])
def test_every_byte_is_told_once(fault: Fault | None, resumed: bool, server: IndexServer, store: Store) -> None:
    """Progress goes from nothing to the whole, whatever was there already and whatever broke off on the way."""
    if fault:
        server.faults[LARGE.filename] = [fault]
    if resumed:
        begin(store, LARGE, LARGE.data[:1_000_000])
    recorder = Recorder()
    fetcher(server, store, recorder).fetch([locked(SMALL), locked(LARGE)])
    total_bytes = SMALL.size_bytes + LARGE.size_bytes
    counted = [told.done_bytes for _, told in recorder.told if isinstance(told, Progress)]

    assert [kind for kind, _ in recorder.told if kind != "advanced"] == ["started", "finished"]
    assert (counted[0], counted[-1]) == (0, total_bytes)
    assert counted == sorted(counted)
    assert {told.item for kind, told in recorder.told if kind == "advanced" and isinstance(told, Progress)} == {
        SMALL.filename,
        LARGE.filename,
    }


def test_what_proved_worthless_is_taken_back(server: IndexServer, store: Store) -> None:
    """A partial file that was wrong is counted once more from nothing: the end is the whole all the same."""
    begin(store, SMALL, b"x" * 5000)
    recorder = Recorder()
    fetcher(server, store, recorder).fetch([locked(SMALL)])
    counted = [told.done_bytes for _, told in recorder.told if isinstance(told, Progress)]

    assert counted[-1] == SMALL.size_bytes
    assert max(counted) == SMALL.size_bytes


def test_wheels_are_fetched_side_by_side(server: IndexServer, store: Store) -> None:
    """Of two wheels neither waits for the other's end: each answer is held back until the other was asked for."""
    both = threading.Barrier(2, timeout=20)
    answer = server._answer

    def answer_together(asked: object) -> object:
        if getattr(asked, "path", "").endswith(".whl"):
            both.wait()
        return answer(asked)  # type: ignore[arg-type]  # passed through

    server._answer = answer_together  # type: ignore[method-assign, assignment]  # no switch for this

    assert len(fetch(server, store, SMALL, LARGE)) == 2


def test_what_is_in_the_store_is_not_asked_for(server: IndexServer, store: Store) -> None:
    """The second bundle of a day needs no network; yet every wheel is hashed again."""
    first = fetch(server, store, SMALL)
    server.requests.clear()

    assert fetch(server, store, SMALL) == first
    assert not server.requests


# Resuming.


def begin(store: Store, wheel: Wheel, data: bytes) -> None:
    """Leave a partial file, as a run that broke off does."""
    partial = store.partial_path(wheel.sha256)
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(data)


def test_only_the_rest_is_asked_for(server: IndexServer, store: Store) -> None:
    """A download that broke off goes on where it ended, and sends no byte twice."""
    begin(store, LARGE, LARGE.data[:3_000_000])
    paths = fetch(server, store, LARGE)
    (request,) = requests_for(server, LARGE)

    assert (request.range_header, request.status) == ("bytes=3000000-", 206)
    assert request.sent_bytes == LARGE.size_bytes - 3_000_000
    assert paths[LARGE.filename].read_bytes() == LARGE.data


def test_a_server_without_ranges_sends_all_again(server: IndexServer, store: Store) -> None:
    """Where the rest cannot be had alone, the whole replaces what was there."""
    server.ranges = False
    begin(store, SMALL, SMALL.data[:5000])

    assert fetch(server, store, SMALL)[SMALL.filename].read_bytes() == SMALL.data
    assert [request.status for request in requests_for(server, SMALL)] == [200]


@pytest.mark.parametrize(
    ("partial", "statuses"),
    [
        pytest.param(SMALL.data, [416], id="whole already"),
        pytest.param(SMALL.data + b"more", [416, 200], id="too long"),
        pytest.param(b"x" * 5000, [206, 200], id="wrong bytes"),
        pytest.param(b"x" * SMALL.size_bytes, [416, 200], id="wrong bytes, whole length"),
        pytest.param(b"", [200], id="empty"),
    ],
)
def test_a_partial_file_is_not_believed(partial: bytes, statuses: list[int], server: IndexServer, store: Store) -> None:
    """Whatever a former run left, the result is hashed; if it is wrong it is fetched once more from its first byte."""
    begin(store, SMALL, partial)

    assert fetch(server, store, SMALL)[SMALL.filename].read_bytes() == SMALL.data
    assert [request.status for request in requests_for(server, SMALL)] == statuses


@pytest.mark.parametrize("fault", ["truncate", "drop", "503", "429"])
def test_an_answer_that_breaks_off_is_survived(fault: Fault, server: IndexServer, store: Store) -> None:
    """One bad answer, of whatever kind, and the wheel is there all the same."""
    server.faults[LARGE.filename] = [fault]

    assert fetch(server, store, LARGE)[LARGE.filename].read_bytes() == LARGE.data


def test_a_broken_answer_is_resumed_within_one_run(server: IndexServer, store: Store) -> None:
    """What arrived before the break is kept: the next request asks for the rest."""
    server.faults[LARGE.filename] = ["truncate"]
    fetch(server, store, LARGE)
    first, second = requests_for(server, LARGE)

    assert first.range_header is None
    assert second.status == 206
    assert second.sent_bytes < LARGE.size_bytes - (1 << 20)


def test_a_line_that_brings_something_each_time_is_borne_with(server: IndexServer, store: Store) -> None:
    """More answers break off than are tried in a row, each with a megabyte or more: the wheel comes all the same."""
    huge = make_wheel("huge", "1.0", padding_bytes=80 << 20)
    server.add(huge)
    server.faults[huge.filename] = ["truncate"] * 6

    assert fetch(server, store, huge) == {huge.filename: store.path(huge.sha256)}
    assert [request.status for request in requests_for(server, huge)] == [200, *[206] * 6]


def test_a_server_that_never_sends_the_whole_is_given_up(server: IndexServer, store: Store) -> None:
    """After five broken answers the address is named; what arrived is kept for the next run."""
    server.faults[SMALL.filename] = ["truncate"] * 20
    (problem,) = refused(server, store, SMALL)

    assert problem.code == "index-unavailable"
    assert SMALL.filename in problem.where
    assert len(requests_for(server, SMALL)) == 5
    assert not wheels_in(store)


# Refusals.


def test_other_bytes_than_the_locks_are_refused(server: IndexServer, store: Store) -> None:
    """A wheel that does not have the lock's digest never reaches the store, and no trace of it stays."""
    server.faults[SMALL.filename] = ["corrupt"]
    (problem,) = refused(server, store, SMALL)

    assert (problem.code, problem.where, problem.expected) == (
        "wheel-changed",
        SMALL.filename,
        f"sha256 {SMALL.sha256}, {SMALL.size_bytes} bytes",
    )
    assert not wheels_in(store)
    assert not store.partial_path(SMALL.sha256).exists()


def test_a_wheel_that_is_not_offered_is_named(server: IndexServer, store: Store) -> None:
    """A wheel that was taken down, or replaced by one of another digest, is told apart from a changed one."""
    gone, other = make_wheel("gone", "1.0"), make_wheel("small", "1.0")
    problems = refused(server, store, gone, other)

    assert {(problem.code, problem.where) for problem in problems} == {
        ("wheel-not-offered", gone.filename),
        ("wheel-not-offered", SMALL.filename),
    }


def test_a_wheel_listed_without_a_hash_is_taken_and_hashed(server: IndexServer, store: Store) -> None:
    """An index that tells no hash is no worse: the lock's own is what counts."""
    plain = make_wheel("plain", "1.0")
    server.add(plain, hashed=False)

    assert fetch(server, store, plain)[plain.filename].read_bytes() == plain.data


NAMESAKE = make_wheel("small", "1.0", files={"namesake.py": ""})


def from_two_roots(server: IndexServer, store: Store) -> Path:
    """Fetch the small wheel from a private index and the ordinary one; its path in the store."""
    http = Http(IndexSettings(index_urls=()))
    index = SimpleIndex(http, roots=(f"{server.url}/private", server.simple_url))
    sources = WheelSources(http=http, indexes={"ordinary": index})
    Fetcher(store, lambda *, patient: sources, SILENT).fetch([locked(SMALL)])
    return taken(store, SMALL)[SMALL.filename]


@pytest.mark.parametrize("hashed", [True, False], ids=["hashed", "not hashed"])
def test_a_namesake_on_an_earlier_index_is_passed_over(server: IndexServer, store: Store, hashed: bool) -> None:
    """The lock's hash says which wheel is meant, whichever index has it; a namesake is never fetched."""
    server.add(NAMESAKE, root="private", hashed=hashed)

    assert from_two_roots(server, store).read_bytes() == SMALL.data
    assert not any(NAMESAKE.sha256[:2] in request.path for request in server.requests)


def test_a_wheel_found_by_its_hash_ends_the_search(server: IndexServer, store: Store) -> None:
    """An index after the one that has the very wheel is not asked."""
    server.add(SMALL, root="private")
    from_two_roots(server, store)

    assert server.requests[0].path == "/private/small/"
    assert "/simple/small/" not in [request.path for request in server.requests]


def test_a_wheel_without_a_hash_is_taken_where_no_other_is_offered(server: IndexServer, store: Store) -> None:
    """A page that gives no hash is believed for want of a better one; the bytes decide."""
    server.add(SMALL, hashed=False)

    assert from_two_roots(server, store).read_bytes() == SMALL.data


def test_all_that_cannot_be_had_is_told_and_the_rest_is_kept(server: IndexServer, store: Store) -> None:
    """One bad wheel does not hide another, and good ones stay in the store for the next run."""
    server.faults[SMALL.filename] = ["corrupt"]
    problems = refused(server, store, make_wheel("gone", "1.0"), SMALL, LARGE)

    assert sorted(problem.code for problem in problems) == ["wheel-changed", "wheel-not-offered"]
    assert wheels_in(store) == [LARGE.sha256]


def test_a_file_that_is_gone_is_unavailable(server: IndexServer, store: Store) -> None:
    """A page may list what the server no longer has."""
    absent = make_wheel("absent", "1.0")
    path = server.add(absent)
    del server._files[path]
    (problem,) = refused(server, store, absent)

    assert (problem.code, problem.found) == ("index-unavailable", "status 404")


def test_an_index_that_does_not_answer_is_named(store: Store) -> None:
    """Without an index the wheel cannot be looked for, and the index is what is named."""
    with IndexServer() as server:
        server.credentials = ("user", "password")
        (problem,) = refused(server, store, SMALL)

    assert problem.code == "index-unavailable"
    assert "password" not in str(problem)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.parametrize("room_bytes", [0, 1, 70_000, LARGE.size_bytes - 1])
def test_a_disk_that_is_full_at_any_byte_is_not_blamed_on_the_network(
    room_bytes: int, server: IndexServer, store: Store
) -> None:
    """Where no more can be written that is told, the index is asked no more than once, and the next run goes on."""
    with room_for(room_bytes):
        (problem,) = refused(server, store, LARGE)

    assert (problem.code, problem.found) == ("store-not-written", "File too large")
    assert problem.where.startswith(str(store.folder))
    assert len(requests_for(server, LARGE)) == 1
    assert not wheels_in(store)
    assert fetch(server, store, LARGE)[LARGE.filename].read_bytes() == LARGE.data


# Two at once.


def test_two_fetches_of_one_wheel_fetch_it_once(server: IndexServer, store: Store) -> None:
    """Threads and runs that want one wheel share one download."""
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(fetch, server, store, LARGE) for _ in range(4)]
        paths = {job.result()[LARGE.filename] for job in jobs}

    assert paths == {store.path(LARGE.sha256)}
    assert len(requests_for(server, LARGE)) == 1


WAITER = """
import sys
from pathlib import Path
from applier.environment.mutex import hold

with hold(Path(sys.argv[1]), waiting=print):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_another_process_at_the_same_wheel_is_waited_for(server: IndexServer, store: Store) -> None:
    """A second `bundle` says that it waits, and takes what the first one fetched."""
    lock = store.partial_path(SMALL.sha256).with_suffix(".lock")
    lock.parent.mkdir(parents=True)
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", WAITER, os.fspath(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"

        class LetGo(Reporter):
            def noted(self, line: str) -> None:
                lines.append(line)
                store.path(SMALL.sha256).parent.mkdir(parents=True)
                store.path(SMALL.sha256).write_bytes(SMALL.data)
                other.communicate("\n", timeout=20)

        fetcher(server, store, LetGo()).fetch([locked(SMALL)])

    assert lines == [f"waiting for {SMALL.filename}"]
    assert not requests_for(server, SMALL)


# Without a server.


def from_folder(folder: Path, store: Store) -> Fetcher:
    """A fetcher over a find-links folder."""
    http = Http(IndexSettings(index_urls=()))
    index = SimpleIndex(http, roots=(), find_links=(str(folder),))
    sources = WheelSources(http=http, indexes={"ordinary": index})
    return Fetcher(store, lambda *, patient: sources, SILENT)


def test_a_folder_of_wheels_is_an_index(tmp_path: Path, store: Store) -> None:
    """Wheels in a find-links folder are copied, hashed like any other; the folder's own stay."""
    (tmp_path / SMALL.filename).write_bytes(SMALL.data)
    begin(store, SMALL, b"left over")
    from_folder(tmp_path, store).fetch([locked(SMALL)])

    assert taken(store, SMALL)[SMALL.filename].read_bytes() == SMALL.data
    assert (tmp_path / SMALL.filename).exists()


def test_a_wheel_in_a_folder_is_hashed_too(tmp_path: Path, store: Store) -> None:
    """A file of the right name and other bytes is refused."""
    (tmp_path / SMALL.filename).write_bytes(LARGE.data)
    with pytest.raises(StoreError, match="wheel-changed"):
        from_folder(tmp_path, store).fetch([locked(SMALL)])

    assert not wheels_in(store)


def test_a_wheel_that_vanishes_from_its_folder_is_unavailable(tmp_path: Path, store: Store) -> None:
    """What was listed and cannot be read is told with its place."""
    (tmp_path / SMALL.filename).write_bytes(SMALL.data)
    fetching = from_folder(tmp_path, store)
    (tmp_path / SMALL.filename).unlink()
    with pytest.raises(StoreError, match="No such file or directory"):
        fetching.fetch([locked(SMALL)])


def test_an_interrupt_ends_the_fetch_and_keeps_what_arrived(server: IndexServer, store: Store) -> None:
    """Ctrl-C does not wait for downloads to end: what arrived stays for the next run, and counts as no wheel."""

    class Interrupted(Reporter):
        def advanced(self, progress: Progress) -> None:
            fetching._stopping.set()

    fetching = fetcher(server, store, Interrupted())
    with pytest.raises(CancelledError):
        fetching.fetch([locked(LARGE)])

    assert not wheels_in(store)
    assert store.partial_path(LARGE.sha256).stat().st_size == 1 << 16
