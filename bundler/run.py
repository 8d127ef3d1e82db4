"""`bundle` from files to files: choose the locks, reach the indexes, write each bundle over one store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from locks import Error, IndexUnavailable, Lock, Problem
from locks.files import MANIFEST
from locks.progress import Reporter

from .accelerator import accelerator_for
from .bundle import write_bundle
from .choose import choose_locks, judge_output, output_paths, read
from .errors import OutputError, StoreError, WheelConflict
from .manifest import index_addresses, judge_lock, parse_manifest
from .store import Store, default_store
from .written import WrittenBundle

if TYPE_CHECKING:
    from .download import WheelSources
    from .places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for beside the locks."""

    take_all: bool = False
    output: Path | None = None
    """A file, or a folder; None: the current one."""
    in_folder: bool = False
    """Whether that is a folder though it may not be there yet."""
    store: Path | None = None
    """None: the user's own."""
    files: Path | None = None
    """The folder of the locks' extra files; None: that of each lock."""
    since: Path | None = None
    """The older bundle or lock that an update leaves its wheels to; None: the bundles are whole."""
    volume_bytes: int | None = None
    """What is larger is cut in volumes."""
    serial: int = 0
    """Counts the releases of a stack; 0 for none."""
    signing_keys: tuple[Path, ...] = ()
    """Files that `ssh-keygen` signs with."""
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Alias -> the address of that index, instead of the manifest's."""
    find_links: tuple[str, ...] = ()
    """Folders, or pages of links, beside those that pip is configured for."""
    offline: bool = False
    accelerate: bool = True
    """Carry the accelerator for the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the locks: one that fails does not keep the others back."""

    written: tuple[WrittenBundle, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    path: Path
    lock: Lock
    data: bytes
    addresses: Mapping[str, str]


def _manifest_text(lock_path: Path) -> str | None:
    """Give the text of the manifest beside a lock, None where there is none; what cannot be decoded is no TOML."""
    try:
        return (lock_path.parent / MANIFEST).read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return None


def _read_chosen(path: Path, request: Request) -> _Chosen:
    """Read a lock and hold it against its manifest.

    Raises:
        LockError: it cannot be read.
        OutputError: it does not follow from the manifest beside it, or an index has no address.
    """
    lock, data = read(path)
    text = _manifest_text(path)
    manifest = parse_manifest(text) if text is not None else None
    problems = judge_lock(lock, manifest, where=str(path)) if text is not None else []
    addresses, unknown = index_addresses(lock, manifest, request.indexes, where=str(path))
    if problems or (unknown and not request.offline):
        raise OutputError([*problems, *([] if request.offline else unknown)])
    return _Chosen(path=path, lock=lock, data=data, addresses=addresses)


def bundle_files(places: Iterable[Path], request: Request, reporter: Reporter) -> Outcome:
    """Bundle the locks at `places` over one store; nothing is fetched twice.

    Raises:
        LockError, OutputError: no lock, or no place for a bundle, can be chosen.
        LockError, BundleDamaged: what an update is for cannot be read.
    """
    paths = choose_locks(places, take_all=request.take_all)
    chosen: list[_Chosen] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            chosen.append(_read_chosen(path, request))
        except Error as error:
            problems += error.problems
    locks = [item.lock for item in chosen]
    outputs = output_paths(
        locks, request.output, alone=len(paths) == 1, in_folder=request.in_folder, since=request.since
    )
    written, failed = _write_all(chosen, outputs, request, reporter) if chosen else ([], [])
    return Outcome(written=tuple(written), problems=(*problems, *failed))


def _sources(places: Callable[[], "Places"], item: _Chosen, *, patient: bool) -> "WheelSources":
    return places().sources(item.lock, item.addresses, patient=patient)


def _write_all(
    chosen: Sequence[_Chosen], outputs: Sequence[Path], request: Request, reporter: Reporter
) -> tuple[list[WrittenBundle], list[Problem]]:
    @cache
    def places() -> "Places":
        """Make them when the first wheel is missing: a tenth of a second goes into it."""
        from .places import Places

        return Places(find_links=request.find_links, offline=request.offline)

    store = Store(request.store or default_store())
    written: list[WrittenBundle] = []
    problems: list[Problem] = []
    for item, output in zip(chosen, outputs, strict=True):
        try:
            if refused := judge_output(output):
                raise OutputError(refused)
            bundle = write_bundle(
                item.lock,
                item.data,
                output,
                store=store,
                open_sources=partial(_sources, places, item),
                files_folder=request.files or item.path.parent,
                since=request.since,
                volume_bytes=request.volume_bytes,
                accelerator=accelerator_for(item.lock.target) if request.accelerate else None,
                serial=request.serial,
                signing_keys=request.signing_keys,
                reporter=reporter,
            )
            written.append(bundle)
        except (StoreError, WheelConflict, OutputError, IndexUnavailable) as error:
            where = f"{item.lock.target.name}: " if len(outputs) > 1 else ""
            problems += [replace(problem, where=f"{where}{problem.where}") for problem in error.problems]
    return written, problems
