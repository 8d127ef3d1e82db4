"""The rules of a wheel's members, whatever they hold: their names, their types, how large they may become. Pure."""

import stat
from collections.abc import Iterator, Sequence

from locks import Target

from ..environment.scheme import fault_in_name
from ..framing import Entry, Fault

_DOS_FOLDER = 0x10
# Source: the public index's own limits for uploads.
_HIGHEST_RATIO, _ALWAYS_ALLOWED_BYTES = 50, 64 << 20


def name_faults(entries: Sequence[Entry], target: Target) -> Iterator[Fault]:
    """Judge every name, those of folders and of what is not installed too."""
    for entry in entries:
        if fault := fault_in_name(entry.name.removesuffix("/"), target):
            yield Fault(entry.name, "a plain relative name", fault)


def type_faults(entries: Sequence[Entry]) -> Iterator[Fault]:
    """Judge what every member says it is: a regular file, or a folder when its name ends in a slash."""
    for entry in entries:
        kind = stat.S_IFMT(entry.mode)
        if kind not in (0, stat.S_IFDIR if entry.is_folder else stat.S_IFREG):
            yield Fault(entry.name, "a folder" if entry.is_folder else "a regular file", f"type {kind:#o}")
        elif entry.attributes & _DOS_FOLDER and not entry.is_folder:
            yield Fault(entry.name, "a regular file", "a folder's attribute")


def size_faults(entries: Sequence[Entry]) -> Iterator[Fault]:
    """Judge whether the wheel unpacks to far more than it is."""
    size_bytes = sum(entry.size_bytes for entry in entries)
    compressed_bytes = sum(entry.compressed_bytes for entry in entries)
    if size_bytes > max(_ALWAYS_ALLOWED_BYTES, _HIGHEST_RATIO * compressed_bytes):
        largest = max(entries, key=lambda entry: entry.size_bytes)
        expected = f"at most {_HIGHEST_RATIO} times the {compressed_bytes} bytes that are stored"
        yield Fault(largest.name, expected, f"{size_bytes} bytes unpacked in all")
