"""Extra files in the environment: placed, verified, in the receipt, and held against it later."""

from pathlib import Path

import pytest

from locks import LockedFile
from locks.digest import sha256_of_bytes

from applier.apply import apply_bundle
from applier.bundle.reader import Bundle
from applier.errors import BundleDamaged
from applier.verifying.verify import verify_environment
from bundler.archive import write_archive
from tests.bundles import bare_members, put_member, relist, running_machine

MODEL = b"weights" * 1000
NOTES = b"notes\n"
"""As the demo wheel's `share/demo/notes.txt` has it."""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with a model, and a file that a wheel brings too."""
    data = {"models/tiny.gguf": MODEL, "notes.txt": NOTES}
    files = [LockedFile(path=path, size_bytes=len(each), sha256=sha256_of_bytes(each)) for path, each in data.items()]
    path = tmp_path / "bundle.zip"
    write_archive(path, bare_members(files=tuple(files)))
    for name, each in data.items():
        put_member(path, f"files/{name}", each)
    relist(path)
    return path


def apply(bundle: Path) -> Path:
    """Apply it beside itself; give the environment."""
    place = bundle.with_name("env")
    apply_bundle(bundle, place, machine=running_machine(), running_prefix=Path("/nowhere"))
    return place


def test_files_are_installed_below_share(bundle: Path) -> None:
    """Each lies under `share/<stack>/` with its bytes, is in the receipt, and the environment is unaltered."""
    place = apply(bundle)
    drift = verify_environment(place, machine=running_machine())

    assert (place / "share/demo/models/tiny.gguf").read_bytes() == MODEL
    assert drift.receipt.files["share/demo/models/tiny.gguf"].size_bytes == len(MODEL)
    assert drift.receipt.files["share/demo/notes.txt"].size_bytes == len(NOTES)
    assert drift.is_clean


def test_an_altered_file_is_drift(bundle: Path) -> None:
    """`verify` covers them as it does the wheels' files."""
    place = apply(bundle)
    (place / "share/demo/models/tiny.gguf").write_bytes(b"other")
    drift = verify_environment(place, machine=running_machine(), files_only=True)

    assert drift.lines()[0] == "altered: share/demo/models/tiny.gguf"


def test_opening_reads_no_large_file_and_verify_does(bundle: Path) -> None:
    """A flipped byte in a model is found by `verify`, before anything is built; opening stays quick."""
    put_member(bundle, "files/models/tiny.gguf", b"W" + MODEL[1:])
    opened = Bundle.open(bundle)
    with pytest.raises(BundleDamaged, match="bundle-damaged: files/models/tiny"):
        opened.verify()
    with pytest.raises(BundleDamaged):
        apply(bundle)

    assert not bundle.with_name("env").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("files/models/tiny.gguf", "(lock)", id="swapped, bundle.json forged"),
        pytest.param("files/foreign.bin", "a file the lock names", id="foreign, bundle.json forged"),
    ],
)
def test_the_lock_has_the_last_word(bundle: Path, name: str, expected: str) -> None:
    """A file that only bundle.json vouches for is refused at opening."""
    put_member(bundle, name, MODEL[::-1])
    relist(bundle)
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle)
    (problem,) = caught.value.problems

    assert problem.where == name
    assert expected in problem.expected
