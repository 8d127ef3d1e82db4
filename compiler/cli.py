"""The `venvault` command, which joins the stages, and `compile`. A stage is imported when its command runs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from locks.cli import index_option, json_option, print_json, quiet_option, showing, version_option
from locks.commands import Commands
from locks.problem import printable_lines

_COMMANDS = {
    "init": "compiler.starting.cli:init_command",
    "compile": "compiler.cli:compile_command",
    "why": "compiler.reading.cli:why_command",
    "diff": "compiler.reading.cli:diff_command",
    "bundle": "bundler.cli:bundle_command",
    "store": "bundler.cli:store_command",
    "inspect": "applier.inspecting.cli:inspect_command",
    "apply": "applier.cli:apply_command",
    "detect": "applier.detecting.cli:detect_command",
    "verify": "applier.verifying.cli:verify_command",
    "rollback": "applier.cli:rollback_command",
    "explain": "locks.codes.cli:explain_command",
    "completion": "compiler.cli:completion_command",
}


_DATE = click.DateTime(["%Y-%m-%d"])
_CACHE_HELP = "Where answers are kept [default: in the user's cache]."


def _version_lines() -> list[str]:
    lines: list[str] = import_module("applier.versions").version_lines()
    return lines


@click.group(
    cls=Commands,
    homes=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[version_option(_version_lines)],
)
def venvault() -> None:
    """Ship GPU Python environments to machines without a network."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
def completion_command(shell: str) -> None:
    """Print the script that makes SHELL complete venvault's commands, flags and files."""
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    assert complete is not None, "click has a class for each of the choices"
    click.echo(complete(venvault, {}, "venvault", "_VENVAULT_COMPLETE").source(), nl=False)


def _print_followers(manifest: Path, locks: Sequence[Path], *, as_json: bool) -> None:
    from locks.sizes import counted

    if as_json:
        print_json({"ok": True, "locks": [str(path) for path in locks]})
    else:
        verb = "follows" if len(locks) == 1 else "follow"
        click.echo(f"ok: {counted(len(locks), 'locks')} {verb} from {manifest}")


@click.command("compile")
@click.argument("manifest", type=click.Path(path_type=Path), required=False)
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="Only this variant (may be repeated).")
@click.option("--platform", "platforms", multiple=True, metavar="NAME", help="Only this platform (may be repeated).")
@click.option("--python", "pythons", multiple=True, metavar="X.Y", help="Only this Python (may be repeated).")
@click.option("--check", is_flag=True, help="Write nothing; say whether the locks that are there follow from MANIFEST.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the locks [default: beside the manifest].")
@click.option("--upgrade", is_flag=True, help="Take the newest versions, not those of the locks that are there.")
@click.option(
    "--upgrade-package", "upgraded", multiple=True, metavar="NAME", help="Take the newest version of this one."
)
@click.option(
    "--exclude-newer",
    type=_DATE,
    metavar="DATE",
    help="Take nothing uploaded after that day (UTC).",
)
@index_option
@click.option("--refresh", is_flag=True, help="Ask the indexes again, whatever they said before.")
@click.option("--offline", is_flag=True, help="Use only what the indexes said before.")
@click.option("--cross-check", is_flag=True, help="Have pip-compile resolve this machine's targets again, and compare.")
@click.option("--cache", type=click.Path(path_type=Path), envvar="VENVAULT_CACHE", help=_CACHE_HELP)
@quiet_option
@json_option
def compile_command(
    manifest: Path | None,
    variants: tuple[str, ...],
    platforms: tuple[str, ...],
    pythons: tuple[str, ...],
    check: bool,
    out: Path | None,
    upgrade: bool,
    upgraded: tuple[str, ...],
    exclude_newer: datetime | None,
    indexes: dict[str, str],
    refresh: bool,
    offline: bool,
    cross_check: bool,
    cache: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Resolve MANIFEST into one hashed lock for each variant, platform and Python.

    Without MANIFEST: the manifest.toml here, else in the nearest folder above, else the only one in locks/stacks.
    """
    from packaging.utils import canonicalize_name

    from .request import Request
    from .run import check_file, compile_file, find_manifest, open_source

    if refresh and offline:
        raise click.UsageError("--refresh and --offline exclude each other")
    if cross_check and offline:
        raise click.UsageError("--cross-check and --offline exclude each other: pip-compile asks the indexes")
    request = Request(
        only={"variant": variants, "platform": platforms, "python": pythons},
        upgrade=None if upgrade else frozenset(map(canonicalize_name, upgraded)),
        exclude_newer=exclude_newer.date() if exclude_newer else None,
        indexes=indexes,
        cross_check=cross_check,
    )
    manifest = manifest or find_manifest(Path())
    today = datetime.now(UTC).date()
    if check:
        if upgrade or upgraded or refresh or cross_check:
            others = "--upgrade, --upgrade-package, --refresh and --cross-check"
            raise click.UsageError(f"--check asks no index, so it excludes {others}")
        _print_followers(manifest, check_file(manifest, request, out=out, today=today), as_json=as_json)
        return
    source = open_source(cache, refresh=refresh, offline=offline)
    with showing(as_json=as_json, quiet=quiet) as reporter:
        written = compile_file(manifest, request, out=out, source=source, today=today, reporter=reporter)
    if as_json:
        print_json({"ok": True, "locks": [item.to_dict() for item in written]})
    else:
        for item in written:
            click.echo(printable_lines(item.summary()))
