"""The bundle's zip: a plain one, the same whoever writes it."""

import os
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundler.archive import describe, write_archive
from bundler.copying import Altered, Pinned


def pinned(path: Path, data: bytes) -> Pinned:
    """A file of those bytes, as it must be."""
    path.write_bytes(data)
    return Pinned(path=path, size_bytes=len(data), sha256=sha256(data).hexdigest())


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
    data = os.urandom((1 << 20) + 7)
    write_archive(tmp_path / "a.zip", {"x": pinned(tmp_path / "source", data)})
    write_archive(tmp_path / "b.zip", {"x": data})

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


def test_more_members_than_16_bits_count_read_back(tmp_path: Path) -> None:
    """65,535 members are one too many for the plain end record, and are all found."""
    path = tmp_path / "a.zip"
    write_archive(path, {f"{number:05}": b"" for number in range(65535)})
    with zipfile.ZipFile(path) as written:
        assert len(written.namelist()) == 65535
    assert b"PK\x06\x06" in path.read_bytes()[-98:]


# Whole or not at all.


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"21")])
def test_a_failure_leaves_nothing(damage: Callable[[Path], object], tmp_path: Path) -> None:
    """When a member is gone or altered, no file is left, and one that was there is as it was."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"former")
    source = pinned(tmp_path / "source", b"12")
    damage(source.path)
    with pytest.raises(Altered, match=r"\Ab\Z"):
        write_archive(path, {"a": b"1", "b": source, "c": pinned(tmp_path / "other", b"1")})

    assert not [item for item in tmp_path.iterdir() if item.name.startswith(".")]
    assert path.read_bytes() == b"former"


def test_a_member_is_described_by_size_and_digest() -> None:
    """What `bundle.json` says of a member."""
    member = describe("n", b"abc")

    assert (member.name, member.size_bytes) == ("n", 3)
    assert member.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
