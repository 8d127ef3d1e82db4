"""The bundle's zip: a plain one, the same whoever writes it."""

import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundler import archive
from bundler.archive import describe, write_archive

GIB4 = 1 << 32


def test_members_are_sorted_and_stored(tmp_path: Path) -> None:
    """Members come sorted, stored, dated 1980, as regular files, with neither comments nor extra fields."""
    path = tmp_path / "a.zip"
    write_archive(path, {"b/c.txt": b"see", "a.txt": b"", "B.txt": b"x" * 5000})
    with zipfile.ZipFile(path) as written:
        infos = written.infolist()

        assert [info.filename for info in infos] == ["B.txt", "a.txt", "b/c.txt"]
        assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in infos} == {0o100644}
        assert {(info.extra, info.comment, info.flag_bits, info.extract_version) for info in infos} == {
            (b"", b"", 0, 20)
        }
        assert written.comment == b""
        assert written.testzip() is None


def test_the_headers_are_those_of_the_specification(tmp_path: Path) -> None:
    """Read byte by byte: local header, data, central header, end record, back to back and nothing else."""
    path = tmp_path / "a.zip"
    write_archive(path, {"n": b"data"})
    data = path.read_bytes()
    local = struct.unpack_from("<4s5H3I2H", data)
    central = struct.unpack_from("<4s6H3I5H2I", data, 35)
    end = struct.unpack_from("<4s4H2IH", data, 35 + 47)

    assert local == (b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0xADF3F363, 4, 4, 1, 0)
    assert data[30:35] == b"ndata"
    assert central[:1] + central[2:] == (
        (b"PK\x01\x02", 20, 0, 0, 0, 0x21, 0xADF3F363, 4, 4, 1, 0, 0, 0, 0, 0o100644 << 16, 0)
    )
    assert end == (b"PK\x05\x06", 0, 0, 1, 1, 47, 35, 0)
    assert len(data) == 35 + 47 + 22


def test_files_are_copied_as_they_are(tmp_path: Path) -> None:
    """A member may be a file of any length; its bytes are the same as from memory."""
    (tmp_path / "source").write_bytes(os.urandom((1 << 20) + 7))
    write_archive(tmp_path / "a.zip", {"x": tmp_path / "source"})
    write_archive(tmp_path / "b.zip", {"x": (tmp_path / "source").read_bytes()})

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_order_given_does_not_matter(tmp_path: Path) -> None:
    """The same members give the same bytes in whatever order they come."""
    members = {"a": b"1", "c": b"2", "b": b"3"}
    write_archive(tmp_path / "a.zip", members)
    write_archive(tmp_path / "b.zip", dict(reversed(members.items())))

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


# zip ends a name at NUL and has no way to write half a character.
_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@given(members=st.dictionaries(_names, st.binary(max_size=200), max_size=8))
def test_whatever_is_written_reads_back(members: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any names and any bytes come back by another reader as they were."""
    path = tmp_path_factory.mktemp("any") / "a.zip"
    write_archive(path, members)
    with zipfile.ZipFile(path) as written:
        assert {info.orig_filename: written.read(info) for info in written.infolist()} == members
        assert [info.orig_filename for info in written.infolist()] == sorted(members)


# 64 bits.


def entry(*, size_bytes: int = 4, offset: int = 0, name: bytes = b"n") -> archive._Written:
    """A member as the header functions take it."""
    return archive._Written(name=name, crc=1, size_bytes=size_bytes, offset=offset)


@pytest.mark.parametrize(
    ("size_bytes", "wide"),
    [
        pytest.param((1 << 31), False, id="2 GiB, where zipfile widens"),
        pytest.param(GIB4 - 2, False, id="largest that fits"),
        pytest.param(GIB4 - 1, True, id="the mark itself"),
        pytest.param(GIB4, True, id="4 GiB"),
    ],
)
def test_sizes_are_wide_only_when_they_must(size_bytes: int, wide: bool) -> None:
    """Sizes go to the 64-bit field exactly when 32 bits cannot hold them; a local header then has both."""
    header = archive._local_header(entry(size_bytes=size_bytes))
    fields = struct.unpack_from("<4s5H3I2H", header)

    assert fields[1] == (45 if wide else 20)
    assert fields[7:9] == ((GIB4 - 1,) * 2 if wide else (size_bytes,) * 2)
    assert header[31:] == (struct.pack("<2H2Q", 1, 16, size_bytes, size_bytes) if wide else b"")


@pytest.mark.parametrize(
    ("size_bytes", "offset", "extra"),
    [
        pytest.param(4, GIB4 - 2, (), id="all narrow"),
        pytest.param(4, GIB4 - 1, (GIB4 - 1,), id="offset alone"),
        pytest.param(GIB4, 7, (GIB4, GIB4), id="sizes alone"),
        pytest.param(GIB4, GIB4 + 9, (GIB4, GIB4, GIB4 + 9), id="all wide"),
    ],
)
def test_the_directory_widens_what_must(size_bytes: int, offset: int, extra: tuple[int, ...]) -> None:
    """The central header's 64-bit field holds, in order, only the numbers that do not fit."""
    header = archive._central_header(entry(size_bytes=size_bytes, offset=offset))
    fields = struct.unpack_from("<4s6H3I5H2I", header)

    assert header[47:] == (struct.pack(f"<2H{len(extra)}Q", 1, 8 * len(extra), *extra) if extra else b"")
    assert fields[11] == len(header[47:])
    assert fields[16] == min(offset, GIB4 - 1)
    assert fields[8:10] == (min(size_bytes, GIB4 - 1),) * 2


@pytest.mark.parametrize(
    ("count", "start", "wide"),
    [
        pytest.param(65534, GIB4 - 2, False, id="all fits"),
        pytest.param(65535, 0, True, id="too many members"),
        pytest.param(1, GIB4 - 1, True, id="starts too far"),
    ],
)
def test_the_end_has_a_wide_form_only_when_it_must(count: int, start: int, wide: bool) -> None:
    """A 64-bit end record and its locator come before the plain one exactly when a number is too large."""
    end = archive._end(count, start, 100)

    assert len(end) == (56 + 20 + 22 if wide else 22)
    assert end[-22:-18] == b"PK\x05\x06"
    if wide:
        assert struct.unpack("<4sQ2H2I4Q", end[:56])[6:] == (count, count, 100, start)
        assert struct.unpack("<4sIQI", end[56:76]) == (b"PK\x06\x07", 0, start + 100, 1)


def test_more_members_than_16_bits_count_read_back(tmp_path: Path) -> None:
    """65,535 members are one too many for the plain end record, and are all found."""
    path = tmp_path / "a.zip"
    write_archive(path, {f"{number:05}": b"" for number in range(65535)})
    with zipfile.ZipFile(path) as written:
        assert len(written.namelist()) == 65535
    assert b"PK\x06\x06" in path.read_bytes()[-98:]


# Whole or not at all.


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """When a member cannot be read, no file is left, and one that was there is as it was."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"former")
    with pytest.raises(FileNotFoundError):
        write_archive(path, {"a": b"1", "b": tmp_path / "absent"})

    assert [item.name for item in tmp_path.iterdir()] == ["a.zip"]
    assert path.read_bytes() == b"former"


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member whose length is no longer what was announced is refused."""
    source = tmp_path / "source"
    source.write_bytes(b"12345")
    path_open = Path.open

    def shrink_and_open(self: Path, mode: str) -> object:
        if self == source:
            os.truncate(source, 3)
        return path_open(self, mode)

    monkeypatch.setattr(Path, "open", shrink_and_open)
    with pytest.raises(OSError, match="the file for x changed while it was read"):
        write_archive(tmp_path / "a.zip", {"x": source})

    assert [item.name for item in tmp_path.iterdir()] == ["source"]


def test_a_member_is_described_by_size_and_digest() -> None:
    """What `bundle.json` says of a member."""
    member = describe("n", b"abc")

    assert (member.name, member.size_bytes) == ("n", 3)
    assert member.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
