"""Hostile wheels: what RECORD must not be."""

from collections.abc import Callable, Iterator

from .case import Case
from .parts import Parts, Row, digest


def _rows(change: Callable[[list[Row]], list[Row]]) -> Parts:
    return Parts(rows=change)


def _first(column: int, text: str) -> Parts:
    def change(rows: list[Row]) -> list[Row]:
        rows[0][column] = text
        return rows

    return _rows(change)


_CONTENT = b"x = 1\n"
RECORDS: dict[str, Parts] = {
    "none": Parts(record=None),
    "empty": Parts(record=" \n"),
    "no UTF-8": Parts(record=b"\xff\xfe,,\n"),
    "UTF-16": Parts(record="demo,,\n".encode("utf-16")),
    "two columns": _rows(lambda rows: [rows[0][:2], *rows[1:]]),
    "four columns": _rows(lambda rows: [[*rows[0], ""], *rows[1:]]),
    "empty row": _rows(lambda rows: [rows[0], [], *rows[1:]]),
    "open quote": Parts(record='"demo/__init__.py,,\n'),
    "byte order mark": _first(0, "\ufeffdemo/__init__.py"),
    "file not listed": _rows(lambda rows: rows[1:]),
    "METADATA not listed": _rows(lambda rows: [row for row in rows if not row[0].endswith("METADATA")]),
    "itself not listed": _rows(lambda rows: rows[:-1]),
    "itself with hash and size": _rows(lambda rows: [*rows[:-1], [rows[-1][0], f"sha256={digest(b'')}", "0"]]),
    "itself with size": _rows(lambda rows: [*rows[:-1], [rows[-1][0], "", "1"]]),
    "file twice, the same": _rows(lambda rows: [rows[0], *rows]),
    "file twice, contradicting": _rows(lambda rows: [*rows, [rows[0][0], f"sha256={digest(b'other')}", "5"]]),
    "file twice, by backslash": _rows(lambda rows: [*rows, [rows[0][0].replace("/", "\\"), *rows[0][1:]]]),
    "itself twice": _rows(lambda rows: [*rows, rows[-1]]),
    "row without a file": _rows(lambda rows: [*rows, ["demo/ghost.py", f"sha256={digest(b'')}", "0"]]),
    "row that climbs out": _rows(lambda rows: [*rows, ["../../../../etc/passwd", "", ""]]),
    "absolute row": _rows(lambda rows: [*rows, ["/etc/passwd", "", ""]]),
    "row of a folder": _rows(lambda rows: [*rows, ["demo/", "", ""]]),
    "row with NUL": _rows(lambda rows: [*rows, ["demo/a.py\0", "", ""]]),
    "row of other case": _first(0, "DEMO/__init__.py"),
    "row with a dot": _first(0, "./demo/__init__.py"),
    "row without a name": _rows(lambda rows: [*rows, ["", "", ""]]),
    "no hash": _first(1, ""),
    "no size": _first(2, ""),
    "size no number": _first(2, "big"),
    "size negative": _first(2, "-6"),
    "size with sign": _first(2, "+6"),
    "size with space": _first(2, " 6"),
    "size with underscore": _first(2, "0_6"),
    "size in other digits": _first(2, "\u0666"),
    "size too small": _first(2, "5"),
    "size too large": _first(2, "7"),
    "size of thousands of digits": _first(2, "9" * 5000),
    "hash without algorithm": _first(1, digest(_CONTENT)),
    "hash of no algorithm": _first(1, f"={digest(_CONTENT)}"),
    "hash with padding": _first(1, f"sha256={digest(_CONTENT)}="),
    "hash in hexadecimal of another length": _first(1, f"sha256={'0' * 62}"),
    "hash in hexadecimal capitals": _first(1, f"sha256={'A' * 64}"),
    "hash too short": _first(1, "sha256=abc"),
    "hash of another length": _first(1, f"sha256={digest(_CONTENT, 'sha512')}"),
    "hash in two spellings": _first(1, f"sha256={'A' * 42}B"),
    "hash in the other alphabet": _first(1, f"sha256={'+/' * 21}A"),
    "hash empty": _first(1, "sha256="),
    "hash in capitals": _first(1, f"SHA256={digest(_CONTENT)}"),
    "signature listed": Parts(
        files={"demo.py": "", "demo-1.0.dist-info/RECORD.jws": "{}"},
    ),
    "signature of the other kind listed": Parts(files={"demo.py": "", "demo-1.0.dist-info/RECORD.p7s": "x"}),
}


def record_cases() -> Iterator[Case]:
    """Each fault of RECORD."""
    for name, parts in RECORDS.items():
        yield Case(name=f"record: {name}", code="record-invalid", parts=parts)
    for algorithm in ("md5", "sha1", "sha224", "blake2b", "sha3_256", "shake_128", "crc32", "sha999"):
        parts = _first(1, f"{algorithm}=abc")
        yield Case(name=f"record: {algorithm}", code="hash-too-weak", parts=parts)
