"""The plan as jobs: which wheels are hashed whole, and which only should a file not be had without."""

from dataclasses import replace

import pytest

from applier.bundle.extent import NOWHERE, Extent, Piece
from applier.unpacking.job import File, Old
from applier.wheels.share import jobs_of
from tests.bundles import locked
from tests.wheels import make_wheel

WHEEL = locked(make_wheel("a", "1"))
HERE = Extent(pieces=(Piece(path=__file__, start=0, size_bytes=1, stamp=()),))  # type: ignore[arg-type]  # never opened
HELD = File(
    path="a",
    start=0,
    compressed_bytes=1,
    size_bytes=1,
    is_deflated=False,
    crc=0,
    algorithm="sha256",
    digest="",
    mode=0o666,
    is_spare=False,
    is_held=True,
)
OTHER = replace(HELD, path="b", start=1, is_held=False)
OLD = Old(folder="old", mode_mask=0)


@pytest.mark.parametrize(
    ("extent", "files", "is_outlined", "hashed", "links"),
    [
        pytest.param(HERE, [HELD], True, "if need be", True, id="all is held"),
        pytest.param(HERE, [HELD, OTHER], True, "first", True, id="not all is held"),
        pytest.param(HERE, [HELD], False, "first", True, id="planned by the wheel itself"),
        pytest.param(NOWHERE, [HELD], True, "if need be", False, id="nobody has the wheel"),
        pytest.param(NOWHERE, [HELD, OTHER], True, "if need be", False, id="nor is all held"),
    ],
)
def test_what_was_not_hashed_is_so_before_a_byte_of_it_is_written(
    extent: Extent, files: list[File], is_outlined: bool, hashed: str, links: bool
) -> None:
    """Planned by itself a wheel is not known to be the one meant; without it, nothing mends a link."""
    *first, job = jobs_of(WHEEL, extent, files, OLD, is_outlined=is_outlined)

    assert [(each.hashes, each.sha256) for each in first] == ([(True, WHEEL.sha256)] if hashed == "first" else [])
    assert job.sha256 == ("" if hashed == "first" else WHEEL.sha256)
    assert job.files == tuple(files)
    assert job.old == replace(OLD, links=links)
