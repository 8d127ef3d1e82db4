"""`venvault bundle`."""

from pathlib import Path

import click

from locks.cli import index_option, json_option, print_json, say

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _read_size(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    from .volumes import parse_size

    try:
        return parse_size(text) if text is not None else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is no size, as 1900M or 4G-1") from None


_SINCE_HELP = "Write an update: leave out the wheels that this older bundle or lock has."
_SPLIT_HELP = "Cut the bundle in volumes of at most that size: 1900M, 4G-1."
_STORE_HELP = "The wheel store [default: in the user's cache]."


@click.command("bundle")
@click.argument("locks", nargs=-1, metavar="[LOCK|FOLDER]...", type=click.Path(exists=True, path_type=Path))
@click.option("--all", "take_all", is_flag=True, help="Bundle every lock of a folder, not just this machine's.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The bundle, or a folder for several.")
@click.option("--store", type=click.Path(path_type=Path), envvar="VENVAULT_STORE", help=_STORE_HELP)
@click.option("--files", type=_FOLDER, help="Where the lock's extra files are [default: beside the lock].")
@click.option("--since", metavar="OLD", type=click.Path(path_type=Path), help=_SINCE_HELP)
@click.option("--split", "volume_bytes", metavar="SIZE", callback=_read_size, help=_SPLIT_HELP)
@index_option
@json_option
def bundle_command(
    locks: tuple[Path, ...],
    take_all: bool,
    output: Path | None,
    store: Path | None,
    files: Path | None,
    since: Path | None,
    volume_bytes: int | None,
    indexes: dict[str, str],
    as_json: bool,
) -> None:
    """Zip each LOCK with its wheels and the runner that applies it; of a FOLDER, the lock for this machine.

    Without either: the locks here, else those beside the manifest that `compile` would take.
    """
    from .choose import default_place
    from .run import bundle_files

    written = bundle_files(
        locks or (default_place(Path()),),
        take_all=take_all,
        output=output,
        store=store,
        given_indexes=indexes,
        files=files,
        since=since,
        volume_bytes=volume_bytes,
        report=say,
    )
    if as_json:
        print_json({"ok": True, "bundles": [item.to_dict() for item in written]})
    else:
        for item in written:
            click.echo(item.summary())
