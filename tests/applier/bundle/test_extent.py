"""Stretches of files that read as one."""

import io
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.bundle.extent import Extent
from applier.changed import FileChanged


def test_a_part_is_a_file_of_its_own(tmp_path: Path) -> None:
    """A stretch of a file reads, seeks and ends like a file, and keeps the name given."""
    path = tmp_path / "whole"
    path.write_bytes(b"0123456789")
    with Extent.of_files([path]).part(2, 5).open("part") as part:
        assert (part.name, part.readable(), part.seekable()) == ("part", True, True)
        assert part.read() == b"23456"
        assert part.read(1) == b""
        assert part.seek(-2, io.SEEK_END) == 3
        assert part.read(10) == b"56"
        assert part.seek(1) == 1
        assert part.seek(1, io.SEEK_CUR) == 2
        assert part.read(1) == b"4"
        assert part.tell() == 3
        assert part.seek(99) == 99
        assert part.read() == b""


@given(
    pieces=st.lists(st.binary(max_size=6), min_size=1, max_size=5),
    stretch=st.tuples(st.integers(0, 30), st.integers(0, 30)),
    seeks=st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 40)), max_size=4),
)
def test_an_extent_over_files_reads_like_their_sum(
    pieces: list[bytes],
    stretch: tuple[int, int],
    seeks: list[tuple[int, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """However bytes are cut into files, any part of them read at any place in any order is the same as in memory."""
    folder = tmp_path_factory.mktemp("pieces")
    for number, data in enumerate(pieces):
        (folder / f"{number}").write_bytes(data)
    whole = b"".join(pieces)
    start = min(stretch[0], len(whole))
    size = min(stretch[1], len(whole) - start)
    extent = Extent.of_files(folder / f"{number}" for number in range(len(pieces))).part(start, size)
    memory = io.BytesIO(whole[start : start + size])

    assert extent.size_bytes == size
    with extent.open("x") as stream:
        for place, count in seeks:
            assert (stream.seek(place), stream.read(count)) == (memory.seek(place), memory.read(count))
        assert (stream.seek(0), stream.read()) == (0, memory.getvalue())


def test_a_part_of_a_part_lies_in_the_same_files(tmp_path: Path) -> None:
    """Pieces give each file, first byte and length, so that bytes may be mapped or copied without this module."""
    for name in "ab":
        (tmp_path / name).write_bytes(b"0123456789")
    part = Extent.of_files([tmp_path / "a", tmp_path / "b"]).part(5, 12).part(1, 9)

    assert [(piece.path.name, piece.start, piece.size_bytes) for piece in part.pieces] == [("a", 6, 4), ("b", 0, 5)]


def read(extent: Extent) -> bytes:
    """Read an extent whole; runs in another process."""
    with extent.open("x") as stream:
        return stream.read()


def test_another_process_reads_it_by_itself(tmp_path: Path) -> None:
    """An extent travels to a worker that shares nothing with this process."""
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode() * 10)
    part = Extent.of_files([tmp_path / "a", tmp_path / "b"]).part(8, 4)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(read, part).result() == b"aabb"

    assert pickle.loads(pickle.dumps(part)) == part


def test_a_file_that_was_replaced_or_written_to_is_refused(tmp_path: Path) -> None:
    """What was judged is what is read: another file of that name, or later bytes in it, are not."""
    path = tmp_path / "file"
    path.write_bytes(b"judged")
    os.utime(path, ns=(0, 0))
    extent = Extent.of_files([path])
    assert extent.is_unchanged()
    path.write_bytes(b"edited")
    assert not extent.is_unchanged()
    with pytest.raises(FileChanged, match="another, or an altered one"):
        extent.open("x")
    (tmp_path / "other").write_bytes(b"judged")
    extent = Extent.of_files([path])
    (tmp_path / "other").replace(path)
    with pytest.raises(FileChanged):
        extent.open("x")


def test_one_handle_is_open_at_a_time(tmp_path: Path) -> None:
    """An extent over more files than a process may have open is read all the same."""
    paths = [tmp_path / f"{number}" for number in range(3000)]
    for path in paths:
        path.write_bytes(b"x")

    assert read(Extent.of_files(paths)) == b"x" * 3000
