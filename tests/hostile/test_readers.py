"""Spoiled input of every reader: nothing but its own error comes out. `tests.hostile.fuzz` does it for longer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .readers import readers

_PIECES = st.binary(max_size=12) | st.sampled_from(
    [
        b"\0",
        b"\n",
        b"\r\n",
        b'"',
        b",",
        b"=",
        b"[",
        b"{",
        b"\xff" * 8,
        b"9" * 5000,
        b"[" * 3000,
        b"\xe2\x80\xae",
        b"../",
        b"PK\3\4",
    ]
)
_EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), _PIECES), min_size=1, max_size=4)


def spoil(seed: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Put each piece in the place of some bytes; the place is told as a share of the whole."""
    for share, count, piece in edits:
        place = int(share * len(seed))
        seed = seed[:place] + piece + seed[place + count :]
    return seed


@pytest.mark.parametrize("name", readers())
def test_the_seeds_are_read(name: str) -> None:
    """What the spoiling begins with is sound, so that it reaches beyond the first check."""
    reader = readers()[name]
    for seed in reader.seeds:
        reader(seed)


@pytest.mark.parametrize("name", readers())
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=_EDITS, choice=st.integers(0, 9))
def test_spoiled_input_ends_in_the_readers_own_error(
    name: str, edits: list[tuple[float, int, bytes]], choice: int
) -> None:
    """Bytes replaced, added and taken out of sound input, anywhere: its own error, or none."""
    reader = readers()[name]
    reader(spoil(reader.seeds[choice % len(reader.seeds)], edits))


@pytest.mark.parametrize("name", readers())
@settings(max_examples=50, derandomize=True, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_end_in_the_readers_own_error(name: str, data: bytes) -> None:
    """Input that never was sound: its own error, or none."""
    readers()[name](data)
