"""Every byte of every wheel held against its RECORD, dropped files too, before a bundle leaves the desk.

That takes about as long as installing them, so what is proven of a wheel is noted in the store and holds for its
sha256 as long as the rules stay the same.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from locks import LockedWheel, Problem
from locks.progress import Phase, Reporter, phase

from applier.framing import Misframed, read_member
from applier.wheels.judge import problem_of
from applier.wheels.source import WheelContents, WheelFile

from .store import Store

_RULES = 1
"""Raised when a rule below changes, so that wheels are read again."""


def _digest(stream: BinaryIO, file: WheelFile, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    for chunk in read_member(stream, file.entry):
        digest.update(chunk)
    return base64.urlsafe_b64encode(digest.digest()).decode("ascii").rstrip("=")


def _problems_in(wheel: LockedWheel, contents: WheelContents, stream: BinaryIO) -> Iterator[Problem]:
    for file in contents.files:
        recorded = file.record and file.record.hash_
        try:
            found = _digest(stream, file, recorded.name if recorded else "sha256")
        except Misframed as error:
            yield from (problem_of(wheel, "wheel-misframed", fault) for fault in error.faults)
            continue
        if recorded and recorded.value != found:
            yield Problem(
                code="file-not-as-recorded",
                where=f"{wheel.filename}: {file.entry.name!r}",
                expected=f"{recorded} (RECORD)",
                found=f"{recorded.name}={found}",
                hint="report it to the package's maker, and hold the package at another release",
            )


def _note(store: Store, wheel: LockedWheel) -> Path:
    return store.folder / "contents" / f"{wheel.sha256}.{_RULES}"


def _check(wheel: LockedWheel, contents: WheelContents, path: Path, store: Store, progress: Phase) -> list[Problem]:
    with path.open("rb") as stream:
        problems = list(_problems_in(wheel, contents, stream))
    progress.advance(wheel.filename, wheel.size_bytes, 1)
    if not problems and store.is_sound(wheel):  # or the note would speak of other bytes than were read
        note = _note(store, wheel)
        with suppress(OSError):  # a store that cannot be written to is read again next time
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
    return problems


def content_problems(
    contents: Mapping[LockedWheel, WheelContents],
    paths: Mapping[str, Path],
    store: Store,
    reporter: Reporter,
) -> list[Problem]:
    """Find every file that is not as its wheel's RECORD says; `paths` has the wheels by file name.

    Reads each wheel once in the life of the store. Wheels are read side by side, the largest first.
    """
    unproven = [wheel for wheel in contents if not _note(store, wheel).exists()]
    unproven.sort(key=lambda wheel: (-wheel.size_bytes, wheel.filename))
    workers = min(4, os.cpu_count() or 1)
    total_bytes = sum(wheel.size_bytes for wheel in unproven)
    with (
        phase(reporter, "reading", total_bytes=total_bytes, total=len(unproven), unit="wheels") as progress,
        ThreadPoolExecutor(workers, thread_name_prefix="contents") as pool,
    ):
        jobs = [
            pool.submit(_check, wheel, contents[wheel], paths[wheel.filename], store, progress) for wheel in unproven
        ]
        try:
            found = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [problem for problems in found for problem in problems]
