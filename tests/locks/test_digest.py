"""The one digest."""

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locks.digest import is_sha256, manifest_sha256, sha256_of_bytes, sha256_of_file, sha256_of_stream

OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("data", "digest"),
    [pytest.param(b"abc", OF_ABC, id="abc"), pytest.param(b"", OF_NOTHING, id="nothing")],
)
def test_bytes_stream_and_file_have_the_published_digest(tmp_path: Path, data: bytes, digest: str) -> None:
    """All three ways agree with FIPS 180's own examples, and count the bytes."""
    path = tmp_path / "data"
    path.write_bytes(data)

    assert sha256_of_bytes(data) == digest
    assert sha256_of_stream(io.BytesIO(data)) == (digest, len(data))
    assert sha256_of_file(path) == (digest, len(data))


@pytest.mark.parametrize("size_bytes", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 5])
def test_stream_of_many_chunks(size_bytes: int) -> None:
    """The last, short chunk counts exactly once."""
    data = hashlib.shake_128(b"chunks").digest(size_bytes)

    assert sha256_of_stream(io.BytesIO(data)) == (hashlib.sha256(data).hexdigest(), size_bytes)


def test_stream_is_read_from_where_it_stands() -> None:
    """Bytes before the position are not hashed."""
    stream = io.BytesIO(b"skipabc")
    stream.seek(4)

    assert sha256_of_stream(stream) == (OF_ABC, 3)


@given(st.binary())
def test_every_digest_is_a_sha256(data: bytes) -> None:
    """What we compute is what we accept."""
    assert is_sha256(sha256_of_bytes(data))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(OF_ABC[:-1], id="one short"),
        pytest.param(OF_ABC + "0", id="one long"),
        pytest.param(OF_ABC.upper(), id="upper case"),
        pytest.param(OF_ABC + "\n", id="line end"),
        pytest.param("g" + OF_ABC[1:], id="no hex"),
        pytest.param("\uff11" + OF_ABC[1:], id="digit of another script"),
    ],
)
def test_is_sha256_refuses(text: str) -> None:
    """Nothing but 64 lower-case hex digits counts."""
    assert not is_sha256(text)


@pytest.mark.parametrize("key", ["requirements", "from-index", "allow", "undated"])
def test_order_that_means_nothing_is_not_digested(key: str) -> None:
    """Of a manifest's arrays of names and requirements the members count, not their order; of any other both do."""

    def digest(key: str, *values: str) -> str:
        return manifest_sha256({"stack": {}, "variants": {"cpu": {key: [*values]}}}, "cpu")

    assert digest(key, "a", "b") == digest(key, "b", "a") != digest(key, "a")
    assert digest("include", "a", "b") != digest("include", "b", "a")
