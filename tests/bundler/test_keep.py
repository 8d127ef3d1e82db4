"""`venvault store`: what is in the store, whether it is sound, and what is pruned of it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result

from locks.progress import SILENT

from bundler.accelerator import accelerator_for
from bundler.errors import StoreError
from bundler.keep import prune_store, verify_store
from bundler.store import Store
from compiler.cli import venvault
from compiler.write import to_bytes
from tests.bundles import fill_store, flip_bit, locked, make_bundle, make_lock
from tests.events import result_of
from tests.wheels import make_wheel

OLD, NEW, BIG = (make_wheel("old", "1.0"), make_wheel("new", "2.0"), make_wheel("big", "3.0", padding_bytes=200_000))
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of three wheels, of which one was last used a hundred days ago, and a download that broke off."""
    filled = fill_store(tmp_path / "store", [OLD, NEW, BIG])
    past = (datetime.now(UTC) - 100 * DAY).timestamp()
    os.utime(filled.path(OLD.sha256), (past, past))
    partial = filled.partial_path("ab" * 32)
    partial.parent.mkdir()
    partial.write_bytes(b"some")
    return filled


def run(store: Store, *args: str | Path) -> Result:
    """Run `venvault store`."""
    return CliRunner().invoke(venvault, ["store", str(args[0]), "--store", str(store.folder), *map(str, args[1:])])


def names(store: Store) -> set[str]:
    """The digests that have a file."""
    return {path.stem for path in (*store.wheels(), *store.partials())}


def test_the_store_is_listed(store: Store) -> None:
    """The largest first, each with its distribution, its size and the day of its last use."""
    result = run(store, "list")
    lines = result.stdout.splitlines()
    rows = result_of(run(store, "list", "--json").stdout)["wheels"]

    assert lines[0].endswith(" MB  big-3.0")
    assert len(lines) == 5
    assert lines[-1] == "4 files, 0.2 MB"
    assert rows[0]["distribution"] == "big-3.0"
    assert rows[0] == {**rows[0], "sha256": BIG.sha256, "size_bytes": BIG.size_bytes}
    assert {row["distribution"] for row in rows} == {"big-3.0", "old-1.0", "new-2.0", "(download that broke off)"}


def test_a_sound_store_is_verified(store: Store) -> None:
    """All wheels are hashed; broken-off downloads are none of them."""
    result = run(store, "verify")

    assert (result.exit_code, result.stdout) == (0, "ok: 3 wheels, 0.2 MB\n")
    assert len(verify_store(store, SILENT)) == 3


def test_damaged_wheels_are_told_and_left(store: Store) -> None:
    """Every damaged wheel is named; verifying changes nothing."""
    for wheel in (OLD, BIG):
        flip_bit(store.path(wheel.sha256), 50)
    before = names(store)
    result = run(store, "verify", "--json")
    problems = result_of(result.stdout)["problems"]

    assert result.exit_code == 1
    assert [problem["code"] for problem in problems] == ["store-damaged", "store-damaged"]
    assert {problem["expected"] for problem in problems} == {f"sha256 {OLD.sha256}", f"sha256 {BIG.sha256}"}
    assert names(store) == before


def put_lock(folder: Path) -> Path:
    """A lock that needs the new wheel."""
    lock = make_lock([NEW])
    path = folder / lock.filename
    path.write_bytes(to_bytes(lock))
    return path


def test_what_no_lock_and_no_bundle_needs_is_pruned(store: Store, tmp_path: Path) -> None:
    """A lock, a folder of locks and a bundle keep their wheels; nothing goes before --yes."""
    bundle = make_bundle(tmp_path / "bundle" / "b.zip", BIG)
    lock = put_lock(tmp_path)
    dry = run(store, "prune", lock, bundle, "--json")
    found = result_of(dry.stdout)

    assert found["removed"] is False
    assert {row["sha256"] for row in found["wheels"]} == {OLD.sha256, "ab" * 32}
    assert len(names(store)) == 4
    assert run(store, "prune", tmp_path, bundle, "--yes").exit_code == 0
    assert names(store) == {NEW.sha256, BIG.sha256}


def test_bundles_in_a_folder_and_in_volumes_keep_their_wheels(store: Store, tmp_path: Path) -> None:
    """Under whichever name: the folder they were written to, a volume, or what the volumes have in common."""
    make_bundle(tmp_path / "whole" / "b.zip", BIG)
    split = make_bundle(tmp_path / "split" / "n.zip", NEW, volume_bytes=100_000)
    assert not split.exists()

    for named in (split, split.with_name("n.zip.001"), split.parent):
        found = result_of(run(store, "prune", tmp_path / "whole", named, "--json").stdout)
        assert {row["sha256"] for row in found["wheels"]} == {OLD.sha256, "ab" * 32}


def test_a_folder_that_needs_nothing_is_no_reason_to_prune(store: Store, tmp_path: Path) -> None:
    """A mistyped folder has no locks: all would go, as if none had been named."""
    (tmp_path / "empty").mkdir()
    result = run(store, "prune", put_lock(tmp_path), tmp_path / "empty", "--yes")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error[no-locks] {tmp_path / 'empty'}\n")
    assert len(names(store)) == 4


def test_another_zip_in_a_folder_does_not_count(store: Store, tmp_path: Path) -> None:
    """It needs nothing; alone it is as good as nothing."""
    folder = tmp_path / "dist"
    make_bundle(folder / "b.zip", BIG)
    with ZipFile(folder / "photos.zip", "w") as photos:
        photos.writestr("holiday.txt", "sun")

    assert len(result_of(run(store, "prune", folder, "--json").stdout)["wheels"]) == 3
    (folder / "b.zip").unlink()
    assert "error[no-locks]" in run(store, "prune", folder, "--yes").stderr


def test_what_nobody_used_for_long_is_pruned(store: Store, tmp_path: Path) -> None:
    """Age alone, or age of what no lock needs."""
    assert "would remove (give --yes): 1 file," in run(store, "prune", "--older-than", "30").stdout
    assert "would remove (give --yes): 0 files" in run(store, "prune", "--older-than", "200").stdout
    assert run(store, "prune", put_lock(tmp_path), "--older-than", "30", "--yes").exit_code == 0
    assert names(store) == {NEW.sha256, BIG.sha256, "ab" * 32}


def test_a_wheel_that_is_used_is_young_again(store: Store) -> None:
    """The day of use is that of the last bundle, not that of the download."""
    assert store.get(locked(OLD)) is not None
    assert prune_store(store, needed=(), before=datetime.now(UTC) - DAY, remove=True) == []


def test_pruning_must_be_told_what(store: Store) -> None:
    """Without a lock and without an age everything would go: that is wrong usage."""
    assert run(store, "prune", "--yes").exit_code == 2
    assert len(names(store)) == 4


def test_nothing_is_pruned_beside_a_running_bundle(store: Store) -> None:
    """While a bundle is made from the store pruning is refused; afterwards it goes on."""
    with store.leased(), pytest.raises(StoreError, match="store-in-use"):
        prune_store(Store(store.folder), needed=(), before=None, remove=True)
    assert len(names(store)) == 4

    assert len(prune_store(store, needed=(), before=None, remove=True)) == 4
    assert names(store) == set()


def test_a_lease_of_a_killed_run_holds_nothing(store: Store) -> None:
    """What a kill left is no lease: the system freed its lock."""
    (store.folder / "leases").mkdir()
    (store.folder / "leases" / "1-abcd.lease").touch()

    assert len(prune_store(store, needed=(), before=None, remove=True)) == 4


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "in a folder"])
def test_a_bundle_that_is_cut_short_is_told_as_one(is_named: bool, store: Store, tmp_path: Path) -> None:
    """A copy that broke off is no bad lock: to copy it again helps."""
    bundle = make_bundle(tmp_path / "bundles" / "b.zip", BIG)
    bundle.write_bytes(bundle.read_bytes()[:1000])
    result = run(store, "prune", bundle if is_named else bundle.parent, "--yes")

    assert result.exit_code == 3
    assert result.stderr.startswith("error[bundle-damaged] ")
    assert len(names(store)) == 4


@pytest.mark.parametrize("content", [b"= no lock", b"PK\x05\x06" + bytes(18)], ids=["no lock", "no bundle"])
def test_a_lock_that_cannot_be_read_stops_it(content: bytes, store: Store, tmp_path: Path) -> None:
    """What cannot be read may need anything: nothing is removed."""
    place = tmp_path / "pylock.x.toml"
    place.write_bytes(content)

    assert run(store, "prune", place, "--yes").exit_code in (1, 3)
    assert len(names(store)) == 4


def test_a_store_that_cannot_be_written_to_is_not_pruned(store: Store) -> None:
    """Whether it is the folder of leases or what is to go that refuses: a problem with a code, and no traceback."""
    (store.folder / "leases").write_bytes(b"")
    assert "error[store-not-written]" in run(store, "prune", "--older-than", "30", "--yes").stderr
    (store.folder / "leases").unlink()
    (store.path("cd" * 32) / "in the way").mkdir(parents=True)

    refused = run(store, "prune", "--older-than", "0", "--yes")

    assert refused.exit_code == 1
    assert "error[store-not-written]" in refused.stderr


def test_what_goes_while_it_is_looked_at_is_not_listed(store: Store) -> None:
    """A download that is taken in between two looks is no partial any more."""
    (store.folder / "partial" / ("cd" * 32)).symlink_to("gone")
    (store.folder / BIG.sha256[:2] / "gone.whl").symlink_to("nowhere")

    assert run(store, "list").stdout.splitlines()[-1] == "4 files, 0.2 MB"
    assert run(store, "verify").stdout == "ok: 3 wheels, 0.2 MB\n"


def test_the_accelerator_of_what_is_needed_stays(store: Store, tmp_path: Path) -> None:
    """Without it the next bundle of that lock, made offline, would be another."""
    place = put_lock(tmp_path)
    accelerator = accelerator_for(make_lock([NEW]).target)
    assert accelerator is not None
    store.path(accelerator.sha256).parent.mkdir(exist_ok=True)
    store.path(accelerator.sha256).write_bytes(b"some")

    assert run(store, "prune", place, "--yes").exit_code == 0
    assert names(store) == {NEW.sha256, accelerator.sha256}


def test_names_in_wheels_do_not_speak_to_the_terminal(store: Store) -> None:
    """Who made a wheel may have named its folders as they like."""
    path = store.path("ef" * 32)
    path.parent.mkdir(exist_ok=True)
    with ZipFile(path, "w") as archive:
        archive.writestr("\x1b[2Jx.dist-info/METADATA", b"")

    assert r"\x1b[2Jx" in run(store, "list").stdout
