"""The wheel store: what is under a digest's name has that digest, or is not there."""

from dataclasses import replace
from pathlib import Path

import pytest

from bundler.errors import StoreError
from bundler.store import Store, default_store
from tests.bundles import fill_store, flip_bit, locked, truncate
from tests.wheels import make_wheel

WHEEL = make_wheel("demo", "1.0")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that holds one wheel."""
    return fill_store(tmp_path / "store", [WHEEL])


def test_a_wheel_is_found_under_its_digest(store: Store) -> None:
    """A whole wheel is given back, from the folder of its digest's first two digits."""
    path = store.get(locked(WHEEL))

    assert path == store.folder / WHEEL.sha256[:2] / f"{WHEEL.sha256}.whl"
    assert path.read_bytes() == WHEEL.data


def test_what_is_not_there_is_absent(store: Store) -> None:
    """Another wheel is not found, and asking for it leaves nothing behind."""
    before = sorted(store.folder.rglob("*"))

    assert store.get(locked(make_wheel("other", "1.0"))) is None
    assert sorted(store.folder.rglob("*")) == before


@pytest.mark.parametrize("damage", ["flipped", "cut", "grown"])
def test_a_damaged_wheel_is_removed_and_counts_as_absent(damage: str, store: Store) -> None:
    """Bytes are hashed at every look; what rotted in the cache is fetched anew."""
    path = store.path(WHEEL.sha256)
    match damage:
        case "flipped":
            flip_bit(path, 10)
        case "cut":
            truncate(path, 10)
        case _:
            path.write_bytes(WHEEL.data + b"\0")

    assert store.get(locked(WHEEL)) is None
    assert not path.exists()


def test_a_wheel_of_another_size_than_the_locks_is_not_taken(store: Store) -> None:
    """Digest and size must both be the lock's."""
    assert store.get(replace(locked(WHEEL), size_bytes=1)) is None


def test_what_was_cut_short_is_not_had(store: Store) -> None:
    """A look that hashes nothing tells a wheel from nothing, and from a file of another size."""
    assert store.has(locked(WHEEL))
    truncate(store.path(WHEEL.sha256), 100)

    assert not store.has(locked(WHEEL))
    assert not store.has(locked(make_wheel("other", "1.0")))


def test_a_verified_file_is_taken_in(tmp_path: Path) -> None:
    """Adopting moves the file under its digest, and makes the folders it needs."""
    store = Store(tmp_path / "new")
    partial = tmp_path / "partial"
    partial.write_bytes(WHEEL.data)
    path = store.adopt(partial, WHEEL.sha256)

    assert path == store.get(locked(WHEEL))
    assert not partial.exists()


def test_what_is_gathered_is_never_taken_for_a_wheel(store: Store) -> None:
    """A partial file lies where no wheel is looked for."""
    digest = "ab" * 32

    assert store.partial_path(digest) != store.path(digest)
    assert store.partial_path(digest).parent == store.folder / "partial"


def test_the_default_store_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All bundles of a user share one store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert default_store().name == "wheels"
    assert "venvault" in default_store().parts


def test_a_store_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """A file where a folder of the store would be is a problem with a code."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="store-not-written"), Store(tmp_path / "file" / "store").leased():
        pytest.fail("nothing is kept there")
