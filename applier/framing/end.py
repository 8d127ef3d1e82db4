"""The end records of a zip: one, at the very end, and where it says that the directory lies."""

import io
from typing import BinaryIO, NamedTuple

from .records import (
    ANY_MARK,
    END,
    END64,
    END64_MARK,
    END_MARK,
    FULL16,
    FULL32,
    LOCATOR64,
    LOCATOR64_MARK,
    Fault,
    Misframed,
)

_LONGEST_COMMENT = FULL16


class Directory(NamedTuple):
    """Where the central directory lies, and how many members it lists."""

    members: int
    size_bytes: int
    offset: int


def _bad(expected: str, found: str) -> Misframed:
    return Misframed(Fault("", expected, found))


def _read_wide(tail: bytes, place: int, start: int) -> tuple[Directory, int] | None:
    """Give what the 64-bit end record before the end record at `place` in `tail` says, and its own offset.

    `start` is the offset of `tail`. None: there is no such record.
    """
    at = place - LOCATOR64.size
    if at < 0 or tail[at : at + 4] != LOCATOR64_MARK:
        return None
    _, disk, offset, disks = LOCATOR64.unpack_from(tail, at)
    at -= END64.size
    if (disk, disks) != (0, 1) or at < 0 or offset != start + at:
        raise _bad("a locator of the 64-bit end record before it", f"one that points to byte {offset}")
    mark, length, _, _, here, directory_disk, count_here, *numbers = END64.unpack_from(tail, at)
    directory = Directory(*numbers)
    if mark != END64_MARK or length != END64.size - 12 or (here, directory_disk) != (0, 0):
        raise _bad("a 64-bit end record of the plain form", "another one")
    if count_here != directory.members:
        raise _bad("one count of members", f"{count_here} and {directory.members}")
    return directory, offset


def find_directory(stream: BinaryIO) -> Directory:
    """Find the directory by the end records, which end the file.

    Raises:
        Misframed: there is no end record, or it is not the last thing in the file, or it contradicts itself or its
            64-bit form. NOTE: CPython writes the 64-bit form from 2 GiB on, with the same numbers in the other.
    """
    length = stream.seek(0, io.SEEK_END)
    start = max(length - END.size - _LONGEST_COMMENT - END64.size - LOCATOR64.size, 0)
    stream.seek(start)
    tail = stream.read(length - start)
    place = tail.rfind(END_MARK, 0, max(len(tail) - END.size + len(END_MARK), 0))  # not within its own numbers
    if place < 0:
        raise _bad("a zip", "no end record")
    _, disk, directory_disk, count_here, *numbers, comment_length = END.unpack_from(tail, place)
    narrow = Directory(*numbers)
    if place + END.size + comment_length != len(tail):
        raise _bad("the end record at the end of the file", "more or fewer bytes behind it than it says")
    if ANY_MARK.search(tail, place + END.size):
        raise _bad("a comment without marks of zip records", "one with them")
    if (disk, directory_disk) != (0, 0) or count_here != narrow.members:
        raise _bad("one disk", "several")
    wide = _read_wide(tail, place, start)
    directory, end = wide or (narrow, start + place)
    for said, true, full in zip(narrow, directory, (FULL16, FULL32, FULL32), strict=True):
        if said not in (true, full) or (said == full and wide is None):
            raise _bad("end records that agree", f"{said} and {true}")
    if directory.offset + directory.size_bytes != end:
        raise _bad(
            "the directory right before the end records", f"an end at byte {directory.offset + directory.size_bytes}"
        )
    return directory
