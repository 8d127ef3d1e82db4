"""The wheel as `installer` reads it: which members it is given, and what stands for their bytes while planning."""

import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from installer.exceptions import InvalidWheelSource
from installer.records import RecordEntry, parse_record_file
from installer.sources import WheelContentElement, WheelFile

from locks import LockedWheel, Problem

_NOT_THE_WHEELS = {"RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"}
ADDITIONAL_METADATA = {"INSTALLER": b"venvault\n"}


class Declared(io.BytesIO):
    """Stands in for a file's content in the plan pass: what RECORD says of it, and no bytes."""

    def __init__(self, record: RecordEntry, size_bytes: int) -> None:
        super().__init__()
        self.record = record
        self.size_bytes = size_bytes


class CleanWheel(WheelFile):
    """A wheel of which some members are never installed.

    Bytecode, which stale or hostile would run in place of its source; signatures of RECORD, which is written anew;
    what an installer writes to say how it came by the wheel.
    """

    def is_wanted(self, name: str) -> bool:
        """Say whether the member of that name is installed."""
        folder, _, base = name.rpartition("/")
        return "__pycache__" not in folder.split("/") and not (folder == self.dist_info_dir and base in _NOT_THE_WHEELS)

    def get_contents(self) -> Iterator[WheelContentElement]:
        """Give every member that is installed."""
        return (element for element in super().get_contents() if self.is_wanted(element[0][0]))


class DeclaredWheel(CleanWheel):
    """A wheel whose members are declared, not opened."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(archive)
        self._sizes = {info.filename: info.file_size for info in archive.infolist() if not info.is_dir()}

    def get_contents(self) -> Iterator[WheelContentElement]:
        rows = {row[0]: row for row in parse_record_file(self.read_dist_info("RECORD").splitlines())}
        for name, size_bytes in self._sizes.items():
            if name == self.data_dir:  # `installer` would look for the scheme below it without end
                raise InvalidWheelSource(self, f"a file where the folder {name} belongs")
            if self.is_wanted(name):
                yield rows[name], Declared(RecordEntry.from_elements(*rows[name]), size_bytes), False


def open_wheel(stream: BinaryIO) -> zipfile.ZipFile:
    """Open a wheel for `installer`, which wants to know its file name; `stream.name` gives it."""
    return zipfile.ZipFile(stream)


def unreadable(wheel: LockedWheel, error: Exception) -> Problem:
    """Put in words why `installer` or `zipfile` cannot make anything of a wheel."""
    issues = getattr(error, "issues", None)
    found = "; ".join(issues[:3]) if issues else f"{type(error).__name__}: {error}"
    return Problem(
        code="wheel-invalid",
        where=wheel.filename,
        expected="a wheel that can be installed",
        found=found,
        hint="report it to the bundle's maker: this wheel is not as its own RECORD says",
    )
