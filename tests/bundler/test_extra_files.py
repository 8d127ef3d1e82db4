"""Extra files on their way into a bundle: hashed like wheels, refused when they are not what was locked."""

from pathlib import Path

import pytest

from locks import LockedFile
from locks.digest import sha256_of_bytes

from applier.bundle.reader import Bundle
from bundler.bundle import write_bundle
from bundler.errors import OutputError, WheelConflict
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import demo_wheels, fill_store, make_lock, nowhere, read_members, target_on

MODEL = b"weights" * 1000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with the demo wheels."""
    return fill_store(tmp_path / "store", demo_wheels())


def locked_file(path: str, data: bytes = MODEL) -> LockedFile:
    """What a lock says of a file with those bytes."""
    return LockedFile(path=path, size_bytes=len(data), sha256=sha256_of_bytes(data))


def write(store: Store, *files: LockedFile, platform: str = "linux-x86_64") -> Path:
    """Write the bundle of a lock with those files, which lie in `store`'s neighbour `here`."""
    lock = make_lock(demo_wheels(), files=files, target=target_on(platform))
    output = store.folder.parent / "out" / "bundle.zip"
    folder = store.folder.parent / "here"
    return write_bundle(lock, to_bytes(lock), output, store=store, open_sources=nowhere, files_folder=folder).path


def put(store: Store, path: str, data: bytes = MODEL) -> None:
    """Lay a file down where `write` looks."""
    place = store.folder.parent / "here" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def test_files_are_members_listed_and_planned(store: Store) -> None:
    """Each is a member under `files/`, in bundle.json, and counted in size and longest path."""
    name = f"models/{'long-' * 30}name.gguf"
    put(store, name)
    opened = Bundle.open(write(store, locked_file(name)))
    opened.verify()

    assert read_members(opened.path)[f"files/{name}"] == MODEL
    assert f"files/{name}" in {member.name for member in opened.contents.members}
    assert opened.contents.longest_path == f"share/demo/{name}"
    assert opened.contents.installed_bytes > len(MODEL)


def test_every_file_that_is_not_as_locked_is_told(store: Store) -> None:
    """A changed and a missing file are named together, and nothing is written."""
    put(store, "changed.bin", b"other")
    with pytest.raises(OutputError) as caught:
        write(store, locked_file("changed.bin"), locked_file("missing.bin"))

    assert [(problem.code, Path(problem.where).name) for problem in caught.value.problems] == [
        ("file-changed", "changed.bin"),
        ("file-missing", "missing.bin"),
    ]
    assert not (store.folder.parent / "out").exists()


@pytest.mark.parametrize(
    ("platform", "refused"),
    [pytest.param("linux-x86_64", False, id="linux"), pytest.param("windows-x86_64", True, id="windows")],
)
@pytest.mark.parametrize("paths", [("nul.txt",), ("end.",), ("Read.me", "READ.ME")], ids="-".join)
def test_names_are_judged_for_the_target(store: Store, paths: tuple[str, ...], platform: str, *, refused: bool) -> None:
    """What Windows cannot hold, or keep apart, is refused for Windows, wherever the bundle is written."""
    for path in paths:
        put(store, path)
    files = [locked_file(path) for path in sorted(paths)]
    if not refused:
        assert write(store, *files, platform=platform).is_file()
        return
    with pytest.raises(WheelConflict, match=r"path-not-allowed|files-clash"):
        write(store, *files, platform=platform)


def test_a_file_that_a_wheel_brings_otherwise_is_a_clash(store: Store) -> None:
    """The demo wheel has a `share/demo/notes.txt` of its own: other bytes are refused, the same ones shared."""
    put(store, "notes.txt")
    with pytest.raises(WheelConflict) as caught:
        write(store, locked_file("notes.txt"))

    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("files-clash", "share/demo/notes.txt")
    ]
    assert "files/notes.txt" in caught.value.problems[0].found

    put(store, "notes.txt", b"notes\n")
    assert write(store, locked_file("notes.txt", b"notes\n")).is_file()
