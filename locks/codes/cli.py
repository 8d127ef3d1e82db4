"""`explain`: what a problem code means; from the installed tool and from a bundle."""

import difflib
from dataclasses import asdict

import click

from ..cli import json_option, print_json, problem_lines
from . import explanations


@click.command("explain")
@click.argument("code", required=False)
@json_option
def explain_command(code: str | None, as_json: bool) -> None:
    """Say what CODE, as in error[CODE], means and what to do; without CODE, list them all."""
    known = explanations()
    if code is None:
        if as_json:
            print_json({"ok": True, "codes": {name: asdict(item) for name, item in known.items()}})
            return
        width = max(map(len, known))
        for name, item in known.items():
            click.echo(f"{name:{width}}  {item.what}")
        return
    code = code.removeprefix("error[").removesuffix("]")
    if code not in known:
        near = difflib.get_close_matches(code, known, n=3)
        told = f"did you mean {' or '.join(near)}?" if near else "without CODE, explain lists them all"
        raise click.BadParameter(f"{code!r} is no code; {told}", param_hint="CODE")
    item = known[code]
    if as_json:
        print_json({"ok": True, **asdict(item)})
        return
    lines = (code, f"  what: {item.what}", f"  why:  {item.why}", f"  do:   {item.do}", "  for example:")
    for line in (*lines, *(f"    {line}" for line in problem_lines(item.example))):
        click.echo(line)
