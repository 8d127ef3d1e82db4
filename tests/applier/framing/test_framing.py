"""The frame of a zip: what is sound is read as it is, what two readers could read differently is not read at all."""

import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applier.framing import Entry, Misframed, read_entries, read_member
from tests.hostile.rawzip import RawMember, RawZip

NAMES = st.text("abc\u00fc\u6f22/.", min_size=1, max_size=9).filter(lambda name: not name.endswith("/"))
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=300), max_size=6)


def entries(data: bytes) -> tuple[Entry, ...]:
    """Judge a zip's bytes."""
    return read_entries(io.BytesIO(data))


def contents(data: bytes) -> dict[str, bytes]:
    """Judge a zip and read every member of it."""
    stream = io.BytesIO(data)
    return {entry.name: b"".join(read_member(stream, entry)) for entry in read_entries(stream)}


class Pipe(io.BytesIO):
    """A sink that cannot be moved about in."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


def made_by_zipfile(members: dict[str, bytes], *, method: int, seekable: bool = True) -> bytes:
    """A zip as CPython writes it, to a file or to a pipe."""
    sink = io.BytesIO() if seekable else Pipe()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


@given(members=CONTENTS, method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), seekable=st.booleans())
def test_what_zipfile_writes_is_read_as_it_is(members: dict[str, bytes], method: int, *, seekable: bool) -> None:
    """Any names and contents, stored or deflated, with descriptors or without, come back byte for byte."""
    assert contents(made_by_zipfile(members, method=method, seekable=seekable)) == members


@given(members=CONTENTS)
@settings(max_examples=30)
def test_every_prefix_is_refused(members: dict[str, bytes]) -> None:
    """A zip cut anywhere is none."""
    data = made_by_zipfile(members, method=zipfile.ZIP_DEFLATED)
    for length in range(len(data)):
        with pytest.raises(Misframed):
            entries(data[:length])


def sample() -> bytes:
    """A small zip with something of everything."""
    members = [
        RawMember(name=b"a.py", data=b"import this\n"),
        RawMember(name=b"folder/", attributes=0o40755 << 16),
        RawMember(name=b"b.bin", data=b"bytes", method=0),
    ]
    members[0].stream_descriptor()
    return RawZip(members=members).to_bytes()


def test_a_flipped_bit_is_refused_or_changes_nothing_that_counts() -> None:
    """Of every bit of a small zip: names, offsets, sizes and contents are as they were, or it is refused."""
    data = sample()
    true = {entry.name: (entry.offset, entry.size_bytes, entry.crc) for entry in entries(data)}
    for place in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        try:
            found = contents(bytes(flipped))
            said = {entry.name: (entry.offset, entry.size_bytes, entry.crc) for entry in entries(bytes(flipped))}
        except Misframed:
            continue
        assert (found, said) == (contents(data), true)


@given(data=st.binary(max_size=200), cut=st.integers(0, 200))
def test_bytes_that_are_no_zip_end_in_a_fault(data: bytes, cut: int) -> None:
    """Whatever stands between and around records, nothing but our own error comes out."""
    spoiled = sample()[:cut] + data + sample()[cut:]
    with suppress(Misframed):
        assert contents(spoiled) == contents(sample())


def test_every_fault_of_a_frame_is_told_at_once() -> None:
    """Faults of several members come together, each with its member."""
    members = [RawMember(name=name, data=b"x") for name in (b"a", b"b", b"c")]
    members[0].local["crc"] = 1
    members[1].local_name = b"\x1b"
    members[2].flags = 1
    with pytest.raises(Misframed) as caught:
        entries(RawZip(members=members).to_bytes())

    assert {fault.member for fault in caught.value.faults} == {"a", "b", "c"}


def test_an_end_record_may_hold_its_own_mark() -> None:
    """An offset that happens to be spelled like the mark is an offset: the faults are those of an empty zip's end."""
    offset = int.from_bytes(b"PK\x05\x06", "little")
    with pytest.raises(Misframed, match=f"an end at byte {offset}"):
        entries(RawZip(members=[], end={"offset": offset}).to_bytes())


# Large zips: sparse, so that they cost no disk.


@pytest.mark.parametrize("gigabytes", [2.5, 4.5])
def test_a_zip_beyond_four_gigabytes_is_read(gigabytes: float, tmp_path: Path) -> None:
    """64-bit sizes and offsets are read as CPython writes them, and what lies behind is found."""
    path = tmp_path / "large.zip"
    size = int(gigabytes * 1000**3)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first", b"1")
        with archive.open(zipfile.ZipInfo("large"), "w", force_zip64=True) as stream:
            stream.write(b"x")
        place = archive.fp
        assert place is not None
        _stretch(archive, size)
        archive.writestr("last", b"3")
    _patch_local(path, size)
    with path.open("rb") as stream:
        found = read_entries(stream)
        last = b"".join(read_member(stream, found[-1]))

    assert [(entry.name, entry.size_bytes) for entry in found] == [("first", 1), ("large", size), ("last", 1)]
    assert last == b"3"


def _stretch(archive: zipfile.ZipFile, size: int) -> None:
    """Make the member just written `size` bytes long by a hole behind it."""
    info = archive.getinfo("large")
    stream = archive.fp
    assert stream is not None
    stream.truncate(archive.start_dir - 1 + size)
    archive.start_dir += size - 1
    info.file_size = info.compress_size = size


def _patch_local(path: Path, size: int) -> None:
    """Write the true sizes into the local header of the member that was stretched."""
    with zipfile.ZipFile(path) as archive, path.open("r+b") as stream:
        info = archive.getinfo("large")
        stream.seek(info.header_offset + 18)
        stream.write(struct.pack("<2I", 0xFFFFFFFF, 0xFFFFFFFF))
        stream.seek(info.header_offset + 30 + len("large") + 4)
        stream.write(struct.pack("<2Q", size, size))
