"""`installer`'s share of the writing: scripts, INSTALLER, RECORD. What lies in a wheel as it is to be is the crew's."""

import hashlib
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.records import Hash, RecordEntry
from installer.utils import Scheme, construct_record_file, get_launcher_kind

from locks import Error, LockedWheel, Problem, Target

from ..digest import recorded
from ..environment.receipt import InstalledFile
from ..environment.scheme import scheme_paths
from ..environment.skeleton import python_of
from ..errors import BundleDamaged
from .place import unreadable
from .plan import Plan
from .shebang import set_interpreter
from .source import ADDITIONAL_METADATA, JudgedWheel, WheelFile

_EXECUTABLE = 0o777


class _Writer(SchemeDictionaryDestination):
    """Writes what is left of one wheel's share of the plan; never over an existing file."""

    def __init__(
        self,
        wheel: LockedWheel,
        target: Target,
        plan: Plan,
        copied: Mapping[str, InstalledFile],
        *,
        staging: Path,
        final: Path,
        umask: int,
    ) -> None:
        self._folders = scheme_paths(target, wheel.filename.partition("-")[0])
        super().__init__(
            scheme_dict={key: str(staging / folder) for key, folder in self._folders.items()},
            interpreter=str(python_of(final, target)),
            script_kind=get_launcher_kind(),
        )
        self._wheel = wheel
        self._plan = plan
        self._copied = copied
        self._umask = umask
        self.written: dict[str, InstalledFile] = {}

    def _place(self, scheme: Scheme, path: str) -> str:
        folder = self._folders[scheme]
        return f"{folder}/{path}" if folder else path

    def write_file(
        self, scheme: Scheme, path: "str | os.PathLike[str]", stream: BinaryIO, is_executable: bool
    ) -> RecordEntry:
        """Write what the crew did not."""
        name = os.fspath(path)
        place = self._place(scheme, name)
        data = stream.read()
        self._check(place, data)
        data = set_interpreter(data, self.interpreter) if scheme == "scripts" else data
        if self._plan.files[place].owner != self._wheel.filename:  # who writes the same
            return RecordEntry(name, Hash(self.hash_algorithm, recorded(hashlib.sha256(data).digest())), len(data))
        return self.write_to_fs(scheme, name, io.BytesIO(data), is_executable)

    def write_to_fs(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        """Write one small file and note it for the receipt.

        Own, because `installer`'s sets the process's umask for a moment, in which a worker may be making a file.
        """
        target = self._path_with_destdir(scheme, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        data = stream.read()
        with target.open("xb") as sink:
            sink.write(data)
        if is_executable:
            target.chmod(_EXECUTABLE & ~self._umask)
        file = InstalledFile(sha256=recorded(hashlib.sha256(data).digest()), size_bytes=len(data))
        self.written[self._place(scheme, path)] = file
        return RecordEntry(path, Hash(self.hash_algorithm, file.sha256), file.size_bytes)

    def _check(self, place: str, data: bytes) -> None:
        """Hold a script against RECORD before its first line is set."""
        planned = self._plan.files[place]
        if not planned.digest:
            return
        found = recorded(hashlib.new(planned.algorithm, data).digest())
        if found != planned.digest:
            raise BundleDamaged(
                Problem(
                    code="file-not-as-recorded",
                    where=f"{self._wheel.filename}: {place}",
                    expected=f"{planned.algorithm}={planned.digest} (RECORD)",
                    found=f"{planned.algorithm}={found}",
                    hint="report it to the bundle's maker",
                )
            )

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        """Write RECORD with relative paths on every system, because the environment has yet to move."""
        home = PurePosixPath(self._folders[scheme])
        up = "/".join([".."] * len(home.parts))

        def relative(path: str) -> str:
            name = path.removeprefix(f"{home}/")
            return f"{up}/{path}" if name == path else name

        rows = [
            RecordEntry(relative(path), Hash(self.hash_algorithm, file.sha256), file.size_bytes)
            for path, file in self._copied.items()
        ]
        rows += [replace(record, path=relative(self._place(folder, record.path))) for folder, record in records]
        with construct_record_file((scheme, row) for row in rows) as stream:
            self.write_to_fs(scheme, record_file_path, stream, is_executable=False)


def finish_wheel(
    wheel: LockedWheel,
    target: Target,
    plan: Plan,
    copied: Mapping[str, InstalledFile],
    *,
    staging: Path,
    final: Path,
    umask: int,
) -> dict[str, InstalledFile]:
    """Write what is left of a wheel once the crew wrote all of `copied`; give what was written, by path.

    Raises:
        BundleDamaged: a script is not what RECORD says, or `installer` cannot make anything of the wheel.
        OSError: it cannot be written.
    """
    contents = plan.wheels[wheel.filename]
    left = tuple(file for file in contents.files if not contents.is_copied(file.entry.name, file.digest))

    def open_file(file: WheelFile) -> BinaryIO:
        return io.BytesIO(contents.scripts.get(file.entry.name, b""))  # RECORD is not asked for its bytes

    try:
        writer = _Writer(wheel, target, plan, copied, staging=staging, final=final, umask=umask)
        install(JudgedWheel(replace(contents, files=left), open_file), writer, additional_metadata=ADDITIONAL_METADATA)
    except (Error, OSError):
        raise
    except Exception as error:  # as in the plan pass: a bad wheel ends in many types of exception
        raise BundleDamaged(unreadable(wheel, error)) from error
    return writer.written
