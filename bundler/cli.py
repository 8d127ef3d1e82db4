"""`venvault bundle`."""

from pathlib import Path

import click

from locks.cli import index_option, json_option, print_json, say

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_STORE_HELP = "The wheel store [default: in the user's cache]."


@click.command("bundle")
@click.argument("locks", nargs=-1, metavar="[LOCK|FOLDER]...", type=click.Path(exists=True, path_type=Path))
@click.option("--all", "take_all", is_flag=True, help="Bundle every lock of a folder, not just this machine's.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The bundle, or a folder for several.")
@click.option("--store", type=click.Path(path_type=Path), envvar="VENVAULT_STORE", help=_STORE_HELP)
@click.option("--files", type=_FOLDER, help="Where the lock's extra files are [default: beside the lock].")
@index_option
@json_option
def bundle_command(
    locks: tuple[Path, ...],
    take_all: bool,
    output: Path | None,
    store: Path | None,
    files: Path | None,
    indexes: dict[str, str],
    as_json: bool,
) -> None:
    """Zip each LOCK with its wheels and the runner that applies it; of a FOLDER, the lock for this machine."""
    from .run import bundle_files

    written = bundle_files(
        locks or (Path(),),
        take_all=take_all,
        output=output,
        store=store,
        given_indexes=indexes,
        files=files,
        report=say,
    )
    if as_json:
        print_json({"ok": True, "bundles": [item.to_dict() for item in written]})
    else:
        for item in written:
            click.echo(item.summary())
