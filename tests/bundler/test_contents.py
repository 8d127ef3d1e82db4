"""The two ways in which the desk inflates: nothing that one of them finds is lost with the other."""

import io
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applier.framing.content import NotAsDeclared, read_content
from applier.framing.inflate import Inflater, find_inflater
from bundler.contents import best_inflater
from tests.hostile.rawzip import deflate


def test_isal_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, Python's own."""
    assert getattr(best_inflater(), "__name__", "") == "isal.isal_zlib"
    monkeypatch.setitem(sys.modules, "isal", None)
    assert best_inflater() is find_inflater(None)


def outcome(data: bytes, content: bytes, inflater: Inflater) -> bytes | None:
    """What is read of a member that must be `content`; None: it is refused."""
    chunks = read_content(
        io.BytesIO(data),
        0,
        compressed_bytes=len(data),
        size_bytes=len(content),
        crc=zlib.crc32(content),
        is_deflated=True,
        inflater=inflater,
    )
    try:
        return b"".join(chunks)
    except NotAsDeclared:
        return None


@given(
    content=st.binary(max_size=300).map(lambda data: data * 3),
    place=st.integers(0, 1 << 30),
    bit=st.integers(0, 7),
    cut=st.integers(0, 3),
    more=st.binary(max_size=2),
)
@settings(max_examples=500)
def test_both_refuse_the_same(content: bytes, place: int, bit: int, cut: int, more: bytes) -> None:
    """Of data that is whole, has a flipped bit, is cut short or followed by more, both make the same or nothing."""
    whole = deflate(content)
    spoiled = bytearray(whole)
    spoiled[place % len(whole)] ^= 1 << bit
    for data in (whole, bytes(spoiled), whole[: len(whole) - cut] + more, bytes(spoiled[: len(whole) - cut]) + more):
        assert outcome(data, content, best_inflater()) == outcome(data, content, find_inflater(None))
    assert outcome(whole, content, best_inflater()) == content
