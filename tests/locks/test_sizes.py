"""Sizes in words."""

import pytest

from locks.sizes import counted, in_words, megabytes


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
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


@pytest.mark.parametrize(
    ("size_bytes", "decimals", "words"),
    [(0, 1, "0.0"), (49_999, 1, "0.0"), (1_234_567_890, 1, "1,234.6"), (49_999, 2, "0.05"), (-1_500_000.5, 1, "-1.5")],
)
def test_megabytes_are_all_in_one_unit(size_bytes: float, decimals: int, words: str) -> None:
    """So that one stands below the other; a rate is one too."""
    assert megabytes(size_bytes, decimals=decimals) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 wheels"), (1, "1 wheel"), (2, "2 wheels"), (27_548, "27,548 wheels")]
)
def test_one_is_no_plural(count: int, words: str) -> None:
    """The unit is given as a plural; thousands are set apart."""
    assert counted(count, "wheels") == words
