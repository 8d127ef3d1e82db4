"""`bundle` from a warm store against `cp` of its wheels, and from nothing, or its fetching, against `pip download`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bundler.choose import read
from bundler.store import Store
from bundler.texts import requirements_text
from compiler.write import to_bytes
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

from .apply import small_wheels
from .figures import Contest
from .measure import Sample, measure
from .resolvers import VENVAULT
from .rounds import in_turn, run_alone
from .surroundings import environment

CASES = ("warm store", "fetch", "download")
_LARGE_BYTES = 150_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A lock, and the index that has its wheels."""

    lock: Path
    index: Mapping[str, str]
    """What the environment of every contender says of it; empty: that of pip's configuration."""


def _generate(folder: Path) -> Path:
    """Write a lock of many small wheels and a large one that does not deflate, and below `index` an index's files."""
    wheels = [*small_wheels(), make_wheel("large", "1.0", padding_bytes=_LARGE_BYTES)]
    for wheel in wheels:
        project = folder / "index" / wheel.name
        project.mkdir(parents=True)
        (project / wheel.filename).write_bytes(wheel.data)
    lock = make_lock(wheels, target=target_on("linux-x86_64", python="{}.{}".format(*sys.version_info)))
    path = folder / lock.filename
    path.write_bytes(to_bytes(lock))
    return path


@contextmanager
def generated(folder: Path) -> Iterator[Subject]:
    """Give a made-up lock, and serve its wheels on this machine.

    By processes of their own, since a command that is started counts as large as the one that started it.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        lock = pool.submit(_generate, folder).result()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "-d", str(folder / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None, "it was asked for"
            port = server.stdout.readline().split(" port ")[1].split()[0]
            yield Subject(lock=lock, index={"PIP_INDEX_URL": f"http://127.0.0.1:{port}"})
        finally:
            server.terminate()


def _bundle(subject: Subject, store: Path, folder: Path, *more: str) -> Sample:
    command = [VENVAULT, "bundle", str(subject.lock), "--store", str(store), "-o", "bundle.zip", "--no-accelerator"]
    return measure([*command, *more], environment={**environment(), **subject.index}, folder=folder)


def _copy(paths: Iterable[Path], folder: Path) -> Sample:
    (folder / "wheels").mkdir()
    return measure(["cp", *map(str, paths), "wheels"], environment=os.environ, folder=folder)


def _download(subject: Subject, folder: Path) -> Sample:
    (folder / "requirements.txt").write_text(requirements_text(read(subject.lock)[0]), "utf-8")
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-cache-dir"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt", "-d", "wheels"]
    return measure(command, environment={**environment(), **subject.index}, folder=folder)


def _fetch(subject: Subject, folder: Path) -> Sample:
    command = [sys.executable, str(Path(__file__).with_name("fetch.py")), str(subject.lock), str(folder / "store")]
    return measure(command, environment={**environment(), **subject.index}, folder=folder)


def _contenders(case: str, subject: Subject, store: Path) -> dict[str, Callable[[Path], Sample]]:
    """Give ours and the peer's, each to be run in a folder of its own."""
    if case != "warm store":
        return {
            "ours": lambda folder: (
                _fetch(subject, folder) if case == "fetch" else _bundle(subject, folder / "store", folder)
            ),
            "pip download": lambda folder: _download(subject, folder),
        }
    paths = [Store(store).path(wheel.sha256) for wheel in read(subject.lock)[0].wheels]
    return {
        "ours": lambda folder: _bundle(subject, store, folder, "--offline"),
        "cp": lambda folder: _copy(paths, folder),
    }


def _contest(
    case: str, subject: Subject, store: Path, *, where: Path, rounds: int, report: Callable[[str], None]
) -> Contest:
    if case == "warm store":
        run_alone(lambda folder: _bundle(subject, store, folder), where)
    contenders = _contenders(case, subject, store)

    def run_all(_case: str) -> dict[str, Sample]:
        return {name: run_alone(run, where) for name, run in contenders.items()}

    runs = in_turn([case], run_all, rounds=rounds, report=report)[case]
    (peer,) = contenders.keys() - {"ours"}
    return Contest(case=case, peer=peer, rounds=tuple((run["ours"], run[peer]) for run in runs))


def contests(
    subject: Subject, store: Path, *, where: Path, cases: Iterable[str], rounds: int, report: Callable[[str], None]
) -> list[Contest]:
    """Run ours and the peer in turn, `rounds` times for each case, below `where`; `store` is filled and warmed first.

    Raises:
        CommandFailed: one of them cannot do it.
        IndexUnavailable: pip's configuration cannot be read.
    """
    return [_contest(case, subject, store, where=where, rounds=rounds, report=report) for case in cases]
