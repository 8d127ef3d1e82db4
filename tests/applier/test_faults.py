"""The fault table: every file operation of every way through made to fail, in every way it can.

After each fault the environment is the old one or the new one, to the last byte and mode, and after the next run
nothing lies beside it that does not belong there. Each operation fails in one way here; VENVAULT_FAULTS=all makes it
fail in all five.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from locks import Error
from locks.progress import SILENT

import applier.apply
import applier.build
import applier.environment.swap
from applier.apply import apply_bundle
from applier.environment.journal import Journal, journal_to_bytes
from applier.environment.siblings import Place, Siblings
from applier.environment.swap import transaction
from applier.errors import write_failed
from applier.options import Options
from applier.rollback import roll_back
from bundler.archive import write_archive
from tests.bundles import bare_members, running_machine
from tests.crews import hired_here, on_a_file_system_without_clones
from tests.faults import KINDS, Points, in_a_child, points_of_runs, snapshot
from tests.wheels import make_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the points are those of POSIX")

MACHINE = running_machine()
PREFIX = Path(sys.prefix).resolve()
ALL = os.environ.get("VENVAULT_FAULTS") == "all"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory where the system has one: thousands of small trees come and go."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[Points]:
    """Counted operations; no clock, so that an environment comes out the same each time, and no pause."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":  # noqa: ARG003  # the standard library's
            return cls(2026, 11, 24, tzinfo=UTC)

    monkeypatch.setattr(applier.build, "datetime", Clock)
    monkeypatch.setattr(applier.apply, "hired", hired_here)
    on_a_file_system_without_clones(monkeypatch)
    monkeypatch.setattr("applier.build.time.monotonic", lambda: 0.0)
    monkeypatch.setattr("applier.preflight.use.find_holders", lambda folder: ())
    monkeypatch.setattr("applier.environment.remove._PAUSES_S", (0.0,))
    with points_of_runs() as found:
        yield found


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one small wheel with a program."""
    return _bundle_of(tmp_path_factory.mktemp("faults") / "bundle.zip", "1.0")


def _bundle_of(path: Path, version: str) -> Path:
    """Of two versions most is the same, and so taken from an environment of the other one."""
    files = {"demo.py": "main = print\n", "data.txt": "a text\n", "new.py": f"version = {version!r}\n"}
    wheel = make_wheel("demo", version, files=files, entry_points="[console_scripts]\ndemo = demo:main\n")
    write_archive(path, bare_members(wheel))
    return path


def make_environment(place: Path, text: str) -> None:
    """An environment of the user's, with a program, a link and an empty folder."""
    (place / "bin").mkdir(parents=True)
    (place / "pyvenv.cfg").write_text(text)
    (place / "bin" / "python").write_text("#!/bin/sh\n")
    (place / "bin" / "python").chmod(0o755)
    (place / "lib64").symlink_to("lib")
    (place / "empty").mkdir()


def names_beside(final: Path) -> set[str]:
    """What lies in the environment's folder, by the names' ends."""
    return {path.name.removeprefix(final.name) for path in final.parent.iterdir()}


@dataclass(frozen=True)
class Way:
    """A way through an apply."""

    options: Options
    before: tuple[Place, ...]
    """What is there."""
    after: tuple[Place, ...]
    may_be_gone: bool = False
    is_ours: bool = False
    """What is there was applied, from another version of the bundle, and files of it are taken."""


WAYS = {
    "first": Way(Options(), before=(), after=(Place.FINAL,), may_be_gone=True),
    "keep": Way(Options(), before=(Place.FINAL, Place.PREVIOUS), after=(Place.FINAL, Place.PREVIOUS)),
    "no-keep": Way(Options(keep=False), before=(Place.FINAL, Place.PREVIOUS), after=(Place.FINAL,)),
    "update": Way(Options(), before=(Place.FINAL,), after=(Place.FINAL, Place.PREVIOUS), is_ours=True),
    "update, not kept": Way(Options(keep=False), before=(Place.FINAL,), after=(Place.FINAL,), is_ours=True),
    "update, read-only": Way(
        Options(read_only=True), before=(Place.FINAL,), after=(Place.FINAL, Place.PREVIOUS), is_ours=True
    ),
    "read-only": Way(Options(read_only=True), before=(Place.FINAL,), after=(Place.FINAL, Place.PREVIOUS)),
    "destroy-first": Way(
        Options(destroy_first=True), before=(Place.FINAL, Place.PREVIOUS), after=(Place.FINAL,), may_be_gone=True
    ),
}


def fail_at(points: Points, kind: str, number: int, run: Callable[[], object]) -> bool:
    """Run something with a fault at one point, a kill in a copy of this process; say whether it came to its end."""

    def armed() -> None:
        with points.armed(kind, number):
            run()

    if kind == "kill":
        assert in_a_child(armed) == -9
        return False
    try:
        armed()
    except (Error, KeyboardInterrupt, RuntimeError):
        return False
    return True


def faults_in(names: list[str], turn: int) -> Iterator[tuple[int, str, str]]:
    """Every fault of a run: the point, the way to fail (one in turn, or all), and both in words."""
    kinds = list(KINDS)
    for number, name in enumerate(names):
        for kind in kinds if ALL else [kinds[(number + turn) % len(kinds)]]:
            yield number, kind, f"{kind} at {number}, {name}"


def test_the_ways_through_have_points_of_every_kind(bundle: Path, points: Points, tmp_path: Path) -> None:
    """What is counted is what an apply does: an injector that missed a kind of operation would prove nothing."""
    make_environment(tmp_path / ".venv", "")
    with points.armed():
        apply_bundle(bundle, tmp_path / ".venv", machine=MACHINE, running_prefix=PREFIX, options=Options(keep=False))

    assert set(points.names) >= {
        "open", "open for writing", "write", "flush", "close", "fsync", "sync", "os.mkdir", "os.symlink", "os.chmod",
        "os.rename", "os.remove", "os.rmdir", "os.scandir",
    }  # fmt: skip
    assert len(points.names) > 100

    other = _bundle_of(tmp_path / "other.zip", "2.0")
    with points.armed():
        apply_bundle(other, tmp_path / ".venv", machine=MACHINE, running_prefix=PREFIX)

    assert points.names.count("os.link") == 2


@pytest.mark.parametrize("name", WAYS)
def test_a_fault_anywhere_in_an_apply_leaves_a_whole_environment(
    name: str, bundle: Path, points: Points, tmp_path: Path
) -> None:
    """Whichever operation fails, the old or the new environment is there; the next run comes to its end."""
    way = WAYS[name]
    siblings = Siblings(tmp_path / "run" / ".venv")
    final = siblings.final
    if way.is_ours:
        apply_bundle(_bundle_of(tmp_path / "old.zip", "0.9"), final, machine=MACHINE, running_prefix=PREFIX)
        final.parent.rename(tmp_path / "prepared")

    def prepare() -> None:
        shutil.rmtree(final.parent, ignore_errors=True)
        if way.is_ours:
            shutil.copytree(tmp_path / "prepared", final.parent, symlinks=True)
            for folder in final.rglob("site-packages"):
                os.utime(folder)  # importlib.metadata remembers what it listed by path and time
            return
        final.parent.mkdir()
        for place in way.before:
            make_environment(siblings.at(place), f"home = {place.name}\n")

    def run() -> None:
        apply_bundle(bundle, final, machine=MACHINE, running_prefix=PREFIX, options=way.options)

    prepare()
    old = snapshot(final)
    with points.armed():
        run()
    new, names = snapshot(final), points.names
    for number, kind, where in faults_in(names, list(WAYS).index(name)):
        prepare()
        fail_at(points, kind, number, run)
        found = snapshot(final)
        if found is None and kind == "kill" and not way.may_be_gone:
            found = snapshot(siblings.at(Place.OLD))  # between the two renames, until the next run

        assert found in (old, new) or (found is None and way.may_be_gone), where
        run()
        assert snapshot(final) == new, where
        # With a receipt that cannot be read its packages are taken for somebody's own, and listed.
        assert names_beside(final) - ({".venvault-lost.txt"} if way.is_ours else set()) == set(way.after), where
        if Place.PREVIOUS in way.after:
            assert snapshot(siblings.at(Place.PREVIOUS)) == old, where


@pytest.mark.parametrize("turn", range(len(KINDS)), ids=[f"turn {number}" for number in range(len(KINDS))])
def test_a_fault_anywhere_in_a_rollback_leaves_both_environments(turn: int, points: Points, tmp_path: Path) -> None:
    """Whichever operation fails, both are whole, one of them in place; the next rollback finishes what was begun."""
    siblings = Siblings(tmp_path / "run" / ".venv")
    final, previous = siblings.final, siblings.at(Place.PREVIOUS)
    for version in ("1.0", "2.0"):
        bundle = _bundle_of(tmp_path / f"bundle-{version}.zip", version)
        apply_bundle(bundle, final, machine=MACHINE, running_prefix=PREFIX)
    shutil.copytree(final.parent, tmp_path / "prepared", symlinks=True)
    present, before = snapshot(final), snapshot(previous)

    def prepare() -> None:
        shutil.rmtree(final.parent)
        shutil.copytree(tmp_path / "prepared", final.parent, symlinks=True)

    def run() -> None:
        roll_back(final, running_prefix=PREFIX)

    with points.armed():
        run()
    names = points.names

    assert (snapshot(final), snapshot(previous)) == (before, present)
    for number, kind, where in faults_in(names, turn):
        prepare()
        fail_at(points, kind, number, run)
        in_place = snapshot(final) or (snapshot(siblings.at(Place.OLD)) if kind == "kill" else None)
        done = in_place == before and not siblings.journal.exists()

        assert in_place in (present, before), where
        run()
        assert names_beside(final) == {Place.FINAL, Place.PREVIOUS}, where
        expected = (present, before) if done else (before, present)
        assert (snapshot(final), snapshot(previous)) == expected, where


COMBINATIONS = list(chain.from_iterable(combinations(Place, size) for size in range(1, 5)))


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "no keep"])
@pytest.mark.parametrize("found", COMBINATIONS, ids=lambda found: "+".join(place.name for place in found))
def test_a_fault_anywhere_in_a_recovery_loses_nothing(
    found: tuple[Place, ...], keep: bool, points: Points, tmp_path: Path
) -> None:
    """Recovery itself may be cut off at any operation, and comes to the same end when it is run again."""
    siblings = Siblings(tmp_path / "run" / ".venv")
    final = siblings.final

    def prepare() -> None:
        shutil.rmtree(final.parent, ignore_errors=True)
        for place in found:
            make_environment(siblings.at(place), place.name)
        siblings.journal.write_bytes(journal_to_bytes(Journal(action="apply", bundle="b.zip", keep=keep)))

    def run() -> None:
        try:
            with transaction(final, SILENT):
                pass
        except OSError as error:
            raise write_failed(error) from None

    prepare()
    with points.armed():
        run()
    names, end = points.names, snapshot(final.parent)
    for number, kind, where in faults_in(names, len(found)):
        prepare()
        fail_at(points, kind, number, run)
        run()

        assert snapshot(final.parent) == end, where
