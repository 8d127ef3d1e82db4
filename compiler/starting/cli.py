"""`venvault init`."""

import sys
from functools import partial
from pathlib import Path

import click

from locks.cli import json_option, print_json, say
from locks.target import PLATFORMS, PYTHONS, VARIANTS

_CACHE_HELP = "Where the index's answers are kept [default: in the user's cache]."


@click.command("init")
@click.argument("source", metavar="[FROM]", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("manifest.toml"), help="File to write.")
@click.option("--name", metavar="NAME", help="The stack's name [default: the folder's].")
@click.option("--variant", "variants", multiple=True, type=click.Choice(VARIANTS), help="A variant (may be repeated).")
@click.option("--platform", "platforms", multiple=True, type=click.Choice(tuple(PLATFORMS)), help="A platform.")
@click.option("--python", "pythons", multiple=True, type=click.Choice(PYTHONS), help="A Python.")
@click.option("--requirement", "requirements", multiple=True, metavar="TEXT", help="A requirement.")
@click.option("--extra", "extras", multiple=True, metavar="NAME", help="Take an extra of a pyproject.toml.")
@click.option("--yes", is_flag=True, help="Ask nothing; what no flag says is left as it is proposed.")
@click.option("--force", is_flag=True, help="Replace a manifest that is there.")
@click.option("--offline", is_flag=True, help="Do not hold a dependencies.json against the index.")
@click.option("--cache", type=click.Path(path_type=Path), envvar="VENVAULT_CACHE", help=_CACHE_HELP)
@json_option
def init_command(
    source: Path | None,
    out: Path,
    name: str | None,
    variants: tuple[str, ...],
    platforms: tuple[str, ...],
    pythons: tuple[str, ...],
    requirements: tuple[str, ...],
    extras: tuple[str, ...],
    yes: bool,
    force: bool,
    offline: bool,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Write a first manifest, from nothing or FROM: requirements.txt or .in, pyproject.toml, or a dependencies.json of
    the old installer. From nothing, a terminal is asked for what no flag says.
    """
    from ..run import open_source
    from .ask import ask
    from .complete import Wishes
    from .run import destination, folder_name, start_manifest

    if extras and (source is None or source.suffix.lower() != ".toml"):
        raise click.UsageError("--extra goes with a pyproject.toml")
    axes = {"variants": variants, "platforms": platforms, "pythons": pythons}
    distinct = {axis: tuple(dict.fromkeys(values)) for axis, values in axes.items()}
    wishes = Wishes(stack=name or "", requirements=requirements, extras=extras, **distinct)
    path = destination(out, force=force)
    if source is None and not (yes or as_json) and sys.stdin.isatty():
        wishes = ask(wishes, folder=folder_name(path), prompt=partial(click.prompt, err=True))
    open_index = None if offline else partial(open_source, cache, refresh=False, offline=False)
    written = start_manifest(source, path=path, wishes=wishes, open_index=open_index, report=say)
    if as_json:
        print_json({"ok": True, **written.to_dict()})
    else:
        click.echo(written.summary())
