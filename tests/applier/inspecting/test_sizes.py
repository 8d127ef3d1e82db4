"""Sizes in words."""

import pytest

from applier.inspecting.sizes import in_words


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_488_938_116, "3.49 GB"),
        (12_345_678_901_234, "12,345.68 GB"),
    ],
)
def test_a_size_is_said_in_few_digits(size_bytes: int, words: str) -> None:
    """The unit is the largest that leaves something in front of the point."""
    assert in_words(size_bytes) == words
