"""`venvault why` and `venvault diff`, which only read locks."""

from pathlib import Path

import click

from locks.cli import json_option, print_json
from locks.problem import printable_lines

_IN_HELP = "Where a revision's locks are [default: where the other side's are, else here]."


@click.command("why")
@click.argument("name")
@click.argument("locks", nargs=-1, metavar="[LOCK|FOLDER]...", type=click.Path(exists=True, path_type=Path))
@json_option
def why_command(name: str, locks: tuple[Path, ...], as_json: bool) -> None:
    """Show every shortest chain of requirements from the manifest to package NAME, in each LOCK."""
    from .run import why

    explanation = why(name, locks or (Path(),))
    if as_json:
        print_json(explanation.to_dict())
    else:
        click.echo(printable_lines(str(explanation)))


@click.command("diff")
@click.argument("old", default="HEAD")
@click.argument("new", required=False)
@click.option("--in", "place", metavar="LOCK|FOLDER", type=click.Path(path_type=Path), help=_IN_HELP)
@click.option("--format", "layout", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs.")
@json_option
@click.pass_context
def diff_command(
    context: click.Context, old: str, new: str | None, place: Path | None, layout: str, exit_code: bool, as_json: bool
) -> None:
    """Tell two sets of locks apart, in words: packages, sizes, CUDA libraries, licences, limits, checks.

    OLD and NEW are locks, folders of locks, or git revisions [default: HEAD, and the files as they are now].
    """
    from .layout import to_markdown, to_text
    from .report import to_dict, to_report
    from .run import diff

    comparison = diff(old, new, place=place)
    if as_json or layout == "json":
        print_json(to_dict(comparison))
    else:
        click.echo(printable_lines((to_markdown if layout == "markdown" else to_text)(to_report(comparison))))
    if exit_code and not comparison.is_empty:
        context.exit(1)
