"""Files on their way into an archive: read once, hashed on the way, side by side."""

import os
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest

from applier.bundle.volumes import list_path, volume_path
from bundler.archive import write_archive
from bundler.copying import Altered, Pinned
from bundler.sink import CHUNK_BYTES, Sink


def pinned(path: Path, data: bytes, crc: int | None = None) -> Pinned:
    """A file of those bytes, as it must be."""
    path.write_bytes(data)
    return Pinned(path=path, size_bytes=len(data), sha256=sha256(data).hexdigest(), crc=crc)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Pinned]:
    """Some files around the size of a chunk, and an empty one."""
    sizes = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5)
    return {f"f{number}": pinned(tmp_path / f"f{number}", os.urandom(size)) for number, size in enumerate(sizes)}


@pytest.mark.parametrize("volume_bytes", [None, 2 * CHUNK_BYTES + 3, 100_000])
def test_side_by_side_or_one_by_one_the_bytes_are_the_same(
    volume_bytes: int | None, files: dict[str, Pinned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file system fills what is skipped, files are written in their order; volumes are cut alike."""
    write_archive(tmp_path / "a.zip", files)
    cut = write_archive(tmp_path / "b.zip", files, volume_bytes=volume_bytes)
    monkeypatch.setattr(Sink, "look_for_holes", lambda sink: None)
    write_archive(tmp_path / "c.zip", files, volume_bytes=volume_bytes)
    whole = (tmp_path / "a.zip").read_bytes()

    if volume_bytes is None:
        assert whole == (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()
        return
    assert list_path(tmp_path / "b.zip").read_bytes() == list_path(tmp_path / "c.zip").read_bytes()
    assert whole == b"".join(path.read_bytes() for path in cut.files[:-1])
    assert cut.files[0] == volume_path(tmp_path / "b.zip", 1)


def test_a_known_checksum_is_taken_and_any_other_computed(files: dict[str, Pinned], tmp_path: Path) -> None:
    """Both ways the zip is right, and its checksums are told."""
    data = b"known"
    archive = write_archive(tmp_path / "a.zip", {**files, "x": pinned(tmp_path / "x", data, crc32(data))})

    assert archive.crcs == {name: crc32((tmp_path / name).read_bytes()) for name in (*files, "x")}
    with zipfile.ZipFile(tmp_path / "a.zip") as read:
        assert read.testzip() is None


def test_what_changes_while_it_is_copied_is_found(tmp_path: Path) -> None:
    """It is the bytes written that are hashed: a file that is altered behind its first chunk is refused."""
    source = pinned(tmp_path / "x", os.urandom(3 * CHUNK_BYTES - 1) + b"!")

    def alter(name: str, more_bytes: int, _more: int) -> None:
        if name == "x" and 0 < more_bytes < source.size_bytes:
            with source.path.open("r+b") as stream:
                stream.seek(-1, os.SEEK_END)
                stream.write(b"?")

    with pytest.raises(Altered) as caught:
        write_archive(tmp_path / "a.zip", {"x": source, "y": b"1"}, advance=alter)

    assert caught.value.names == ("x",)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("volume_bytes", [None, 100_000])
def test_every_altered_file_is_told(volume_bytes: int | None, files: dict[str, Pinned], tmp_path: Path) -> None:
    """Of one that is gone, longer, shorter or of other bytes, none keeps the others from being found."""
    files["f1"].path.unlink()
    files["f2"].path.write_bytes(files["f2"].path.read_bytes() + b"x")
    files["f4"].path.write_bytes(files["f4"].path.read_bytes()[:-1])
    files["f5"].path.write_bytes(bytes(files["f5"].size_bytes))
    with pytest.raises(Altered) as caught:
        write_archive(tmp_path / "a.zip", files, volume_bytes=volume_bytes)

    assert caught.value.names == ("f1", "f2", "f4", "f5")
    assert not list(tmp_path.glob("*a.zip*"))


def read_bytes() -> int:
    """What this process has read so far, as Linux counts it: from files, pipes, whatever there is."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text("ascii").splitlines())
    return int(counts["rchar"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process reads")
@pytest.mark.parametrize("volume_bytes", [None, 3 * CHUNK_BYTES])
@pytest.mark.parametrize(("is_crc_known", "passes"), [(True, 1), (False, 2)])
def test_bytes_are_read_once(*, volume_bytes: int | None, is_crc_known: bool, passes: int, tmp_path: Path) -> None:
    """Volumes are hashed as they are written; a checksum that stands before their bytes may need them once more."""
    data = os.urandom(8 * CHUNK_BYTES)
    source = pinned(tmp_path / "source", data, crc32(data) if is_crc_known else None)
    before_bytes = read_bytes()
    written = write_archive(tmp_path / "a.zip", {"x": source}, volume_bytes=volume_bytes)
    took_bytes = read_bytes() - before_bytes

    assert took_bytes // len(data) == (passes if volume_bytes else 1)
    assert took_bytes % len(data) < CHUNK_BYTES
    assert len(written.files) == (4 if volume_bytes else 1)
