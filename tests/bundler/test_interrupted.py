"""`venvault bundle` as a process that is killed, interrupted, or one of two: no half a bundle, and the store intact."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from locks import Lock

from applier.bundle.reader import Bundle
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import locked, make_lock
from tests.index_server import IndexServer
from tests.wheels import make_wheel

SIGKILL = 9
WHEEL = make_wheel("large", "1.0", padding_bytes=3 << 20)
LOCK: Lock = make_lock([WHEEL])

# Kills itself in the middle of a write: after so many bytes of the file, written in part, as a power cut would have it.
KILLED_AT = """
import os, sys
from bundler import download

left = int(sys.argv.pop(1))
count = download._Gathering._count

def count_and_die(self, chunk):
    global left
    left -= len(chunk)
    if left < 0:
        with self.path.open("r+b") as stream:
            stream.truncate(max(self.size_bytes + len(chunk) + left, 0))
        os.kill(os.getpid(), 9)
    count(self, chunk)

download._Gathering._count = count_and_die
from compiler.cli import venvault
venvault(sys.argv[1:])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with the wheel, and the lock in the folder."""
    (tmp_path / LOCK.filename).write_bytes(to_bytes(LOCK))
    with IndexServer() as running:
        running.add(WHEEL)
        yield running


VENVAULT = ("-c", "import sys; from compiler.cli import venvault; venvault(sys.argv[1:])")


def command(server: IndexServer, folder: Path, *start: str) -> "subprocess.Popen[str]":
    """Start `venvault bundle` in a folder, with a store there."""
    environ = {**os.environ, "PIP_INDEX_URL": server.simple_url, "PYTHONPATH": str(Path(__file__).parents[2])}
    line = [sys.executable, *start, "bundle", LOCK.filename, "--store", "store", "-o", "o.zip"]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, cwd=folder, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a process; its exit code and what it said."""
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def left_in(folder: Path) -> list[str]:
    """What lies in the folder beside the lock and the store, locks of the system's apart."""
    return sorted(path.name for path in folder.iterdir() if path.name not in (LOCK.filename, "store"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("at_byte", [0, 1, 65_535, 65_536, 1_000_003, WHEEL.size_bytes - 1])
def test_a_download_killed_at_any_byte_is_resumed(at_byte: int, server: IndexServer, tmp_path: Path) -> None:
    """SIGKILL while a wheel arrives leaves no wheel; the next run asks for the rest alone, and the bundle is whole."""
    code, _ = finish(command(server, tmp_path, "-c", KILLED_AT, str(at_byte)))
    store = Store(tmp_path / "store")

    assert code == -SIGKILL
    assert not store.wheels()
    assert left_in(tmp_path) == []
    assert store.partial_path(WHEEL.sha256).read_bytes() == WHEEL.data[:at_byte]

    server.requests.clear()
    assert finish(command(server, tmp_path, *VENVAULT))[0] == 0
    Bundle.open(tmp_path / "o.zip").verify()
    (request,) = [item for item in server.requests if item.path.endswith(".whl")]
    assert request.range_header == (f"bytes={at_byte}-" if at_byte else None)
    assert not store.partials()


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_being_ended_ends_a_download_cleanly(name: str, server: IndexServer, tmp_path: Path) -> None:
    """Ctrl-C and its kin while the index stalls: no traceback, no bundle, and what arrived stays for the next run."""
    server.faults[WHEEL.filename] = ["stall"]
    process = command(server, tmp_path, *VENVAULT)
    partial = Store(tmp_path / "store").partial_path(WHEEL.sha256)
    while process.poll() is None and not (partial.exists() and partial.stat().st_size):
        pass
    process.send_signal(getattr(signal, name))
    server._listener.hang_up()
    code, said = finish(process)

    assert code == 1
    assert "Traceback" not in said
    assert said.rstrip().endswith("Aborted!")
    assert left_in(tmp_path) == []
    assert 0 < partial.stat().st_size < WHEEL.size_bytes
    assert finish(command(server, tmp_path, *VENVAULT))[0] == 0
    Bundle.open(tmp_path / "o.zip").verify()


# Stops in the middle of a copy, until it is told to go on.
HALTED = """
import sys
from bundler import copying

chunks = copying._chunks

def halt_and_read(file, *more):
    for number, chunk in enumerate(chunks(file, *more)):
        if number == 1:
            print("halted", flush=True)
            sys.stdin.readline()
        yield chunk

copying._chunks = halt_and_read
from compiler.cli import venvault
venvault(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("number", [int(signal.SIGINT), SIGKILL])
def test_an_older_bundle_outlives_an_interrupted_one(number: int, server: IndexServer, tmp_path: Path) -> None:
    """Ctrl-C or a kill while a bundle is written leaves the one that was there, byte for byte, and no other."""
    assert finish(command(server, tmp_path, *VENVAULT))[0] == 0
    before = (tmp_path / "o.zip").read_bytes()
    with command(server, tmp_path, "-c", HALTED) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "halted\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)

    assert "Traceback" not in said
    assert (tmp_path / "o.zip").read_bytes() == before
    assert Store(tmp_path / "store").get(locked(WHEEL)) is not None
    if number == signal.SIGINT:
        assert left_in(tmp_path) == ["o.zip"]
    (tmp_path / "o.zip").unlink()
    assert finish(command(server, tmp_path, *VENVAULT))[0] == 0
    assert left_in(tmp_path) == ["o.zip"]
    assert (tmp_path / "o.zip").read_bytes() == before


def test_two_bundles_at_once_fetch_once(server: IndexServer, tmp_path: Path) -> None:
    """Two runs for one output over one store both succeed; the wheel is fetched once, and nothing is left over."""
    processes = [command(server, tmp_path, *VENVAULT) for _ in range(2)]
    codes = [finish(process)[0] for process in processes]

    assert codes == [0, 0]
    assert len([item for item in server.requests if item.path.endswith(".whl")]) == 1
    assert left_in(tmp_path) == ["o.zip"]
    Bundle.open(tmp_path / "o.zip").verify()
