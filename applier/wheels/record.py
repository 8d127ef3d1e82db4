"""The rules of RECORD: every file once, strongly hashed, of its true size; nothing else. Pure.

Source: binary distribution format, "the .dist-info directory"; PEP 376 for the three columns.
"""

import base64
import binascii
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from ..digest import recorded
from ..framing import Fault

STRONG_HASHES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Algorithm -> length of its digest in bytes."""
_STRONG_HASH = re.compile(
    "|".join(f"{name}=[A-Za-z0-9_-]{{{-(-8 * length // 6)}}}" for name, length in STRONG_HASHES.items())
)
NO_HASH = ("", "")
SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_DIGITS = re.compile("[0-9]{1,19}")
_ALGORITHM = re.compile("[a-z0-9_]{1,16}")
Row = tuple[str, str, str]


def read_rows(data: bytes) -> list[Row]:
    """Read the three columns of every row; raises ValueError for what is no such table.

    Backslashes are read as slashes, as `installer` has it: old wheels were made on Windows.
    """
    rows: list[Row] = []
    try:
        for row in csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True):
            if len(row) != 3:
                raise ValueError(f"a row of {len(row)} columns: {','.join(row)[:80]!r}")
            rows.append((row[0].replace("\\", "/"), row[1], row[2]))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    return rows


def _spelling(algorithm: str, value: str) -> str | None:
    """Give a digest in urlsafe base64 without padding, its one spelling; None for what is no such digest.

    NOTE: some tools write it in hexadecimal (gmsh's wheels); what it says is as plain.
    """
    length = STRONG_HASHES[algorithm]
    try:
        is_hex = len(value) == 2 * length
        digest = bytes.fromhex(value) if is_hex else base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return None
    spelling = recorded(digest)
    return spelling if len(digest) == length and value in (spelling, digest.hex()) else None


def is_strong_hash(text: str) -> bool:
    """Say whether a text is a strong hash as `hash_of` has it, its digest in the one spelling."""
    return _STRONG_HASH.fullmatch(text) is not None


def _faults_of_hash(name: str, text: str) -> Iterator[Fault]:
    algorithm, sign, value = text.partition("=")
    if not sign:
        yield Fault(name, "a hash in RECORD", repr(text))
    elif algorithm in STRONG_HASHES and _spelling(algorithm, value) is None:
        yield Fault(name, f"a {algorithm} in urlsafe base64 without padding", repr(value[:120]))
    elif not _ALGORITHM.fullmatch(algorithm):
        yield Fault(name, "the name of a hash in RECORD", repr(algorithm[:40]))


def weak_hashes(rows: list[Row]) -> Iterator[Fault]:
    """Give the rows that go by a hash which is not strong."""
    for name, text, _ in rows:
        algorithm, sign, _ = text.partition("=")
        if sign and algorithm not in STRONG_HASHES and _ALGORITHM.fullmatch(algorithm):
            yield Fault(name, "a sha256, sha384 or sha512 in RECORD", algorithm)


def _faults_of_row(row: Row, sizes: Mapping[str, int], own: str) -> Iterator[Fault]:
    name, text, size = row
    if name == own:
        if text or size:
            yield Fault(name, "RECORD in itself with neither hash nor size", repr(f"{text},{size}"[:120]))
    elif name in unlisted(own):
        yield Fault(name, "a signature of RECORD not in RECORD", "a row")
    elif name not in sizes:
        yield Fault(name, "the file that RECORD lists", "none")
    else:
        yield from _faults_of_hash(name, text)
        if not _DIGITS.fullmatch(size) or int(size) != sizes[name]:
            yield Fault(name, f"{sizes[name]} bytes in RECORD", repr(size[:40]))


def unlisted(own: str) -> set[str]:
    """Give the names of what no RECORD lists; `own` is RECORD's own name."""
    folder = own.removesuffix("RECORD")
    return {folder + name for name in SIGNATURES}


def record_faults(rows: list[Row], sizes: Mapping[str, int], *, own: str) -> Iterator[Fault]:
    """Hold the rows against the wheel's files; `sizes` has their bytes by name, `own` is RECORD's own name."""
    for name, count in Counter(name for name, _, _ in rows).items():
        if count > 1:
            yield Fault(name, "one row in RECORD", str(count))
    for row in rows:
        yield from _faults_of_row(row, sizes, own)
    for name in sorted(sizes.keys() - {name for name, _, _ in rows} - unlisted(own)):
        yield Fault(name, "a row in RECORD", "none")


def parse_hash(text: str) -> tuple[str, str]:
    """Give the algorithm and the value of a hash; algorithms are few, and kept once each."""
    algorithm, _, value = text.partition("=")
    return sys.intern(algorithm), value


def hash_of(row: Row) -> tuple[str, str]:
    """Give the algorithm and the digest, in its one spelling, of a sound row; twice nothing for any other."""
    algorithm, value = parse_hash(row[1])
    spelling = _spelling(algorithm, value) if algorithm in STRONG_HASHES else None
    return (algorithm, spelling) if spelling and _DIGITS.fullmatch(row[2]) else NO_HASH
