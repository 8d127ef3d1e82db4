"""A wheel's outline: what it holds, its copied files' bytes left out. Enough to install it where these are had.

An environment keeps the outlines of its wheels, a line each. A bundle names each by its sha256, so one that is found in
an old environment is known to be what the bundle's maker read out of the very wheel.
"""

import base64
import json
import re
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import Any

from installer.records import Hash, RecordEntry

from locks.digest import sha256_of_bytes

from ..environment.scheme import OUTLINES
from ..framing import Entry
from .source import WheelContents, WheelFile

FORMAT = 1
_MAX_BYTES = 1 << 28  # those of a million files, at some 200 bytes each
_HEAD = f'{{"format":{FORMAT},'.encode("ascii")
_SHA256 = re.compile(rb'"sha256=([\w-]{43})"')  # as `_row` has it
_ENTRY_FIELDS = tuple(Entry.__dataclass_fields__)
_entry_values = attrgetter(*_ENTRY_FIELDS)  # where `asdict` takes ten times as long: there are tens of thousands


def _row(file: WheelFile) -> list[Any]:
    hash_ = file.record and file.record.hash_
    return [*_entry_values(file.entry), str(hash_) if hash_ else "", file.is_executable]


def outline_to_bytes(contents: WheelContents) -> bytes:
    """Write the outline as one line of JSON; same wheel, same bytes."""
    document = {
        "format": FORMAT,
        "wheel": contents.filename,
        "dist-info": contents.dist_info_dir,
        "data": contents.data_dir,
        "texts": dict(sorted(contents.texts.items())),
        "scripts": {name: base64.b64encode(data).decode() for name, data in sorted(contents.scripts.items())},
        "files": [_row(file) for file in contents.files],
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _file(row: list[Any]) -> WheelFile:
    *values, hash_, is_executable = row
    entry = Entry(**dict(zip(_ENTRY_FIELDS, values, strict=True)))
    record = RecordEntry(entry.name, Hash.parse(hash_), entry.size_bytes) if hash_ else None
    return WheelFile(entry=entry, record=record, is_executable=is_executable)


def read_outline(line: bytes) -> WheelContents:
    """Read what `outline_to_bytes` wrote; of nothing else, so its sha256 must be known to be that of an outline."""
    document = json.loads(line)
    return WheelContents(
        filename=document["wheel"],
        dist_info_dir=document["dist-info"],
        data_dir=document["data"],
        texts=document["texts"],
        scripts={name: base64.b64decode(data) for name, data in document["scripts"].items()},
        files=tuple(map(_file, document["files"])),
    )


def digests_in(line: bytes) -> list[str]:
    """Give the sha256 of those files that have one in RECORD, which takes far less time than reading an outline."""
    return [digest.decode("ascii") for digest in _SHA256.findall(line)]


def write_outlines(environment: Path, outlines: Iterable[bytes]) -> None:
    """Keep the outlines in an environment. Raises OSError."""
    (environment / OUTLINES).write_bytes(b"".join(outline + b"\n" for outline in outlines))


def outlines_in(environment: Path) -> dict[str, bytes]:
    """Give the outlines that lie in an environment, by their sha256; none where it has none that can be read."""
    path = environment / OUTLINES
    try:
        is_readable = path.is_file() and path.stat().st_size <= _MAX_BYTES
        lines = path.read_bytes().splitlines() if is_readable else []
    except OSError:
        return {}
    return {sha256_of_bytes(line): line for line in lines if line.startswith(_HEAD)}
