"""The bundle's directory, judged to the last bit, at any size: holes stand for gigabytes that are never written."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.bundle.directory import read_directory
from applier.bundle.extent import Extent
from applier.bundle.headers import Entry, central_header, end_record, local_header
from applier.errors import BundleDamaged
from bundler.archive import write_archive

GIB4 = 1 << 32


def lay_out(members: Iterable[tuple[str, int]]) -> tuple[list[tuple[int, bytes]], int]:
    """Give a zip's headers with their places, and its size; the members' bytes are nowhere."""
    place, entries, headers = 0, [], []
    for name, size_bytes in members:
        entry = Entry(name=name.encode(), crc=7, size_bytes=size_bytes, offset=place)
        entries.append(entry)
        headers.append((place, local_header(entry)))
        place += len(headers[-1][1]) + size_bytes
    directory = b"".join(map(central_header, entries))
    tail = directory + end_record(len(entries), place, len(directory))
    return [*headers, (place, tail)], place + len(tail)


def write_sparse(path: Path, members: Sequence[tuple[str, int]]) -> list[tuple[int, bytes]]:
    """Write such a zip with holes for its members; give its headers."""
    headers, size_bytes = lay_out(members)
    with path.open("wb") as stream:
        for place, data in headers:
            stream.seek(place)
            stream.write(data)
        stream.truncate(size_bytes)
    return headers


SIZES = [
    pytest.param([5, 2_500_000_000, 7], id="a wheel of 2.5 GB"),
    pytest.param([2_500_000_000, 2_500_000_000, 7], id="a member that begins beyond 4 GiB"),
    pytest.param([GIB4 - 2, 1], id="the largest that 32 bits hold"),
    pytest.param([GIB4 - 1, 1], id="the mark for 64 bits itself"),
    pytest.param([GIB4 + 5, GIB4 * 3, 0], id="members beyond 4 GiB"),
    pytest.param([], id="no members"),
]


@pytest.mark.parametrize("sizes", SIZES)
def test_members_of_any_size_are_found(sizes: list[int], tmp_path: Path) -> None:
    """Each member's extent begins behind its header and is as long as it was."""
    path = tmp_path / "a.zip"
    names = [f"m{number}" for number in range(len(sizes))]
    headers = write_sparse(path, list(zip(names, sizes, strict=True)))
    extents = read_directory(Extent.of_files([path]), "a.zip").extents

    assert [(name, extent.size_bytes) for name, extent in extents.items()] == list(zip(names, sizes, strict=True))
    for (place, header), extent in zip(headers, extents.values(), strict=False):
        assert [piece.start for piece in extent.pieces] == ([place + len(header)] if extent.size_bytes else [])


def test_every_flipped_bit_of_wide_headers_is_noticed(tmp_path: Path) -> None:
    """The 64-bit fields, the 64-bit end record and its locator are judged like the rest."""
    path = tmp_path / "a.zip"
    headers = write_sparse(path, [("a", GIB4 + 5), ("b", 3), ("c", GIB4)])
    with path.open("r+b", buffering=0) as stream:
        for place, data in headers:
            for bit in range(8 * len(data)):
                stream.seek(place + bit // 8)
                stream.write(bytes([data[bit // 8] ^ 1 << bit % 8]))
                with pytest.raises(BundleDamaged):
                    read_directory(Extent.of_files([path]), "a.zip")
                stream.seek(place + bit // 8)
                stream.write(data[bit // 8 : bit // 8 + 1])

    read_directory(Extent.of_files([path]), "a.zip")


def test_more_members_than_16_bits_count_are_found(tmp_path: Path) -> None:
    """65,535 members need the 64-bit end record, and no more than a moment."""
    names = [f"{number:05}" for number in range(65535)]
    write_archive(tmp_path / "a.zip", dict.fromkeys(names, b""))

    assert list(read_directory(Extent.of_files([tmp_path / "a.zip"]), "a.zip").extents) == names


def test_a_directory_beyond_reason_is_not_read(tmp_path: Path) -> None:
    """A bundle cannot make its reader take gigabytes of memory for a list of names."""
    path = tmp_path / "a.zip"
    with path.open("wb") as stream:
        end = end_record(1, 0, 1 << 30)
        stream.seek(1 << 30)
        stream.write(end)
    with pytest.raises(BundleDamaged, match="a directory of at most 67108864 bytes"):
        read_directory(Extent.of_files([path]), "a.zip")


@given(tail=st.binary(max_size=120), end=st.booleans())
def test_whatever_bytes_they_are_only_damage_is_raised(
    tail: bytes, end: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Random bytes, also with an end record that fits them, are no bundle; nothing else comes of it."""
    path = tmp_path_factory.mktemp("any") / "a.zip"
    path.write_bytes(tail + (end_record(1, 0, len(tail)) if end else b""))
    with pytest.raises(BundleDamaged):
        read_directory(Extent.of_files([path]), "a.zip")


@given(cut=st.integers(1, 400), data=st.data())
def test_headers_written_over_are_only_damage(
    cut: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any bytes over any part of the headers are noticed, or were the same."""
    path = tmp_path_factory.mktemp("any") / "a.zip"
    write_archive(path, {"a": b"1", "b/ü": b"22", "c": b""})
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    new = data.draw(st.binary(min_size=1, max_size=cut))
    changed = whole[:place] + new + whole[place + len(new) :]
    path.write_bytes(changed)
    try:
        found = read_directory(Extent.of_files([path]), "a.zip").extents
    except BundleDamaged:
        return
    # The members' own bytes are not the directory's to judge; all others are as they were.
    own = {
        piece.start + number for each in found.values() for piece in each.pieces for number in range(piece.size_bytes)
    }

    assert list(found) == ["a", "b/ü", "c"]
    assert {number for number, byte in enumerate(whole) if changed[number] != byte} <= own
