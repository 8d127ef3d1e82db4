"""`bundle` from files to files: choose the locks, reach the indexes, write each bundle."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from locks import Lock, Problem
from locks.index import Http, SimpleIndex, read_pip_settings
from locks.lock import ORDINARY_INDEX

from applier.bundle.volumes import bundle_of

from .bundle import WrittenBundle, write_bundle
from .choose import index_addresses, output_name, read_locks
from .errors import OutputError
from .store import Store, default_store


def _output_paths(locks: Sequence[Lock], output: Path | None, since: Path | None) -> list[Path]:
    """Give each lock's bundle a path of its own.

    Raises:
        OutputError: several bundles for one file, or of one name, or one in the place of its own base.
    """
    paths = _distinct_paths(locks, output, update=since is not None)
    if since is not None and bundle_of(since).absolute() in [path.absolute() for path in paths]:
        expected, found = "another place than the base's", "the base"
        raise OutputError(Problem(code="output-is-the-base", where=str(since), expected=expected, found=found))
    return paths


def _distinct_paths(locks: Sequence[Lock], output: Path | None, *, update: bool) -> list[Path]:
    alone = len(locks) == 1
    if alone and output is not None and not output.is_dir():
        return [output]
    if output is not None and output.is_file():
        expected = "a folder for several bundles"
        raise OutputError(Problem(code="output-is-a-file", where=str(output), expected=expected, found="a file"))
    paths = [(output or Path()) / output_name(lock, alone=alone, update=update) for lock in locks]
    problems = [
        Problem(
            code="output-names-clash",
            where=str(path),
            expected="one lock for it",
            found=f"{count} locks of one target",
            hint="bundle them one by one, each with --output",
        )
        for path, count in Counter(paths).items()
        if count > 1
    ]
    if problems:
        raise OutputError(problems)
    return paths


def bundle_files(
    places: Iterable[Path],
    *,
    take_all: bool,
    output: Path | None,
    store: Path | None,
    given_indexes: Mapping[str, str],
    files: Path | None = None,
    since: Path | None = None,
    volume_bytes: int | None = None,
    serial: int = 0,
    signing_keys: Sequence[Path] = (),
    report: Callable[[str], None],
) -> list[WrittenBundle]:
    """Bundle the locks at `places` over one store; nothing is fetched twice.

    Extra files lie below `files`, else beside their lock.

    Raises:
        ValueError: an index option is not ALIAS=ADDRESS.
        LockError, StoreError, WheelConflict, OutputError, IndexUnavailable.
    """
    chosen = read_locks(places, take_all=take_all)
    addresses = [index_addresses(lock, path, given_indexes) for path, lock, _ in chosen]
    settings = read_pip_settings()
    http = Http(settings)
    ordinary = SimpleIndex(http, roots=settings.index_urls, find_links=settings.find_links)
    wheels = Store(store or default_store())
    paths = _output_paths([lock for _, lock, _ in chosen], output, since)
    written = []
    for (place, lock, data), known, path in zip(chosen, addresses, paths, strict=True):
        indexes = {ORDINARY_INDEX: ordinary} | {
            alias: SimpleIndex(http, roots=(address,)) for alias, address in known.items()
        }
        written.append(
            write_bundle(
                lock,
                data,
                path,
                store=wheels,
                http=http,
                indexes=indexes,
                files_folder=files or place.parent,
                since=since,
                volume_bytes=volume_bytes,
                serial=serial,
                signing_keys=signing_keys,
                report=report,
            )
        )
    return written
