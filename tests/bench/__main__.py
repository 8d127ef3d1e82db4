"""`python -m tests.bench`: the command that runs the benchmarks. Each prints a Markdown table for README.md."""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from locks import Error

from . import again, differences
from . import apply as applying
from . import bundle as bundling
from . import growth as growing
from .agreement import compare_stacks
from .compile import CASES, contests
from .figures import HEADINGS, markdown
from .measure import CommandFailed
from .resolvers import STACKS, VENVAULT, Uv, write_configuration
from .surroundings import machine, version_of


def _found(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not (path := shutil.which(value)):
        raise click.BadParameter(f"no such command: {value!r}")
    return str(Path(path).absolute())  # commands run in folders of their own


_GIVEN = click.Path(exists=True, resolve_path=True, path_type=Path)  # commands run in folders of their own
_uv_option = click.option("--uv", default="uv", callback=_found, metavar="FILE", help="The uv to compare with.")
_bundle_option = click.option("--bundle", type=_GIVEN, help="A real one; default: a small generated one.")
_places_option = click.option("--in", "places", multiple=True, type=_GIVEN, help="Where to; repeatable.")
_minutes_option = click.option(
    "--minutes", default=60.0, show_default=True, help="Begin no further round that would take longer."
)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print(facts: Iterable[str], table: str) -> None:
    click.echo(f"{'; '.join((machine(), *facts))}\n\n{table}")


@click.group()
def bench() -> None:
    """Run a benchmark against the peers, on an idle machine, with the index of pip's configuration."""


@bench.command("compile")
@_uv_option
@click.option("--keep-answers", is_flag=True, help="Tell uv to believe pages for ten minutes, files for ever.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is run.")
@click.argument("cases", nargs=-1, type=click.Choice(CASES))
def compile_command(uv: str, keep_answers: bool, rounds: int, cases: tuple[str, ...]) -> None:
    """`venvault compile` against `uv pip compile`, cold and warm, on three platforms; CASES default to all."""
    with TemporaryDirectory() as folder:
        peer = Uv(executable=uv, configuration=write_configuration(Path(folder)) if keep_answers else None)
        found = contests(peer, cases or CASES, rounds=rounds, report=_say)
    _print((version_of([VENVAULT]), version_of([uv])), markdown(HEADINGS, (contest.row() for contest in found)))


_STACKS = sorted(path.stem for path in STACKS.glob("*.toml"))


@bench.command("agreement")
@_uv_option
@click.argument("stacks", nargs=-1, type=click.Choice(_STACKS))
def agreement_command(uv: str, stacks: tuple[str, ...]) -> None:
    """Our picks against uv's, for the STACKS (default: all) of well-known projects on three platforms."""
    compared = compare_stacks(Uv(executable=uv), stacks or _STACKS, report=_say)
    agreed = f"{sum(item.agrees for item in compared)} of {len(compared)} targets agree"
    table = markdown(differences.HEADINGS, (item.row() for item in compared))
    _print((version_of([VENVAULT]), version_of([uv]), agreed), table)


@bench.command("apply")
@_uv_option
@_bundle_option
@_places_option
@click.option("--peer", "peers", multiple=True, default=applying.PEERS, type=click.Choice(applying.PEERS))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is run.")
@_minutes_option
def apply_command(
    uv: str, bundle: Path | None, places: tuple[Path, ...], peers: tuple[str, ...], rounds: int, minutes: float
) -> None:
    """`venvault apply` and `python bundle.zip` against uv, pip and the disk, into new environments, with hashes."""
    with TemporaryDirectory() as folder:
        chosen = bundle or applying.generated_bundle(Path(folder))
        where = places or (Path(folder),)
        found = applying.contests(
            chosen, uv, places=where, peers=peers, rounds=rounds, most_s=minutes * 60, report=_say
        )
    _print((version_of([VENVAULT]), version_of([uv])), markdown(HEADINGS, (contest.row() for contest in found)))


@bench.command("again")
@_bundle_option
@click.option("--update", type=_GIVEN, metavar="FILE", help="The bundle to go over to from the other.")
@click.option("--before", callback=_found, metavar="FILE", help="Another venvault, to compare each step with.")
@_places_option
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is run.")
@_minutes_option
def again_command(
    bundle: Path | None,
    update: Path | None,
    before: str | None,
    places: tuple[Path, ...],
    rounds: int,
    minutes: float,
) -> None:
    """A first `apply`, with checks, then `--force`, `verify` and the update, each against the first."""
    if update and (bundle is None or again.are_same(bundle, update)):
        raise click.UsageError("--update wants a --bundle, and another than that")
    with TemporaryDirectory() as folder:
        chosen, following = (bundle, update) if bundle else again.generated_bundles(Path(folder))
        found = again.contests(
            chosen,
            following,
            before=before,
            places=places or (Path(folder),),
            rounds=rounds,
            most_s=minutes * 60,
            report=_say,
        )
    tools = [VENVAULT, *([before] if before else [])]
    _print((version_of([tool]) for tool in tools), markdown(HEADINGS, (contest.row() for contest in found)))


@bench.command("growth")
@click.option("--in", "place", type=_GIVEN, help="Where to; default: a temporary one.")
@click.option("--most-gb", default=5.0, show_default=True, help="Leave out what unpacks to more.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is run.")
@click.argument("axes", nargs=-1, type=click.Choice(list(growing.AXES)))
def growth_command(place: Path | None, most_gb: float, rounds: int, axes: tuple[str, ...]) -> None:
    """`venvault apply` on bundles of ever more files, wheels and bytes; AXES default to all."""
    with TemporaryDirectory(dir=place) as folder:
        chosen = axes or tuple(growing.AXES)
        steps = list(growing.grow(chosen, Path(folder), most_bytes=int(most_gb * 1e9), rounds=rounds, report=_say))
    _print((version_of([VENVAULT]),), markdown(growing.HEADINGS, growing.rows(steps)))


@bench.command("bundle")
@click.option("--lock", type=_GIVEN, help="A real one; default: a generated one.")
@click.option("--store", type=click.Path(path_type=Path), help="Its wheel store; default: a new one below --in.")
@click.option("--in", "place", type=_GIVEN, help="The disk; of the store too.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is run.")
@click.argument("cases", nargs=-1, type=click.Choice(bundling.CASES))
def bundle_command(
    lock: Path | None, store: Path | None, place: Path | None, rounds: int, cases: tuple[str, ...]
) -> None:
    """`venvault bundle` against `cp` and `pip download`; CASES default to all."""
    with TemporaryDirectory(dir=place) as text, ExitStack() as stack:
        folder = Path(text)
        real = bundling.Subject(lock=lock, index={}) if lock else None
        subject = real or stack.enter_context(bundling.generated(folder))
        wheels = (store or folder / "store").absolute()
        found = bundling.contests(
            subject, wheels, where=folder, cases=cases or bundling.CASES, rounds=rounds, report=_say
        )
    facts = (version_of([VENVAULT]), f"pip {version('pip')}")
    _print(facts, markdown(HEADINGS, (contest.row() for contest in found)))


if __name__ == "__main__":
    try:
        bench()
    except (CommandFailed, Error) as error:
        raise SystemExit(str(error)) from None
