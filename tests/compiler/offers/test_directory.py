"""METADATA is found in a wheel's last bytes where that is certain; whatever is odd is left to `zipfile`."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from compiler.offers.directory import Entry, find_metadata, span, unpack
from tests.wheels import make_wheel

A = canonicalize_name("a")
PADDED = make_wheel("a", "1.0", requires=["b", "c"], padding_bytes=100_000)
TAIL = PADDED.data[-4096:]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found_in(tail: bytes) -> Entry:
    """The entry that is in this tail."""
    entry = find_metadata(tail, A)
    assert entry is not None
    return entry


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_entry_leads_to_the_content(method: int) -> None:
    """Found by its directory entry, METADATA is unpacked from as many bytes as the entry promises."""
    content = b"Name: a\n" * 100
    data = zipped({"a/x.py": b"x", "a-1.dist-info/METADATA": content, "a-1.dist-info/RECORD": b""}, method)
    entry = found_in(data)

    assert unpack(entry, data[entry.offset : entry.offset + span(entry)]) == content


def test_entry_is_found_in_a_tail_that_starts_anywhere() -> None:
    """The tail need not start at an entry, nor hold METADATA itself; the entry says where that is."""
    entry = found_in(TAIL)

    assert unpack(entry, PADDED.data[entry.offset :]) == PADDED.metadata
    assert all(find_metadata(TAIL[cut:], A) == entry for cut in range(0, 200, 7))


UNCERTAIN = [
    ("nothing", b""),
    ("no METADATA", zipped({"a/x.py": b"x"})),
    ("only a vendored one", zipped({"a/_vendor/b-2.dist-info/METADATA": b"x"})),
    ("a longer name", zipped({"a-1.dist-info/METADATA.txt": b"x"})),
    ("two of them", zipped({"a-1.dist-info/METADATA": b"x", "A-2.dist-info/METADATA": b"x"})),
    ("another project's", zipped({"b-2.dist-info/METADATA": b"x"})),
    ("packed in another way", zipped({"a-1.dist-info/METADATA": b"x"}, zipfile.ZIP_BZIP2)),
    ("entry cut in two", TAIL[TAIL.index(b".dist-info/METADATA", TAIL.index(b"PK\x01\x02")) :]),
]


@pytest.mark.parametrize("tail", [pytest.param(tail, id=name) for name, tail in UNCERTAIN])
def test_uncertain_directory_is_left_alone(tail: bytes) -> None:
    """Where there is not exactly one plain entry, none is given."""
    assert find_metadata(tail, A) is None


def test_encrypted_entry_is_left_alone() -> None:
    """An entry whose flags say that it is encrypted is no plain one."""
    data = bytearray(zipped({"a-1.dist-info/METADATA": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1

    assert find_metadata(bytes(data), A) is None


DAMAGE: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("nothing there", lambda data: b""),
    ("shorter than a header", lambda data: data[:20]),
    ("no header there", lambda data: b"XX" + data[2:]),
    ("cut off", lambda data: data[:80]),
    ("stream broken", lambda data: data[:56] + b"\xff" + data[57:]),
]


@pytest.mark.parametrize("damage", [pytest.param(damage, id=name) for name, damage in DAMAGE])
def test_damaged_content_is_left_alone(damage: Callable[[bytes], bytes]) -> None:
    """Bytes that are not what the entry promises give nothing rather than something wrong."""
    entry = found_in(TAIL)
    data = PADDED.data[entry.offset : entry.offset + span(entry)]

    assert unpack(entry, data) == PADDED.metadata
    assert unpack(entry, damage(data)) is None


def test_content_with_another_checksum_is_left_alone() -> None:
    """What unpacks well but is not the content of the entry is not believed."""
    entry = found_in(TAIL)

    assert unpack(replace(entry, crc=entry.crc ^ 1), PADDED.data[entry.offset :]) is None
