"""What is noted of wheels beside them: it saves work, changes no byte, and is believed only where it must be right."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locks import Lock
from locks.progress import SILENT, Progress, Reporter

from applier.wheels.plan import join_plan
from bundler.bundle import write_bundle
from bundler.desk import judge_at_desk
from bundler.errors import StoreError
from bundler.keep import prune_store
from bundler.notes import Notes, rules_sha256
from bundler.runner import collect_runner
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import demo_wheels, fill_store, flip_bit, locked, make_lock, nowhere, target_on, truncate
from tests.wheels import make_wheel

WHEEL = make_wheel("demo", "1.0", files={"demo.py": "x", "nvidia/a.so": "", "demo-1.0.dist-info/LICENSE": b"\xa9 us"})
LOCK = make_lock([WHEEL], target=target_on("linux-x86_64"))


def bundle(store: Store, lock: Lock = LOCK, *, name: str = "b.zip", reporter: Reporter = SILENT) -> bytes:
    """Write the bundle of a lock beside the store; its bytes."""
    path = store.folder.parent / name
    write_bundle(lock, to_bytes(lock), path, store=store, open_sources=nowhere, reporter=reporter)
    return path.read_bytes()


def notes_in(store: Store) -> list[Path]:
    """The notes of facts."""
    return sorted((store.folder / "contents").glob("*.json"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that has the wheel."""
    return fill_store(tmp_path / "store", [WHEEL])


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
def test_a_bundle_made_of_notes_is_the_same(platform: str, tmp_path: Path) -> None:
    """The second run notes nothing anew, and writes the same bytes, checksums too."""
    store = fill_store(tmp_path / "store", demo_wheels())
    lock = make_lock(demo_wheels(), target=target_on(platform))
    first = bundle(store, lock)
    stamps = [note.stat().st_mtime_ns for note in notes_in(store)]

    assert len(stamps) == len(demo_wheels())
    assert bundle(store, lock, name="again.zip") == first
    assert [note.stat().st_mtime_ns for note in notes_in(store)] == stamps
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        assert archive.testzip() is None


def test_facts_come_back_as_they_were_found(store: Store) -> None:
    """Places, sizes and hashes of the files, METADATA, texts in any encoding, NVIDIA's files, the checksum."""
    notes = Notes(store, LOCK.target, rules="x")
    (wheel,) = LOCK.wheels
    judged = judge_at_desk(LOCK, store, notes, SILENT)
    notes.write(wheel, replace(judged.facts[wheel], crc=crc32(WHEEL.data)))
    noted = notes.read(LOCK.wheels)[wheel]

    assert join_plan([noted.files], LOCK.target).longest_path == judged.plan.longest_path
    assert noted.files == tuple(replace(file, entry=None, is_executable=False) for file in judged.facts[wheel].files)
    assert noted.licence_texts == {"LICENSE": "© us"}
    assert noted.nvidia_files == ("nvidia/a.so",)
    assert noted.metadata == WHEEL.metadata
    assert noted.crc == crc32(WHEEL.data)


def test_a_note_is_for_one_target_and_one_set_of_rules(store: Store) -> None:
    """Another system, Python or floor, another venvault, another name in the lock: it says nothing."""
    target, (wheel,) = LOCK.target, LOCK.wheels
    notes = Notes(store, target, rules="x")
    notes.write(wheel, judge_at_desk(LOCK, store, notes, SILENT).facts[wheel])
    others = [
        replace(target, python="3.12"),
        replace(target, floor=(2, 99)),
        target_on("windows-x86_64"),
    ]

    assert notes.read([wheel])
    assert Notes(store, replace(target, variant="cu124"), rules="x").read([wheel])
    assert not any(Notes(store, other, rules="x").read([wheel]) for other in others)
    assert not Notes(store, target, rules="y").read([wheel])
    assert not notes.read([replace(wheel, filename="other-1.0-py3-none-any.whl")])


def test_the_rules_are_every_module_that_has_a_say() -> None:
    """A byte of the applier or its libraries makes other rules."""
    runner = collect_runner(LOCK.target)
    name = "runner/applier/wheels/judge.py"
    other = replace(runner, members={**runner.members, name: runner.members[name] + b"#"})

    assert rules_sha256(runner) == rules_sha256(collect_runner(LOCK.target))
    assert rules_sha256(runner) != rules_sha256(other)


@given(place=st.integers(0, 1 << 30), bit=st.integers(0, 7), cut=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_damaged_note_is_as_good_as_none(place: int, bit: int, cut: bool, store: Store) -> None:
    """Whatever bit flips or byte is missing, nothing is believed; the bundle mends it, and is the same."""
    notes = Notes(store, LOCK.target, rules="x")
    (wheel,) = LOCK.wheels
    notes.write(wheel, judge_at_desk(LOCK, store, notes, SILENT).facts[wheel])
    (note,) = notes_in(store)
    place %= note.stat().st_size
    if cut:
        truncate(note, place)
    else:
        flip_bit(note, place, bit)

    assert not notes.read([wheel])


def test_bytes_that_changed_after_they_were_read_are_not_noted(store: Store) -> None:
    """A wheel that was written to between its judging and its copying may have been judged by other bytes."""
    path = store.path(WHEEL.sha256)

    class Rewriting(Reporter):
        def started(self, progress: Progress) -> None:
            if progress.phase == "writing":
                os.utime(path, ns=(0, 0))

    bundle(store, reporter=Rewriting())
    assert notes_in(store) == []
    bundle(store)
    assert len(notes_in(store)) == 1


def test_a_noted_wheel_that_rotted_is_never_copied(store: Store) -> None:
    """What is written is what was hashed: a note does not stand in for the bytes."""
    bundle(store)
    flip_bit(store.path(WHEEL.sha256), 4)
    with pytest.raises(StoreError, match="wheel-not-offered"):
        bundle(store, name="other.zip")

    assert not store.has(locked(WHEEL))
    assert not (store.folder.parent / "other.zip").exists()


def test_notes_go_with_their_wheel(store: Store) -> None:
    """Pruning leaves nothing of a wheel behind."""
    bundle(store)
    assert list((store.folder / "contents").iterdir())
    prune_store(store, needed=(), before=None, remove=True)
    assert not list((store.folder / "contents").iterdir())
