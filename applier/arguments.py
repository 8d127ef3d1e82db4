"""What several command lines take: a bundle, an environment, the keys of makers, a place for the report."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from .bundle.volumes import bundle_of, is_split, list_path


def _can_be_looked_at(path: Path) -> bool:
    """Say whether it can be told what is there, if anything: not of what is closed to us, or too long for a name."""
    try:
        path.is_dir()
    except OSError:
        return False
    return True


class _BundlePath(click.Path):
    """An existing bundle: a file, any of its volumes, or the name that the volumes have in common; or a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        return path if is_split(path) and _can_be_looked_at(path) else super().convert(value, param, ctx)


BUNDLE = _BundlePath(exists=True, dir_okay=False, path_type=Path)
BUNDLE_OR_FOLDER = _BundlePath(exists=True, path_type=Path)


def refuse_to_replace(bundles: Collection[Path], option: str, file: Path | None) -> None:
    """Refuse a file to write that is one of the bundles that are read, or part of one.

    Of a folder all of them are, and beside a bundle its base may lie.

    Raises:
        UsageError: it is.
    """
    if file is None:
        return
    from .bundle.sources import bundles_in

    beside = (path for place in bundles for path in bundles_in(place if place.is_dir() else place.parent))
    written, *read = (Path(os.path.realpath(path)) for path in (file, *bundles, *beside))  # resolve() fails of circles
    for bundle in map(bundle_of, read):
        if bundle == bundle_of(written) or written == list_path(bundle):
            raise click.UsageError(f"{option} {file} would replace {bundle.name}, which is read")


PLACE = click.Path(path_type=Path)

report_option = click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a report for the bundle's maker, with nothing private in it.",
)

signers_option = click.option(
    "--allowed-signers",
    type=click.Path(path_type=Path),
    envvar="VENVAULT_ALLOWED_SIGNERS",
    help="The keys that are trusted to sign a bundle [default: the user's file, else the system's].",
)
