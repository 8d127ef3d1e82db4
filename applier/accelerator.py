"""The accelerator: a wheel in the bundle that lets workers inflate faster, out of the folder that is being built.

Never out of a system's temporary folder, which others may write to, or from which nothing may be executed. It is gone
before the environment is proven.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from locks import LockedWheel

from .bundle.layout import ACCELERATOR_FOLDER, accelerator_member
from .bundle.reader import Bundle
from .digest import recorded
from .framing import Misframed, read_member
from .framing.inflate import ACCELERATOR_PACKAGE
from .wheels.judge import judge_wheel
from .wheels.source import WheelFile

_LONGEST_BYTES = 16 << 20


class _Unsound(Exception):
    """It is not to be loaded."""


def _wheel_in(bundle: Bundle) -> LockedWheel | None:
    for member in bundle.contents.members:
        folder, _, filename = member.name.partition("/")
        if folder == ACCELERATOR_FOLDER:
            name, version, *_ = parse_wheel_filename(filename)
            return LockedWheel(
                name=name, version=version, filename=filename, size_bytes=member.size_bytes, sha256=member.sha256
            )
    return None


def _read(stream: BinaryIO, file: WheelFile) -> bytes:
    """Read one file, held against RECORD."""
    if not file.digest or file.entry.size_bytes > _LONGEST_BYTES:
        raise _Unsound
    data = b"".join(read_member(stream, file.entry))
    if recorded(hashlib.new(file.algorithm, data).digest()) != file.digest:
        raise _Unsound
    return data


def _files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Give the files of the accelerator's package; none when the bundle brings no accelerator."""
    wheel, target = _wheel_in(bundle), bundle.lock.target
    if wheel is None:
        return
    with bundle.open_member(accelerator_member(wheel.filename)) as stream:
        contents, problems = judge_wheel(wheel, target, frozenset(target.tags()), stream)
        if contents is None or problems:
            raise _Unsound
        for file in contents.files:
            name = file.entry.name
            if name.startswith(f"{ACCELERATOR_PACKAGE}/") and contents.is_wanted(name):
                yield name, _read(stream, file)


def unpack_accelerator(bundle: Bundle, folder: Path) -> None:
    """Unpack the bundle's accelerator into `folder`, for workers to load.

    The bundle's own digest of it was checked when the bundle was opened. One that is no sound wheel for the target is
    left where it is: everything can be done without.

    Raises:
        OSError: it cannot be written.
    """
    try:
        files = dict(_files(bundle))
    except (InvalidWheelFilename, Misframed, _Unsound):
        return
    for name, data in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
