"""Indexes that are down, slow, truncating or lying: a problem with a code, no lock, and no harm to the next run."""

import errno
import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from click.testing import CliRunner, Result

from locks.read import read_lock

from bundler.store import Store
from compiler.cli import venvault
from tests.bundles import running_platform
from tests.events import result_of
from tests.index_server import IndexServer
from tests.wheels import make_wheel

HERE = running_platform().name
MANIFEST = f"""
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["{HERE}"]
requirements = ["a"]
[variants.cpu]
"""
A = make_wheel("a", "1.0", requires=["b"])
B = make_wheel("b", "1.0")
EVERY_TRY = 6
CLOSED_PORT = "http://127.0.0.1:9/simple"
"""The discard port, where nobody listens."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait between two tries."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    """A sound index of two packages, which pip is configured for."""
    with IndexServer() as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.simple_url)
        running.add(A)
        running.add(B)
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the manifest in it."""
    (tmp_path / "manifest.toml").write_text(MANIFEST, "utf-8")
    return tmp_path


def run(*arguments: object, timeout_s: float = 15.0) -> Result:
    """Run the command line; a traceback would be an exception other than the exit."""
    result = CliRunner(env={"PIP_TIMEOUT": str(timeout_s)}).invoke(venvault, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def picks(folder: Path, *options: str) -> dict[str, str]:
    """Compile; project -> version in the one lock."""
    result = run("compile", folder, *options)
    assert result.exit_code == 0, result.output
    (path,) = folder.glob("pylock.*.toml")
    lock = read_lock(path.read_bytes(), document=path.name)
    path.unlink()
    return {wheel.name: str(wheel.version) for wheel in lock.wheels}


def refusal(folder: Path, *, timeout_s: float = 15.0) -> dict[str, str]:
    """Compile what cannot be had: exit code 1, no lock, nothing half written; the one problem."""
    result = run("compile", folder, "--json", timeout_s=timeout_s)
    cached = [path for path in Path(os.environ["VENVAULT_CACHE"]).rglob("*") if path.is_file()]

    assert result.exit_code == 1
    assert [path.name for path in folder.iterdir()] == ["manifest.toml"]
    assert {path.suffix for path in cached} <= {".json"}
    (problem,) = result_of(result.stdout)["problems"]
    assert isinstance(problem, dict)
    return problem


def tell(server: IndexServer, project: str, **lies: Any) -> None:
    """Let a project's page say other things of its one file than are true."""
    request = urllib.request.Request(
        f"{server.simple_url}/{project}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request) as answer:
        page = json.load(answer)
    page["files"][0].update(lies)
    server.add_raw_page(f"/simple/{project}/", json.dumps(page).encode(), "application/json")
    server.requests.clear()


def recover(server: IndexServer, *, core_metadata: bool = False) -> None:
    """Let the index be sound again."""
    server.faults.clear()
    server._raw.clear()
    for wheel in (A, B):
        server.add(wheel, core_metadata=core_metadata)


# An index that gives no answer, or half of one.


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of an index that takes every connection and never says a word."""
    with create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"


def test_index_that_is_down_is_named(folder: Path, server: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is a problem with the address; when the index is up again, all is well."""
    monkeypatch.setenv("PIP_INDEX_URL", CLOSED_PORT)
    problem = refusal(folder)
    monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)

    assert (problem["code"], problem["where"]) == ("index-unavailable", f"{CLOSED_PORT}/a/")
    assert (problem["found"], problem["hint"]) == ("connection refused", "check the network and pip's index-url")
    assert picks(folder) == {"a": "1.0", "b": "1.0"}


def test_index_that_never_answers_is_given_up(
    folder: Path, server: IndexServer, mute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At pip's time limit, and after a few tries, waiting ends."""
    monkeypatch.setenv("PIP_INDEX_URL", mute)
    problem = refusal(folder, timeout_s=0.2)
    monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)

    assert (problem["code"], problem["where"]) == ("index-unavailable", f"{mute}/a/")
    assert problem["found"] == "timed out after 0.2 s"
    assert picks(folder) == {"a": "1.0", "b": "1.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """What breaks, and how it is told."""

    suffix: str
    """End of the path that breaks."""
    faults: list[Any]
    found: str
    proven: bool = False
    """Whether METADATA is offered apart, with its digest."""
    code: str = "index-unavailable"
    listed: bool = True
    """Whether the page tells hash and size."""


BREAKS = {
    "page stalls": Break(suffix="/simple/a/", faults=["stall"], found="timed out"),
    "page cut off": Break(suffix="/simple/a/", faults=["truncate"], found="connection broke off"),
    "page never comes": Break(
        suffix="/simple/b/", faults=["drop"] * EVERY_TRY, found="connection closed without an answer"
    ),
    "page always busy": Break(suffix="/simple/b/", faults=["503"] * EVERY_TRY, found="status 503"),
    "page of broken bytes": Break(suffix="/simple/a/", faults=["corrupt"], found="unreadable page"),
    "metadata stalls": Break(suffix=".metadata", faults=["stall"] * 2, found="timed out", proven=True),
    "metadata cut off": Break(suffix=".metadata", faults=["truncate"] * 2, found="connection broke off", proven=True),
    "metadata of broken bytes": Break(
        suffix="a-1.0-py3-none-any.whl.metadata", faults=["corrupt"], found="", proven=True, code="metadata-changed"
    ),
    "range stalls": Break(suffix=".whl", faults=["stall"] * 2, found="timed out"),
    "range cut off": Break(suffix=".whl", faults=["truncate"] * 2, found="connection broke off"),
    "range never comes": Break(
        suffix="a-1.0-py3-none-any.whl", faults=["drop"] * EVERY_TRY, found="connection closed without an answer"
    ),
    "wheel to be hashed is cut off": Break(
        suffix="a-1.0-py3-none-any.whl", faults=["truncate"], found="connection broke off", proven=True, listed=False
    ),
    "wheel to be hashed stalls": Break(
        suffix="a-1.0-py3-none-any.whl", faults=["stall"], found="timed out", proven=True, listed=False
    ),
}


@pytest.mark.parametrize("broken", [pytest.param(broken, id=name) for name, broken in BREAKS.items()])
def test_answer_that_breaks_off_is_told_and_not_remembered(folder: Path, server: IndexServer, broken: Break) -> None:
    """Whatever is cut off, late or spoilt is named with its code; a run right after it has the right answer."""
    for wheel in (A, B):
        server.add(wheel, core_metadata=broken.proven, hashed=broken.listed, size_listed=broken.listed)
    server.faults[broken.suffix] = list(broken.faults)
    problem = refusal(folder, timeout_s=0.2 if broken.found == "timed out" else 15.0)
    server.faults.clear()

    assert problem["code"] == broken.code
    assert broken.found in problem["found"]
    assert picks(folder) == {"a": "1.0", "b": "1.0"}


def test_size_that_nobody_tells_is_a_problem(folder: Path, server: IndexServer) -> None:
    """A lock needs a wheel's size; an index that fails when asked for it is named."""
    server.add(A, core_metadata=True, size_listed=False)
    server.faults[A.filename] = ["503"] * EVERY_TRY
    problem = refusal(folder)

    assert (problem["code"], problem["found"]) == ("index-unavailable", "status 503 and no length")
    assert picks(folder) == {"a": "1.0", "b": "1.0"}


# An index that lies.


def wrong_digest(server: IndexServer) -> None:
    """METADATA beside the wheel, and another digest of it on the page."""
    server.add(A, core_metadata=True)
    tell(server, "a", **{"core-metadata": {"sha256": "0" * 64}})


def web_page(server: IndexServer) -> None:
    """A proxy's sign-in page where METADATA should be."""
    tell(server, "a", **{"core-metadata": True})
    server.add_raw_page(f"/files/{A.sha256[:2]}/{A.filename}.metadata", b"<html>sign in</html>", "text/html")


LIES: dict[str, tuple[Callable[[IndexServer], None], str, str]] = {
    "digest of the metadata": (wrong_digest, "metadata-changed", f"sha256 {'0' * 64}"),
    "size of the wheel": (lambda server: tell(server, "a", size=7), "wheel-changed", "7 bytes"),
    "a web page for metadata": (web_page, "wheel-unreadable", "a wheel with METADATA"),
    "another project's wheel": (
        lambda server: tell(server, "a", url=f"{server.url}/files/{B.sha256[:2]}/{B.filename}", size=B.size_bytes),
        "wheel-unreadable",
        "a wheel with METADATA",
    ),
    "an address that is none": (
        lambda server: tell(server, "a", url="http://[/a.whl"),
        "index-unavailable",
        "an answer from the index",
    ),
    "an address that cannot be sent": (
        lambda server: tell(server, "a", url=f"{server.url}/\ud800.whl"),
        "index-unavailable",
        "an answer from the index",
    ),
    "a file of this machine": (
        lambda server: tell(server, "a", url="file:///dev/zero"),
        "no-wheel",
        "wheels of it",
    ),
    "a name that leads out of the folder": (
        lambda server: tell(server, "a", filename="a-1.0-1/../../a-py3-none-any.whl"),
        "no-wheel",
        "wheels of it",
    ),
}


@pytest.mark.parametrize(("lie", "code", "expected"), [pytest.param(*case, id=name) for name, case in LIES.items()])
def test_lie_that_can_be_seen_is_refused(
    folder: Path, server: IndexServer, lie: Callable[[IndexServer], None], code: str, expected: str
) -> None:
    """An index that contradicts itself, or serves what is no wheel's, is found out; mended, it is asked anew."""
    lie(server)
    problem = refusal(folder)
    recover(server)

    assert (problem["code"], problem["expected"]) == (code, expected)
    assert picks(folder, "--refresh") == {"a": "1.0", "b": "1.0"}


def test_index_does_not_speak_to_the_terminal(folder: Path, server: IndexServer) -> None:
    """A Python limit may be any word behind ===, and is told when it refuses; what moves the cursor is escaped."""
    tell(server, "a", **{"requires-python": "===\x1b[2J\x07"})
    result = run("compile", folder)

    assert result.exit_code == 1
    assert r"needs Python ===\x1b[2J\x07" in result.stderr
    assert all(line.isprintable() for line in result.stderr.splitlines())


EVIL = make_wheel("a", "1.0", requires=["c"])
C = make_wheel("c", "1.0")


@pytest.mark.parametrize("offered", ["by ranges", "without a digest", "with its own digest"])
@pytest.mark.parametrize("proven", [True, False], ids=["then proven", "then unproven"])
def test_wrong_metadata_is_never_stored_under_a_right_hash(
    folder: Path, server: IndexServer, monkeypatch: pytest.MonkeyPatch, offered: str, *, proven: bool
) -> None:
    """What a lying index gave out for a wheel is not taken for that wheel's when a sound index offers it."""
    with IndexServer() as liar:
        liar.add(EVIL, core_metadata=offered != "by ranges")
        liar.add(C)
        without_digest = {"core-metadata": True} if offered == "without a digest" else {}
        tell(liar, "a", hashes={"sha256": A.sha256}, **without_digest)
        monkeypatch.setenv("PIP_INDEX_URL", liar.simple_url)
        believed = picks(folder)
    recover(server, core_metadata=proven)
    monkeypatch.setenv("PIP_INDEX_URL", server.simple_url)

    assert believed == {"a": "1.0", "c": "1.0"}
    assert picks(folder) == {"a": "1.0", "b": "1.0"}


def test_address_that_is_mended_is_believed_again(folder: Path, server: IndexServer) -> None:
    """A mirror whose page was ahead of its file: once the file is there, asking anew gives the right answer."""
    path = server.add(EVIL)
    server.add(C)
    tell(server, "a", hashes={"sha256": A.sha256}, size=None)
    before = picks(folder)
    server._files[path] = server._files[server.add(A)]
    tell(server, "a", url=server.url + path)

    assert before == {"a": "1.0", "c": "1.0"}
    assert picks(folder, "--refresh") == {"a": "1.0", "b": "1.0"}


def test_lie_about_a_wheels_hash_is_found_by_bundle(folder: Path, server: IndexServer) -> None:
    """`compile` does not fetch wheels; `bundle` does, finds another hash, and neither stores nor bundles anything."""
    server.add(EVIL)
    server.add(C)
    tell(server, "a", hashes={"sha256": A.sha256})
    assert run("compile", folder).exit_code == 0
    (lock,) = folder.glob("pylock.*.toml")

    result = run("bundle", lock, "--store", folder / "store", "--output", folder / "bundle.zip", "--json")

    (problem,) = result_of(result.stdout)["problems"]
    assert result.exit_code == 1
    assert (problem["code"], problem["where"]) == ("wheel-changed", A.filename)
    assert not (folder / "bundle.zip").exists()
    assert [path.stem for path in Store(folder / "store").folder.rglob("*.whl")] == [C.sha256]


# A cache that cannot be written, or was damaged.


def fill_disk(monkeypatch: pytest.MonkeyPatch, below: Path) -> None:
    """Let every write below a folder end after half of it, as on a full disk."""
    write = Path.write_bytes

    def write_half(self: Path, data: bytes) -> int:
        if not self.is_relative_to(below):
            return write(self, data)
        write(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "write_bytes", write_half)


@pytest.mark.usefixtures("server")
def test_full_cache_disk_is_said_once_and_does_not_stop_the_compile(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The lock is the same; one line tells that nothing is remembered; nothing half written is left or believed."""
    cache = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        fill_disk(patch, cache)
        result = run("compile", folder, "--cache", cache)
    (lock,) = folder.glob("pylock.*.toml")
    first = lock.read_bytes()

    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if not line.startswith(("resolving", "locking"))] == [
        f"nothing is remembered for the next run: cannot write to {cache / 'pages'}: No space left on device"
    ]
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert run("compile", folder, "--cache", cache).stderr.splitlines() == [
        f"resolving {lock.name[7:-5]} (1 of 1)",
        "locking: 1 lock",
    ]
    assert lock.read_bytes() == first


@pytest.mark.usefixtures("server")
def test_cache_that_is_no_folder_is_said_once(folder: Path) -> None:
    """A file where the cache should be stays as it is, and the compile goes on."""
    blocked = folder / "blocked"
    blocked.write_text("mine", "utf-8")
    result = run("compile", folder, "--cache", blocked)

    assert result.exit_code == 0
    assert result.stderr.count("nothing is remembered for the next run: cannot write to ") == 1
    assert blocked.read_text("utf-8") == "mine"


@pytest.mark.usefixtures("server")
def test_full_disk_under_the_locks_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the lock itself cannot be written no half of it stays, and the old one is as it was."""
    picks(folder)
    fill_disk(monkeypatch, folder)

    assert refusal(folder)["code"] == "lock-not-written"


def test_damaged_cache_is_asked_for_again(folder: Path, server: IndexServer) -> None:
    """Entries that somebody or something wrote over count as absent: the answer is the same, from the index."""
    picks(folder)
    entries = list(Path(os.environ["VENVAULT_CACHE"]).rglob("*.json"))
    for path in entries:
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    server.requests.clear()

    assert len(entries) == 4
    assert picks(folder) == {"a": "1.0", "b": "1.0"}
    assert len(server.requests) == 4
