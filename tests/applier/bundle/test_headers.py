"""The headers of the bundle's zip: 64-bit fields exactly where 32 bits do not do."""

import struct

import pytest

from applier.bundle.headers import Entry, central_header, end_record, local_header

GIB4 = 1 << 32


def entry(*, size_bytes: int = 4, offset: int = 0, name: bytes = b"n") -> Entry:
    """A member as the header functions take it."""
    return Entry(name=name, crc=1, size_bytes=size_bytes, offset=offset)


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
    header = local_header(entry(size_bytes=size_bytes))
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
    header = central_header(entry(size_bytes=size_bytes, offset=offset))
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
    end = end_record(count, start, 100)

    assert len(end) == (56 + 20 + 22 if wide else 22)
    assert end[-22:-18] == b"PK\x05\x06"
    if wide:
        assert struct.unpack("<4sQ2H2I4Q", end[:56])[6:] == (count, count, 100, start)
        assert struct.unpack("<4sIQI", end[56:76]) == (b"PK\x06\x07", 0, start + 100, 1)
