"""A wheel's outline: what it holds, its copied files' bytes left out. Enough to install it where these are had.

An environment keeps the outlines of its wheels, a line each. A bundle names each by its sha256, so one that is found in
an old environment is known to be what the bundle's maker read out of the very wheel.
"""

import base64
import json
import re
import reprlib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from locks import Problem
from locks.digest import sha256_of_bytes
from locks.table import Faults, Table, read_json_document

from ..environment.scheme import OUTLINES
from ..errors import BundleDamaged
from ..framing import Entry
from .record import is_strong_hash, parse_hash, unlisted
from .source import WheelContents, WheelFile

FORMAT = 1
_MAX_BYTES = 1 << 28  # those of a million files, at some 200 bytes each
_HEAD = f'{{"format":{FORMAT},'.encode("ascii")
_SHA256 = re.compile(rb'"sha256=([\w-]{43})"')  # as `_row` has it
_ROW = (str, int, int, int, int, int, bool, int, str, bool)
"""The types of a file's values: those of its `Entry`, its hash as RECORD spells it, whether it is executable."""
_HINT = "ask the bundle's maker for a new one"
_entry_values = attrgetter(*Entry.__dataclass_fields__)  # where `asdict` takes ten times as long
_decode = partial(base64.b64decode, validate=True)


def _row(file: WheelFile) -> list[Any]:
    hash_ = f"{file.algorithm}={file.digest}" if file.digest else ""
    return [*_entry_values(file.entry), hash_, file.is_executable]


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


def _file(row: object, hashless: Container[str]) -> WheelFile | None:
    """Read a file of a wheel; None when it is none, or lacks a hash, which only the `hashless` may."""
    if not isinstance(row, list) or tuple(map(type, row)) != _ROW:
        return None
    name, offset, data_offset, compressed_bytes, size_bytes, crc, is_deflated, attributes, hash_, is_executable = row
    # Below zero, or more than the system's calls take; in one look, for there are tens of thousands of files.
    is_beyond = (offset | data_offset | compressed_bytes | size_bytes | crc | attributes) >> 63
    if is_beyond or not (is_strong_hash(hash_) or (hash_ == "" and name in hashless)):
        return None
    entry = Entry(
        name=name,
        offset=offset,
        data_offset=data_offset,
        compressed_bytes=compressed_bytes,
        size_bytes=size_bytes,
        crc=crc,
        is_deflated=is_deflated,
        attributes=attributes,
    )
    algorithm, digest = parse_hash(hash_)
    return WheelFile(entry=entry, algorithm=algorithm, digest=digest, is_executable=is_executable)


def _files(table: Table, dist_info: str) -> Iterator[WheelFile]:
    record = f"{dist_info}/RECORD"
    hashless = {record, *unlisted(record)}
    for number, row in enumerate(table.array("files")):
        if file := _file(row, hashless):
            yield file
        else:
            table.fault(f"files[{number}]", expected="a file of a wheel", found=reprlib.repr(row))


def read_outline(filename: str, line: bytes) -> WheelContents:
    """Read what `outline_to_bytes` wrote of the wheel of that name.

    Raises:
        BundleDamaged: it is no such outline; only one whose sha256 the bundle names is read, so its maker made it.
    """
    faults = Faults(code="outline-invalid", document=f"outline of {filename}")
    table = read_json_document(
        line, faults=faults, newest_format=FORMAT, error=BundleDamaged, damaged_hint="", newer_hint=""
    )
    found = table.text("wheel")
    if found and found != filename:
        table.fault("wheel", expected=repr(filename), found=repr(found))
    dist_info, texts, scripts = table.text("dist-info"), table.table("texts"), table.table("scripts")
    contents = WheelContents(
        filename=filename,
        dist_info_dir=dist_info,
        data_dir=table.text("data"),
        texts={name: texts.text(name, "") for name in texts},
        scripts={name: scripts.parsed(name, _decode, expected="base64", fallback=b"") for name in scripts},
        files=tuple(_files(table, dist_info)),
    )
    table.done()
    faults.raise_if_any(BundleDamaged)
    return contents


def read_outlines(lines: Mapping[str, bytes]) -> dict[str, WheelContents]:
    """Read outlines, by the wheels' file names.

    Raises:
        BundleDamaged: naming all that is wrong with any.
    """
    outlines: dict[str, WheelContents] = {}
    problems: list[Problem] = []
    for filename, line in lines.items():
        try:
            outlines[filename] = read_outline(filename, line)
        except BundleDamaged as error:
            problems += (replace(problem, hint=_HINT) for problem in error.problems)
    if problems:
        raise BundleDamaged(problems)
    return outlines


def digests_in(line: bytes) -> list[str]:
    """Give the sha256 of those files that have one in RECORD, which takes far less time than reading an outline."""
    return [digest.decode("ascii") for digest in _SHA256.findall(line)]


def write_outlines(environment: Path, outlines: Iterable[bytes]) -> None:
    """Keep the outlines in an environment. Raises OSError."""
    with (environment / OUTLINES).open("wb") as stream:
        stream.writelines(outline + b"\n" for outline in outlines)


def outlines_in(environment: Path) -> dict[str, bytes]:
    """Give the outlines that lie in an environment, by their sha256; none where it has none that can be read."""
    path = environment / OUTLINES
    try:
        is_readable = path.is_file() and path.stat().st_size <= _MAX_BYTES
        lines = path.read_bytes().splitlines() if is_readable else []
    except OSError:
        return {}
    return {sha256_of_bytes(line): line for line in lines if line.startswith(_HEAD)}
