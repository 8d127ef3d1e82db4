"""The write pass: wheels into the skeleton, every file hashed while it is written and held against its RECORD."""

import base64
import hashlib
import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.records import Hash, RecordEntry
from installer.utils import Scheme, construct_record_file, copyfileobj_with_hashing, get_launcher_kind

from locks import Error, LockedWheel, Problem, Target
from locks.progress import SILENT, Phase, Reporter, phase

from ..bundle.layout import wheel_member
from ..bundle.reader import Bundle
from ..environment.receipt import InstalledFile
from ..environment.scheme import scheme_paths
from ..environment.skeleton import python_of
from ..errors import BundleDamaged
from ..framing import MemberStream, Misframed
from .judge import problem_of
from .place import PlannedFile, unreadable
from .plan import Plan
from .shebang import set_interpreter
from .source import ADDITIONAL_METADATA, JudgedWheel, WheelFile


class _Writer(SchemeDictionaryDestination):
    """Writes one wheel's share of the plan; never over an existing file."""

    def __init__(
        self,
        wheel: LockedWheel,
        target: Target,
        plan: Plan,
        *,
        staging: Path,
        final: Path,
        name: str,
        umask: int,
        writing: Phase,
    ) -> None:
        self._folders = scheme_paths(target, name)
        super().__init__(
            scheme_dict={key: str(staging / folder) for key, folder in self._folders.items()},
            interpreter=str(python_of(final, target)),
            script_kind=get_launcher_kind(),
        )
        self._wheel = wheel
        self._plan = plan
        self.umask = umask
        self._writing = writing
        self.written: dict[str, InstalledFile] = {}

    def _place(self, scheme: Scheme, path: str) -> str:
        folder = self._folders[scheme]
        return f"{folder}/{path}" if folder else path

    def write_file(
        self, scheme: Scheme, path: "str | os.PathLike[str]", stream: BinaryIO, is_executable: bool
    ) -> RecordEntry:
        """Write one member, unless an earlier wheel writes the same one; either way its bytes are checked."""
        name = os.fspath(path)
        planned = self._plan.files[self._place(scheme, name)]
        record, mine = planned.record, planned.owner == self._wheel.filename
        if record is None or record.hash_ is None:
            return self.write_to_fs(scheme, name, stream, is_executable)
        if not mine:
            return self._checked(planned, RecordEntry(name, *_digest(stream, record.hash_.name)))
        if scheme == "scripts" or record.hash_.name != self.hash_algorithm:
            # NOTE: what is written is not what was recorded (first line), or is hashed otherwise: check beforehand.
            data = stream.read()
            self._checked(planned, RecordEntry(name, *_digest(io.BytesIO(data), record.hash_.name)))
            data = set_interpreter(data, self.interpreter) if scheme == "scripts" else data
            return self.write_to_fs(scheme, name, io.BytesIO(data), is_executable)
        return self._checked(planned, self.write_to_fs(scheme, name, stream, is_executable))

    def write_to_fs(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        """Write one file and note it for the receipt.

        Own, because `installer`'s looks whether a folder exists before it makes it, and sets the process's umask for
        a moment: both go wrong when wheels are written side by side.
        """
        target = self._path_with_destdir(scheme, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as sink:
            digest, size_bytes = copyfileobj_with_hashing(stream, sink, self.hash_algorithm)
        if is_executable:
            target.chmod(0o777 & ~self.umask)
        place = self._place(scheme, path)
        self._writing.advance(self._wheel.filename, self._plan.files[place].size_bytes)
        self.written[place] = InstalledFile(sha256=digest, size_bytes=size_bytes)
        return RecordEntry(path, Hash(self.hash_algorithm, digest), size_bytes)

    def _checked(self, planned: PlannedFile, entry: RecordEntry) -> RecordEntry:
        record = planned.record
        if record is not None and (record.hash_, record.size) != (entry.hash_, entry.size):
            raise BundleDamaged(
                Problem(
                    code="file-not-as-recorded",
                    where=f"{self._wheel.filename}: {planned.path}",
                    expected=f"{record.hash_} (RECORD)",
                    found=str(entry.hash_),
                    hint="report it to the bundle's maker",
                )
            )
        return entry

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        """Write RECORD with relative paths on every system, because the environment has yet to move."""
        home = PurePosixPath(self._folders[scheme])
        up = "/".join([".."] * len(home.parts))

        def prefix(file_scheme: str) -> str | None:
            folder = self._folders[file_scheme]
            return None if folder == str(home) else f"{up}/{folder}/" if folder else f"{up}/"

        with construct_record_file(list(records), prefix) as stream:
            self.write_to_fs(scheme, record_file_path, stream, is_executable=False)


def _digest(stream: BinaryIO, algorithm: str) -> tuple[Hash, int]:
    """Hash a stream as RECORD does: urlsafe base64 without padding."""
    digest, size_bytes = hashlib.new(algorithm), 0
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
        size_bytes += len(chunk)
    return Hash(algorithm, base64.urlsafe_b64encode(digest.digest()).decode("ascii").rstrip("=")), size_bytes


def _install_wheel(
    bundle: Bundle, wheel: LockedWheel, plan: Plan, *, staging: Path, final: Path, umask: int, writing: Phase
) -> dict[str, InstalledFile]:
    target = bundle.lock.target
    try:
        with bundle.open_member(wheel_member(wheel.filename)) as stream:

            def open_file(file: WheelFile) -> BinaryIO:
                return cast(BinaryIO, MemberStream(stream, file.entry))

            source = JudgedWheel(plan.wheels[wheel.filename], open_file)
            name = source.distribution
            writer = _Writer(wheel, target, plan, staging=staging, final=final, name=name, umask=umask, writing=writing)
            install(source, writer, additional_metadata=ADDITIONAL_METADATA)
    except (Error, OSError):
        raise
    except Misframed as error:
        raise BundleDamaged(problem_of(wheel, "wheel-misframed", fault) for fault in error.faults) from None
    except Exception as error:  # as in the plan pass: a bad wheel ends in many types of exception
        raise BundleDamaged(unreadable(wheel, error)) from error
    return writer.written


def _current_umask() -> int:
    """Read the umask the only way there is, by setting it; done once, before there are threads."""
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


def install_wheels(
    bundle: Bundle,
    plan: Plan,
    *,
    staging: Path,
    final: Path,
    report: Callable[[str], None],
    progress: Reporter = SILENT,
) -> dict[str, InstalledFile]:
    """Write the plan into `staging`; give every file written, by its path in the environment.

    Wheels are written side by side: inflating and hashing leave Python's lock.

    Raises:
        BundleDamaged: a file is not what its wheel's RECORD says.
    """
    written: dict[str, InstalledFile] = {}
    largest_first = sorted(bundle.lock.wheels, key=lambda wheel: -wheel.size_bytes)
    workers = min(4, os.cpu_count() or 1)
    umask = _current_umask()
    total_bytes = sum(file.size_bytes for file in plan.files.values() if file.owner in plan.wheels)
    with (
        phase(progress, "installing", total_bytes=total_bytes) as writing,
        ThreadPoolExecutor(workers, thread_name_prefix="install") as pool,
    ):
        install_wheel = partial(_install_wheel, staging=staging, final=final, umask=umask, writing=writing)
        jobs = [(wheel, pool.submit(install_wheel, bundle, wheel, plan)) for wheel in largest_first]
        try:
            for wheel, job in jobs:
                written |= job.result()
                report(f"installed {wheel.name} {wheel.version}")
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return written
