"""`bundle` from files to files: choose the locks, reach the indexes, write each bundle."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from locks import Problem
from locks.index import Http, SimpleIndex, read_pip_settings
from locks.lock import ORDINARY_INDEX

from .bundle import WrittenBundle, write_bundle
from .choose import index_addresses, output_name, parse_index_options, read_locks
from .errors import OutputError
from .store import Store, default_store


def bundle_files(
    places: Iterable[Path],
    *,
    take_all: bool,
    output: Path | None,
    store: Path | None,
    index_options: Sequence[str],
    report: Callable[[str], None],
) -> list[WrittenBundle]:
    """Bundle the locks at `places` over one store; nothing is fetched twice.

    Raises:
        ValueError: an index option is not ALIAS=ADDRESS.
        LockError, StoreError, WheelConflict, OutputError, IndexUnavailable.
    """
    given = parse_index_options(index_options)
    chosen = read_locks(places, take_all=take_all)
    if len(chosen) > 1 and output is not None and output.is_file():
        expected = "a folder for several bundles"
        raise OutputError(Problem(code="output-is-a-file", where=str(output), expected=expected, found="a file"))
    addresses = [index_addresses(lock, path, given) for path, lock, _ in chosen]
    settings = read_pip_settings()
    http = Http(settings)
    ordinary = SimpleIndex(http, roots=settings.index_urls, find_links=settings.find_links)
    wheels = Store(store or default_store())
    written = []
    for (_, lock, data), known in zip(chosen, addresses, strict=True):
        name = output_name(lock, alone=len(chosen) == 1)
        in_folder = output is None or output.is_dir() or len(chosen) > 1
        path = (output or Path()) / name if in_folder or output is None else output
        indexes = {ORDINARY_INDEX: ordinary} | {
            alias: SimpleIndex(http, roots=(address,)) for alias, address in known.items()
        }
        written.append(write_bundle(lock, data, path, store=wheels, http=http, indexes=indexes, report=report))
    return written
