"""`venvault bundle`, and `venvault store` beside it."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from locks import Error, ExitCode
from locks.cli import index_option, json_option, print_json, quiet_option, showing
from locks.commands import Commands
from locks.problem import printable
from locks.sizes import counted, megabytes

from applier.arguments import BUNDLE, BUNDLE_OR_FOLDER
from applier.bundle.contents import MAX_SERIAL
from applier.bundle.layout import MAX_SIGNATURES

_PLACE = click.Path(path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, path_type=Path)
_STORE_HELP = "The wheel store [default: in the user's cache]."
_SINCE_HELP = "Write an update: leave out the wheels that this older bundle or lock has."
_SPLIT_HELP = "Cut the bundle in volumes of at most that size: 1900M, 4G-1."
_SIGN_HELP = "Have ssh-keygen sign with that Ed25519 key, or with an agent's by its public key; may be repeated."
_SERIAL_HELP = "Number this release of the stack, so that an older one is not applied over it."
_FIND_LINKS_HELP = "A folder of wheels of your own, or a page of links (may be repeated)."

_store_option = click.option("--store", type=_PLACE, envvar="VENVAULT_STORE", help=_STORE_HELP)
_existing_store_option = click.option("--store", type=_FOLDER, envvar="VENVAULT_STORE", help=_STORE_HELP)


def _read_size(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    from .volumes import parse_size

    try:
        return parse_size(text) if text is not None else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is no size, as 1900M or 4G-1") from None


def _read_keys(_ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[Path, ...]:
    if len(texts) > MAX_SIGNATURES:
        raise click.BadParameter(f"at most {MAX_SIGNATURES} signatures")
    return tuple(map(Path, texts))


def _read_places(_ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    from locks.index.reader import path_of_place

    for text in texts:
        path = path_of_place(text)
        if path is not None and not os.path.exists(path):  # noqa: PTH110  # Path.exists raises for a name too long
            raise click.BadParameter(f"{text!r} is not there")
    return texts


@click.command("bundle")
@click.argument("locks", nargs=-1, metavar="[LOCK|FOLDER]...", type=_EXISTING)
@click.option("--all", "take_all", is_flag=True, help="Bundle every lock of a folder, not just this machine's.")
@click.option("-o", "--output", metavar="PATH", help="The bundle, or a folder: there already, or ending in a slash.")
@_store_option
@click.option("--files", type=_FOLDER, help="Where the lock's extra files are [default: beside the lock].")
@click.option("--since", metavar="OLD", type=BUNDLE, help=_SINCE_HELP)
@click.option("--split", "volume_bytes", metavar="SIZE", callback=_read_size, help=_SPLIT_HELP)
@click.option("--serial", metavar="N", type=click.IntRange(0, MAX_SERIAL), default=0, help=_SERIAL_HELP)
@click.option("--sign", "signing_keys", metavar="KEY", multiple=True, callback=_read_keys, help=_SIGN_HELP)
@index_option
@click.option("--find-links", metavar="FOLDER|URL", multiple=True, callback=_read_places, help=_FIND_LINKS_HELP)
@click.option("--offline", is_flag=True, help="Ask no index: take wheels from the store and from folders only.")
@click.option("--no-accelerator", is_flag=True, help="Leave out the wheel that makes applying faster (0.3 MB).")
@quiet_option
@json_option
def bundle_command(
    locks: tuple[Path, ...],
    take_all: bool,
    output: str | None,
    store: Path | None,
    files: Path | None,
    since: Path | None,
    volume_bytes: int | None,
    serial: int,
    signing_keys: tuple[Path, ...],
    indexes: dict[str, str],
    find_links: tuple[str, ...],
    offline: bool,
    no_accelerator: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Zip each LOCK with its wheels and the runner that applies it; of a FOLDER, the lock for this machine.

    Without either: the locks here, else those beside the manifest that `compile` would take.
    """
    from .choose import default_place
    from .run import Request, bundle_files

    request = Request(
        take_all=take_all,
        output=Path(output) if output is not None else None,
        in_folder=(output or "").endswith(("/", os.sep)),
        store=store,
        files=files,
        since=since,
        volume_bytes=volume_bytes,
        serial=serial,
        signing_keys=signing_keys,
        indexes=indexes,
        find_links=find_links,
        offline=offline,
        accelerate=not no_accelerator,
    )
    with showing(as_json=as_json, quiet=quiet) as reporter:
        outcome = bundle_files(locks or (default_place(Path()),), request, reporter)
    if as_json and outcome.written:
        problems = [problem.to_dict() for problem in outcome.problems]
        bundles = [item.to_dict() for item in outcome.written]
        print_json({"ok": not problems, "bundles": bundles, **({"problems": problems} if problems else {})})
        sys.exit(ExitCode.REFUSED if problems else ExitCode.DONE)
    for item in outcome.written:
        click.echo(printable(item.summary()))
    if outcome.problems:
        raise Error(outcome.problems)


@click.group("store", cls=Commands)
def store_command() -> None:
    """Look after the wheel store."""


@store_command.command("list")
@_existing_store_option
@json_option
def list_command(store: Path | None, as_json: bool) -> None:
    """List what is in the store, the largest first, and when it was last used."""
    from .keep import list_store
    from .store import Store, default_store

    stored = list_store(Store(store or default_store()))
    if as_json:
        print_json({"ok": True, "wheels": [item.to_dict() for item in stored]})
        return
    for item in stored:
        click.echo(printable(item.line()))
    click.echo(f"{counted(len(stored), 'files')}, {megabytes(sum(item.size_bytes for item in stored))} MB")


@store_command.command("verify")
@_existing_store_option
@quiet_option
@json_option
def verify_command(store: Path | None, quiet: bool, as_json: bool) -> None:
    """Hash every wheel in the store; a damaged one is told, and the next bundle fetches it anew."""
    from .keep import verify_store
    from .store import Store, default_store

    with showing(as_json=as_json, quiet=quiet) as reporter:
        sound = verify_store(Store(store or default_store()), reporter)
    if as_json:
        print_json({"ok": True, "wheels": len(sound), "size_bytes": sum(item.size_bytes for item in sound)})
    else:
        click.echo(f"ok: {counted(len(sound), 'wheels')}, {megabytes(sum(item.size_bytes for item in sound))} MB")


@store_command.command("prune")
@click.argument("needed", nargs=-1, metavar="[LOCK|BUNDLE|FOLDER]...", type=BUNDLE_OR_FOLDER)
@click.option(
    "--older-than", "days", type=click.IntRange(0), metavar="DAYS", help="Only what was of no use for so long."
)
@click.option("--yes", is_flag=True, help="Remove it; without this it is only listed.")
@_existing_store_option
@json_option
def prune_command(needed: tuple[Path, ...], days: int | None, yes: bool, store: Path | None, as_json: bool) -> None:
    """Remove from the store what none of the LOCKs and BUNDLEs needs, or nobody used for long, or both."""
    from .keep import prune_store
    from .store import Store, default_store

    if not needed and days is None:
        raise click.UsageError("name what is still needed, or give --older-than, or both")
    before = None if days is None else datetime.now(UTC) - timedelta(days=days)
    pruned = prune_store(Store(store or default_store()), needed=needed, before=before, remove=yes)
    if as_json:
        print_json({"ok": True, "removed": yes, "wheels": [item.to_dict() for item in pruned]})
        return
    for item in pruned:
        click.echo(printable(item.line()))
    size = megabytes(sum(item.size_bytes for item in pruned))
    click.echo(f"{'removed' if yes else 'would remove (give --yes)'}: {counted(len(pruned), 'files')}, {size} MB")
