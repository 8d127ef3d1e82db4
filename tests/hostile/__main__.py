"""By hand: the rules over real wheels, `python -m tests.hostile FOLDER|LOCK ...`; prints every refusal, and counts.

Of a folder, every wheel below it is judged; of a lock, every wheel that it names, read by ranges from the index that
pip is configured for or, of a variant's own index, from the one that the manifest beside the lock has: the frame,
METADATA and RECORD, as the rules ask for them, and little else. Each wheel is judged for the first target that its own
tags fit; whether that is ours is no question here.
"""

import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from packaging.utils import parse_wheel_filename

from locks import LockedWheel, Problem
from locks.index import Http, SimpleIndex, read_pip_settings
from locks.lock import ORDINARY_INDEX
from locks.read import read_lock

from applier.wheels.judge import judge_wheel
from bundler.manifest import index_addresses, parse_manifest
from tests.bundles import target_on

_PLATFORMS = {"win": "windows-x86_64", "mac": "macos-arm64"}
_PART_BYTES = 1 << 20


class _Remote(io.RawIOBase):
    """A file on an index, read by ranges."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url
        self._size_bytes = http.size_bytes(url)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed: WriteableBuffer
        count = min(len(buffer), self._size_bytes - self._position)
        if count <= 0:
            return 0
        body = self._http.get_part(self._url, f"{self._position}-{self._position + count - 1}").body
        buffer[: len(body)] = body
        self._position += len(body)
        return len(body)


def judge(filename: str, stream: BinaryIO) -> list[Problem]:
    """Judge one wheel by itself: the file name and the bytes are all that is asked for, by ranges or from disk."""
    name, version, _, tags = parse_wheel_filename(filename)
    platform = next(iter(tags)).platform[:3]
    target = target_on(_PLATFORMS.get(platform, "linux-x86_64"), python="3.12")
    wheel = LockedWheel(name=name, version=version, filename=filename, size_bytes=0, sha256="0" * 64)
    _, problems = judge_wheel(wheel, target, frozenset(tags), stream)
    return [problem for problem in problems if problem.code != "wheel-does-not-fit"]


def _wheels_of_lock(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    settings = read_pip_settings()
    http, lock = Http(settings), read_lock(path.read_bytes(), document=str(path))
    indexes = {ORDINARY_INDEX: SimpleIndex(http, roots=settings.index_urls, find_links=settings.find_links)}
    manifest = parse_manifest(path.with_name("manifest.toml").read_text("utf-8"))
    addresses, _ = index_addresses(lock, manifest, {}, where=str(path))
    indexes |= {alias: SimpleIndex(http, roots=(url,)) for alias, url in addresses.items()}
    for wheel in lock.wheels:
        links = {link.filename: link for link in indexes[wheel.index].links(wheel.name)}
        yield wheel.filename, io.BufferedReader(_Remote(http, links[wheel.filename].url), buffer_size=_PART_BYTES)


def _wheels_of_folder(folder: Path) -> Iterator[tuple[str, BinaryIO]]:
    for path in sorted(folder.rglob("*.whl")):
        yield path.name, path.open("rb")


def main(places: list[str]) -> None:
    """Judge every wheel of the folders and locks, each file name once."""
    counts: Counter[str] = Counter()
    seen = set()
    for place in map(Path, places):
        for filename, stream in _wheels_of_folder(place) if place.is_dir() else _wheels_of_lock(place):
            with stream:
                if filename in seen:
                    continue
                seen.add(filename)
                problems = judge(filename, stream)
            counts["refused" if problems else "accepted"] += 1
            for problem in problems:
                print(problem)  # noqa: T201  # for who runs it by hand
    projects = {filename.split("-")[0].lower() for filename in seen}
    print(f"{dict(counts)}, {len(projects)} projects")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
