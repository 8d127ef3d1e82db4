"""`inspect`, of a bundle by name or of the bundle that runs it."""

from pathlib import Path

import click

from locks.cli import json_option, print_json, say

from ..arguments import BUNDLE

_HTML_HELP = "Write one page that shows sizes and dependencies, and needs nothing else."


@click.command("inspect")
@click.argument("bundle", type=BUNDLE)
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help=_HTML_HELP)
@json_option
def inspect_command(bundle: Path, html: Path | None, as_json: bool) -> None:
    """Show what is in BUNDLE and why it is so big, without unpacking it."""
    from ..bundle.reader import Bundle
    from .measure import inspect_bundle
    from .page import write_page
    from .text import to_text

    inspection = inspect_bundle(Bundle.open(bundle))
    if html:
        write_page(html, inspection)
        say(f"written: {html}")
    if as_json:
        print_json({"ok": True, **inspection.to_dict()})
    elif not html:
        click.echo(to_text(inspection))
