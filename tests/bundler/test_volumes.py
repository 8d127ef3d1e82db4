"""Where a bundle is written to: sizes, volumes, and that a writer leaves nothing half done."""

from pathlib import Path

import pytest

from locks.digest import sha256_of_file

from applier.bundle.reader import Bundle
from applier.bundle.volumes import list_path, volume_path
from bundler.archive import write_archive
from bundler.copying import Altered, Pinned
from bundler.errors import OutputError
from bundler.sink import CHUNK_BYTES
from bundler.volumes import parse_size
from tests.bundles import bare_members

_ZEROS = bytes(CHUNK_BYTES)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("1900M", 1900 << 20),
        ("4G-1", (4 << 30) - 1),
        ("700k", 700 << 10),
        ("1T", 1 << 40),
        ("123456", 123456),
        (" 2g ", 2 << 30),
    ],
)
def test_sizes_are_read(text: str, size_bytes: int) -> None:
    """Units are powers of 1024, as file systems count: 4G-1 is the largest file of a FAT32 stick."""
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "M", "0", "1K-1024", "-5", "4GB", "1.5G", "9" * 40, "1M-", "\u0663M"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """No guess is made at a size that is not plain."""
    with pytest.raises(ValueError, match="no size"):
        parse_size(text)


def names(folder: Path) -> list[str]:
    """The names of all files there."""
    return sorted(path.name for path in folder.iterdir())


def test_a_bundle_that_fits_is_not_cut(tmp_path: Path) -> None:
    """With --split a small bundle is one file that starts itself."""
    written = write_archive(tmp_path / "a.zip", {"x": b"1"}, volume_bytes=1000)

    assert (names(tmp_path), written.files, written.starts_itself) == (["a.zip"], (tmp_path / "a.zip",), True)


def test_a_bundle_of_the_very_size_is_not_cut(tmp_path: Path) -> None:
    """A volume may have as many bytes as are given, and one byte less is too few for one."""
    size_bytes = write_archive(tmp_path / "a.zip", {"x": b"1"}).size_bytes
    exact = write_archive(tmp_path / "b.zip", {"x": b"1"}, volume_bytes=size_bytes)
    cut = write_archive(tmp_path / "c.zip", {"x": b"1"}, volume_bytes=size_bytes - 1)

    assert (exact.files, exact.starts_itself) == ((tmp_path / "b.zip",), True)
    assert (len(cut.files), cut.starts_itself) == (3, False)


def test_a_bundle_takes_the_place_of_the_one_before_in_any_form(tmp_path: Path) -> None:
    """One file after volumes, fewer volumes after more, volumes after one file: nothing of the former is left."""
    path = tmp_path / "a.zip"
    (tmp_path / "a.zip.txt").write_text("not ours")
    members = bare_members()
    for volume_bytes in (900, 2000, None, 2000, 900, None):
        written = write_archive(path, members, volume_bytes=volume_bytes)

        assert names(tmp_path) == sorted([*(file.name for file in written.files), "a.zip.txt"])
        Bundle.open(path).verify()


def test_files_named_like_volumes_stay_where_no_list_is(tmp_path: Path) -> None:
    """What only looks like a volume of the bundle, but never was one, is not removed."""
    (tmp_path / "a.zip.001").write_text("somebody's")
    write_archive(tmp_path / "a.zip", bare_members())

    assert names(tmp_path) == ["a.zip", "a.zip.001"]


def test_too_many_volumes_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    """More than 999 volumes are a mistake in the size; a bundle that was there is as it was."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"former")
    with pytest.raises(OutputError, match="volumes-too-many"):
        write_archive(path, {"x": bytes(2000)}, volume_bytes=2)

    assert (names(tmp_path), path.read_bytes()) == (["a.zip"], b"former")


def test_a_failure_leaves_the_former_volumes(tmp_path: Path) -> None:
    """When a member cannot be read, the volumes that were there are whole."""
    path = tmp_path / "a.zip"
    write_archive(path, bare_members(), volume_bytes=2000)
    before = names(tmp_path)
    with pytest.raises(Altered):
        write_archive(
            path, {"a": bytes(5000), "b": Pinned(path=tmp_path / "absent", size_bytes=1, sha256="")}, volume_bytes=2000
        )

    assert names(tmp_path) == before
    Bundle.open(path).verify()


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    """Partial volumes of an earlier run never get into a bundle, and do not stay."""
    for name in (".a.zip.partial", ".a.zip.partial7"):
        (tmp_path / name).write_bytes(b"x" * 5000)
    write_archive(tmp_path / "a.zip", bare_members(), volume_bytes=2000)

    assert not [name for name in names(tmp_path) if "partial" in name]
    Bundle.open(tmp_path / "a.zip").verify()


def test_volumes_without_their_list_are_no_bundle(tmp_path: Path) -> None:
    """A writer that is killed while it names volumes leaves no list: the list comes last."""
    path = tmp_path / "a.zip"
    write_archive(path, bare_members(), volume_bytes=2000)
    newest = max(tmp_path.iterdir(), key=lambda file: file.stat().st_ctime_ns)

    assert newest == list_path(path)


@pytest.mark.parametrize("volume_bytes", [None, 3000, 1 << 21])
def test_long_zeros_are_holes(volume_bytes: int | None, tmp_path: Path) -> None:
    """A stretch of zeros reads as zeros, across volumes and at their ends, whether it is written or not."""
    data = b"start" + bytes(1 << 20) + b"end" if volume_bytes != 3000 else _ZEROS[:5000] + b"end"
    (tmp_path / "source").write_bytes(_ZEROS + data + _ZEROS)
    digest, size_bytes = sha256_of_file(tmp_path / "source")
    source = Pinned(path=tmp_path / "source", size_bytes=size_bytes, sha256=digest)
    *_, first = [*write_archive(tmp_path / "a.zip", {"x": source}).files]
    cut = write_archive(tmp_path / "b.zip", {"x": source}, volume_bytes=volume_bytes).files
    whole = b"".join(path.read_bytes() for path in cut if path != list_path(tmp_path / "b.zip"))

    assert whole == first.read_bytes()
    assert whole[31:][: len(data) + 2 * len(_ZEROS)] == _ZEROS + data + _ZEROS
    if volume_bytes == 3000:
        assert volume_path(tmp_path / "b.zip", 2).read_bytes() == bytes(3000)


def test_volumes_of_two_bundles_have_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where naming the new volumes fails half way the old list is gone: nobody takes the mixture for a bundle."""
    path, rename = tmp_path / "a.zip", Path.replace
    write_archive(path, bare_members(), volume_bytes=2000)

    def fail_for_the_second(self: Path, goal: Path) -> Path:
        if goal == volume_path(path, 2):
            raise PermissionError(13, "Permission denied", str(goal))
        return rename(self, goal)

    monkeypatch.setattr(Path, "replace", fail_for_the_second)
    with pytest.raises(PermissionError):
        write_archive(path, {**bare_members(), "more": b"x"}, volume_bytes=2000)

    assert not list_path(path).exists()
