"""What a bundle needs to know of a wheel. All of it follows from the wheel's bytes and the target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from locks.digest import sha256_of_bytes

from applier.framing import read_member
from applier.inspecting.cuda import is_nvidia_file
from applier.wheels.outline import outline_to_bytes
from applier.wheels.place import PlannedFile
from applier.wheels.source import WheelContents

from .licences import decoded, is_licence_text


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFacts:
    """The facts of one wheel."""

    files: tuple[PlannedFile, ...]
    """Where its files go; not where they lie in the wheel."""
    metadata: bytes
    """METADATA."""
    licence_texts: Mapping[str, str]
    """Name below the wheel's dist-info folder -> the text, line ends as `\\n`; in the alphabet's order."""
    nvidia_files: tuple[str, ...]
    """Paths in the wheel, sorted."""
    outline_sha256: str
    """Of the wheel's outline, by which an environment that holds the wheel is known to."""
    crc: int | None = None
    """The wheel's CRC-32; None until somebody reads all of it."""


def read_text(contents: WheelContents, name: str, stream: BinaryIO) -> bytes:
    """Read one file of a judged wheel. Raises Misframed: its bytes are not as the zip says."""
    entry = next(file.entry for file in contents.files if file.entry.name == name)
    return b"".join(read_member(stream, entry))


def read_metadata(contents: WheelContents, stream: BinaryIO) -> bytes:
    """Read METADATA of a judged wheel, which has one that can be read."""
    return read_text(contents, f"{contents.dist_info_dir}/METADATA", stream)


def read_facts(contents: WheelContents, files: Sequence[PlannedFile], stream: BinaryIO) -> WheelFacts:
    """Read the facts of a wheel that was judged and placed, its files being as they are recorded."""
    names = sorted(file.entry.name for file in contents.files)
    texts = [name for name in names if is_licence_text(name)]
    return WheelFacts(
        files=tuple(files),
        metadata=read_metadata(contents, stream),
        licence_texts={name.partition("/")[2]: decoded(read_text(contents, name, stream)) for name in texts},
        nvidia_files=tuple(name for name in names if is_nvidia_file(name)),
        outline_sha256=sha256_of_bytes(outline_to_bytes(contents)),
    )
