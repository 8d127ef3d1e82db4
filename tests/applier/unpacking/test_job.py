"""What a worker is told and answers."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.bundle.extent import Extent, Piece
from applier.unpacking.job import File, Job, Old, Refusal, Reply, Stamp, read_job, read_reply, share_out

FILE = File(
    path="lib/a.py",
    start=0,
    compressed_bytes=10,
    size_bytes=20,
    is_deflated=True,
    crc=1,
    algorithm="sha256",
    digest="abc",
    mode=0o644,
    is_spare=False,
)
NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=()), min_size=1)


@given(NAMES, st.integers(0, 1 << 63))
def test_a_job_is_read_as_it_was_written(name: str, start: int) -> None:
    """Whatever a path is made of and however far into a file it begins, the worker sees the same job in one line."""
    extent = Extent(pieces=(Piece(path=Path(name), start=start, size_bytes=9, stamp=(1, 2)),))
    seen = Stamp(inode=start, mode=0o100644, size_bytes=20, written_ns=start, changed_ns=start)
    files = (FILE, replace(FILE, path=name, start=start, seen=seen))
    old = Old(folder=name, mode_mask=~0o022, links=False)
    job = Job(wheel=name, extent=extent, files=files, old=old, looks=start % 2 == 1)
    line = job.to_line()

    assert read_job(line) == job
    assert line.count(b"\n") == 1


@given(NAMES)
def test_a_reply_is_read_as_it_was_written(text: str) -> None:
    """Refusals keep their words, files their digests."""
    refusal = Refusal(code="a", where=text, expected=text, found=text)
    stamp = Stamp(inode=1, mode=0o100644, size_bytes=7, written_ns=2, changed_ns=3)
    sha256s, stamps = {text: "abc"}, ((text, stamp),)
    reply = Reply(moved_bytes=5, is_done=True, sha256s=sha256s, taken=1, stamps=stamps, refusals=(refusal,))

    assert read_reply(reply.to_line()) == reply


SIZES = st.lists(st.integers(0, 1 << 26), max_size=40)


@given(SIZES)
def test_every_file_is_in_one_share(sizes: list[int]) -> None:
    """Nothing is left out or done twice; in a share the wheel is read forwards; the most costly share comes first."""
    files = [replace(FILE, path=str(place), start=place, size_bytes=size) for place, size in enumerate(sizes)]
    shares = list(share_out(reversed(files), job_cost=1 << 24))
    costs = [sum(file.cost for file in share) for share in shares]

    assert sorted(file.start for share in shares for file in share) == list(range(len(sizes)))
    assert all(list(share) == sorted(share, key=lambda file: file.start) for share in shares)
    assert costs == sorted(costs, reverse=True)


@given(SIZES)
def test_a_share_is_no_larger_than_it_must_be(sizes: list[int]) -> None:
    """A large file is alone; small ones together cost less than two jobs."""
    files = [replace(FILE, path=str(place), start=place, size_bytes=size) for place, size in enumerate(sizes)]

    for share in share_out(files, job_cost=1 << 24):
        assert len(share) == 1 or sum(file.cost for file in share) < 2 << 24


@pytest.mark.parametrize(("platform", "is_one"), [("win32", True), ("linux", False)])
def test_who_may_execute_a_file_is_no_news_on_windows(
    platform: str, is_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There it depends on whether it was asked for by name or by descriptor; elsewhere a change of it is one."""
    monkeypatch.setattr(sys, "platform", platform)
    by_path, by_descriptor = (os.stat_result((mode, 7, 1, 1, 0, 0, 3, 0, 0, 0)) for mode in (0o100777, 0o100666))

    assert (Stamp.of(by_path) == Stamp.of(by_descriptor)) is is_one
