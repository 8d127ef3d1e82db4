"""Every byte of every wheel held against its RECORD, dropped files too, before a bundle leaves the desk.

That takes about as long as installing them, so what is proven of a wheel is noted, and holds for its sha256 as long as
the rules stay the same. With isal (`venvault[isal]`) it takes half the time.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, cast

from locks import LockedWheel, Problem
from locks.processors import processors
from locks.progress import Phase, Reporter, phase

from applier.bundle.extent import Extent
from applier.digest import FileDigest
from applier.framing import Misframed, read_member
from applier.framing.inflate import Inflater, find_inflater
from applier.wheels.judge import problem_of
from applier.wheels.source import WheelContents, WheelFile

RULES = 1
"""Raised when a rule below changes, so that wheels are read again."""


def best_inflater() -> Inflater:
    """Give isal where it is installed, else Python's own."""
    try:
        from isal import isal_zlib
    except ImportError:
        return find_inflater(None)
    return cast(Inflater, isal_zlib)


def _digest(stream: BinaryIO, file: WheelFile, inflater: Inflater) -> str:
    digest = FileDigest(file.algorithm)
    for chunk in read_member(stream, file.entry, inflater):
        digest.update(chunk)
    return digest.as_recorded


def _problems_in(wheel: LockedWheel, contents: WheelContents, stream: BinaryIO) -> Iterator[Problem]:
    inflater = best_inflater()
    for file in contents.files:
        try:
            found = _digest(stream, file, inflater)
        except Misframed as error:
            yield from (problem_of(wheel, "wheel-misframed", fault) for fault in error.faults)
            continue
        if file.digest not in ("", found):
            yield Problem(
                code="file-not-as-recorded",
                where=f"{wheel.filename}: {file.entry.name!r}",
                expected=f"{file.algorithm}={file.digest} (RECORD)",
                found=f"{file.algorithm}={found}",
                hint="report it to the package's maker, and hold the package at another release",
            )


def _check(wheel: LockedWheel, contents: WheelContents, extent: Extent, progress: Phase) -> list[Problem]:
    with extent.open(wheel.filename) as stream:
        problems = list(_problems_in(wheel, contents, stream))
    progress.advance(wheel.filename, wheel.size_bytes, 1)
    return problems


def content_problems(
    contents: Mapping[LockedWheel, WheelContents], extents: Mapping[LockedWheel, Extent], reporter: Reporter
) -> list[Problem]:
    """Find every file that is not as its wheel's RECORD says.

    Wheels are read side by side, the largest first.
    """
    largest_first = sorted(contents, key=lambda wheel: (-wheel.size_bytes, wheel.filename))
    total_bytes = sum(wheel.size_bytes for wheel in contents)
    workers = min(4, processors())
    with (
        phase(reporter, "reading", total_bytes=total_bytes, total=len(contents), unit="wheels") as progress,
        ThreadPoolExecutor(workers, thread_name_prefix="contents") as pool,
    ):
        jobs = [pool.submit(_check, wheel, contents[wheel], extents[wheel], progress) for wheel in largest_first]
        try:
            found = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [problem for problems in found for problem in problems]
