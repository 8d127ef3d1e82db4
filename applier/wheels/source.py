"""A judged wheel: what it holds, as values; and how `installer` is given it."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from installer.sources import WheelContentElement, WheelSource

from ..framing import Entry

ADDITIONAL_METADATA = {"INSTALLER": b"venvault\n"}
_NOT_THE_WHEELS = {"record.jws", "record.p7s", "installer", "requested", "direct_url.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """One file of a wheel: as it lies in the zip, and as RECORD has it."""

    entry: Entry
    algorithm: str
    """hashlib's name of the hash that RECORD has of it; empty when it has none, as of itself."""
    digest: str
    """That hash, in RECORD's one spelling."""
    is_executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelContents:
    """What a wheel holds, once it is judged."""

    filename: str
    dist_info_dir: str
    data_dir: str
    """Its `.data` folder, or what it would be called."""
    texts: Mapping[str, str]
    """Those files of the `.dist-info` folder that say how to install the rest."""
    scripts: Mapping[str, bytes]
    """Those scripts whose first line is yet to be set, by their names; any other is a file like the rest."""
    files: tuple[WheelFile, ...]
    """All of them, in the zip's order."""

    def is_wanted(self, name: str) -> bool:
        """Say whether the file of that name is installed.

        Not so bytecode, which stale or hostile would run in place of its source; signatures of RECORD, which is
        written anew; what an installer writes to say how it came by the wheel. In any case of letters: systems that
        fold it take `__PYCACHE__` for the same folder.
        """
        folder, _, base = name.rpartition("/")
        is_bytecode = "__pycache__" in folder.casefold().split("/")
        return not is_bytecode and not (folder == self.dist_info_dir and base.casefold() in _NOT_THE_WHEELS)

    def is_copied(self, name: str, digest: str) -> bool:
        """Say whether a file's bytes are those in the wheel, and RECORD has their digest: workers write such files.

        Not so RECORD itself, and scripts whose first line is set.
        """
        return bool(digest) and name not in self.scripts


class Declared(io.BytesIO):
    """Stands in for a file's content in the plan pass: what is known of it, and no bytes."""

    def __init__(self, file: WheelFile) -> None:
        super().__init__()
        self.file = file


class JudgedWheel(WheelSource):
    """A judged wheel for `installer`, with the files that are installed; `open_file` gives a file's bytes."""

    def __init__(self, contents: WheelContents, open_file: Callable[[WheelFile], BinaryIO]) -> None:
        distribution, version, *_ = contents.filename.split("-")
        super().__init__(distribution, version)
        self._contents = contents
        self._open_file = open_file

    @property
    def dist_info_dir(self) -> str:
        return self._contents.dist_info_dir

    @property
    def data_dir(self) -> str:
        return self._contents.data_dir

    @property
    def dist_info_filenames(self) -> list[str]:
        return list(self._contents.texts)

    def read_dist_info(self, filename: str) -> str:
        return self._contents.texts[filename]

    def get_contents(self) -> Iterator[WheelContentElement]:
        for file in self._contents.files:
            name = file.entry.name
            if self._contents.is_wanted(name):  # of RECORD's row `installer` goes by the name alone
                yield (name, "", ""), self._open_file(file), file.is_executable
