"""`python -m tests.bench`: the command that runs the benchmarks. Each prints a Markdown table for README.md."""

import shutil
from pathlib import Path

import click

from locks import Error

from .figures import HEADINGS, markdown
from .measure import CommandFailed
from .surroundings import machine, version_of


def _found(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not (path := shutil.which(value)):
        raise click.BadParameter(f"no such command: {value!r}")
    return str(Path(path).absolute())  # commands run in folders of their own


_uv_option = click.option("--uv", default="uv", callback=_found, metavar="FILE", help="The uv to compare with.")


def _say(line: str) -> None:
    click.echo(line, err=True)


@click.group()
def bench() -> None:
    """Run a benchmark against the peers, on an idle machine, with the index of pip's configuration."""


@bench.command("compile")
@_uv_option
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is run.")
def compile_command(uv: str, rounds: int) -> None:
    """`venvault compile` against `uv pip compile`, cold and warm, on three platforms."""
    from .compile import contests
    from .resolvers import VENVAULT

    table = markdown(HEADINGS, (contest.row() for contest in contests(uv, rounds=rounds, report=_say)))
    click.echo(f"{machine()}; {version_of([VENVAULT])}, {version_of([uv])}\n\n{table}")


@bench.command("agreement")
@_uv_option
@click.argument("stacks", nargs=-1)
def agreement_command(uv: str, stacks: tuple[str, ...]) -> None:
    """Our picks against uv's, for the STACKS (default: all) of well-known projects on three platforms."""
    from .agreement import compare_stacks
    from .differences import HEADINGS as COMPARED
    from .resolvers import VENVAULT

    compared = compare_stacks(uv, stacks, report=_say)
    agreed = sum(item.agrees for item in compared)
    table = markdown(COMPARED, (item.row() for item in compared))
    versions = f"{version_of([VENVAULT])}, {version_of([uv])}"
    click.echo(f"{machine()}; {versions}; {agreed} of {len(compared)} targets agree\n\n{table}")


if __name__ == "__main__":
    try:
        bench()
    except (CommandFailed, Error) as error:
        raise SystemExit(str(error)) from None
