"""`inspect`, of a bundle by name or of the bundle that runs it."""

from pathlib import Path

import click

from locks.cli import json_option, print_json, say

from ..arguments import BUNDLE, refuse_to_replace, signers_option

_HTML_HELP = "Write one page that shows sizes and dependencies, and needs nothing else."


@click.command("inspect")
@click.argument("bundle", type=BUNDLE)
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help=_HTML_HELP)
@signers_option
@json_option
def inspect_command(bundle: Path, html: Path | None, allowed_signers: Path | None, as_json: bool) -> None:
    """Show what is in BUNDLE and why it is so big, without unpacking it."""
    from ..bundle.reader import Bundle
    from ..signature.places import trust_here
    from .measure import inspect_bundle
    from .page import write_page
    from .text import to_text

    refuse_to_replace([bundle], "--html", html)
    inspection = inspect_bundle(Bundle.open(bundle), trust_here(allowed_signers))
    if html:
        write_page(html, inspection)
        say(f"written: {html}")
    if as_json:
        print_json({"ok": True, **inspection.to_dict()})
    elif not html:
        click.echo(to_text(inspection))
