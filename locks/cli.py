"""What the command lines of all stages share: problems to words or JSON, errors to exit codes."""

import gc
import io
import os
import sys
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from .interrupts import endings_interrupt
from .output import output_guarded
from .problem import Error, OutputRefused, Problem, WayOut, WrongUsage
from .progress import Reporter

if TYPE_CHECKING:
    from .showing.pace import Paced

_COLUMNS = 80
_VALUES_A_COLLECTION = 20_000
_OTHER_WORDS = {"install": "apply", "lock": "compile", "check": "verify"}
"""What other tools call a command of ours."""
_NEXT_LINE = "\n" + " " * len("  found:    ")

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, an event a line on standard output; the last is the result."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print the result, warnings and problems, nothing else.")


def _read_addresses(_ctx: click.Context, _parameter: click.Parameter, options: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for option in options:
        alias, _, address = option.partition("=")
        if not (alias and address) or "/" in alias:
            told = option.rpartition("@")[2]  # what stands before may be a password
            raise click.BadParameter(f"{told!r} is not ALIAS=URL")
        found[alias] = address
    return found


index_option = click.option(
    "--index",
    "indexes",
    multiple=True,
    metavar="ALIAS=URL",
    callback=_read_addresses,
    help="Where a variant's own index is, instead of where the manifest says (may be repeated).",
)


def version_option(lines: Callable[[], Sequence[str]]) -> click.Option:
    """Give the option that prints `lines()` and ends."""

    def tell(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo("\n".join(lines()))
            ctx.exit()

    text = "Tell the versions of the tool, its formats and Python."
    return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=tell, help=text)


def print_json(result: Mapping[str, Any]) -> None:
    """Print the result, keys in their order, as the last event."""
    from .showing.events import event_line

    click.echo(event_line("result", result))


def say(line: str) -> None:
    """Print a line of talk, which goes to standard error."""
    click.echo(line, err=True)


def _columns() -> int:
    """Give the width of the terminal that standard error is."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def _write(text: str) -> None:
    click.echo(text, err=True, nl=False)


def _for_people() -> "Paced":
    """Give what a terminal, or a log, can show; a bar where rich is installed, which in a bundle it is not."""
    from .showing.lines import LineReporter, TerminalReporter

    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return LineReporter(_write, time.monotonic)
    try:
        from .showing.bar import BarReporter
    except ImportError:
        return TerminalReporter(_write, time.monotonic, _columns, sys.stderr.encoding)
    return BarReporter(time.monotonic)


@contextmanager
def showing(*, as_json: bool, quiet: bool) -> Iterator[Reporter]:
    """Give a reporter for the length of a block: events on standard output, else words on standard error."""
    from .showing.events import EventReporter
    from .showing.pace import beating
    from .showing.quiet import WarningsOnly

    with beating(EventReporter(click.echo, time.monotonic) if as_json else _for_people()) as shown:
        yield WarningsOnly(shown) if quiet else shown


def styled(text: str, *, colour: str) -> str:
    """Give text in bold and a colour, or as it is where the user wants none; what is no terminal gets none either.

    Source: no-color.org, a variable that is set and not empty.
    """
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour, bold=True)


def problem_lines(problem: Problem) -> list[str]:
    """Put a problem in words, the code first; something that was found in order takes one line."""
    if not problem.expected:
        return [f"[{problem.code}] {problem.where}: {problem.found}"]
    lines = [f"{styled('error', colour='red')}[{problem.code}] {problem.where}"]
    lines += [f"  expected: {problem.expected}", f"  found:    {problem.found.replace(chr(10), _NEXT_LINE)}"]
    lines += [f"  because:  {fact}" for fact in problem.because]
    return [*lines, f"  do:       {problem.hint}"] if problem.hint else lines


def _print_way_out(number: int, way_out: WayOut) -> None:
    say(f"way out {number}, tried and found to work: {way_out.edit}")
    for cost in way_out.price:
        say(f"  price:    {cost}")


def _notes(error: Error) -> list[str]:
    return getattr(error, "__notes__", [])


def _say_error(error: Error) -> None:
    for problem in error.problems:
        for line in problem_lines(problem):
            say(line)
    for number, way_out in enumerate(error.ways_out, 1):
        _print_way_out(number, way_out)
    for note in _notes(error):
        say(note)


def _print_error(error: Error) -> None:
    problems = [problem.to_dict() for problem in error.problems]
    ways_out = {"ways_out": [item.to_dict() for item in error.ways_out]} if error.ways_out else {}
    print_json({"ok": False, "problems": problems, **ways_out, "notes": _notes(error)})


def fail(error: Error, *, as_json: bool) -> NoReturn:
    """Tell every problem of `error`, then its notes, and end with its exit code; in words where no JSON is taken."""
    try:
        if as_json:
            _print_error(error)
    except OutputRefused as refused:
        as_json = False
        if refused is not error:
            _say_error(refused)
    if not as_json:
        _say_error(error)
    sys.exit(error.exit_code)


def _asks_for_json(args: Sequence[str]) -> bool:
    return "--json" in args or "--format=json" in args or ("--format", "json") in pairwise(args)


def flags_given(context: click.Context, *, but: Container[str]) -> list[str]:
    """Give the options of a command line as they would be given again, but for the parameters named."""
    given = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in but or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value, option = context.params[name], parameter.opts[0]
        if isinstance(parameter, click.Option) and parameter.is_flag:
            given.append(option)
        else:
            given += [f"{option}={each}" for each in (value if parameter.multiple else [value])]
    return given


def _wrong_usage(error: click.UsageError) -> WrongUsage:
    """Put in a problem what click says of a command line."""
    context = error.ctx
    assert context is not None, "click adds it on the way up"
    command = context.command_path
    expected = " ".join(context.command.collect_usage_pieces(context))
    hint = f"`{command} --help` tells what it takes"
    found = error.format_message()
    return WrongUsage(Problem(code="wrong-usage", where=command, expected=expected, found=found, hint=hint))


class Commands(click.Group):
    """A group whose commands may raise our errors; the only place where they become exit codes.

    `homes` has where further commands live, as `module:attribute`; such a command is imported when it is asked for.
    """

    def __init__(self, *args: Any, homes: Mapping[str, str] = MappingProxyType({}), **options: Any) -> None:
        super().__init__(*args, **options)
        self._homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands; those with homes in the order of these."""
        return [*super().list_commands(ctx), *self._homes]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command, imported now if need be; None when there is none of that name."""
        if cmd_name not in self._homes:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._homes[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    _as_json = False

    @contextmanager
    def _usage_as_data(self) -> Iterator[None]:
        """Have wrong usage end as other errors do under `--json`; in words click tells it."""
        try:
            yield
        except click.UsageError as error:
            raise (_wrong_usage(error) if self._as_json else error) from None

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Parse the options before the command."""
        with self._usage_as_data():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command named; one that the user ends has a result as well."""
        try:
            with endings_interrupt(), self._usage_as_data():
                return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            if self._as_json:
                print_json({"ok": False, "interrupted": True, "problems": [], "notes": []})
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named; one that is misspelt is told with the nearest, or with all there are."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            names = self.list_commands(ctx)
            other = _OTHER_WORDS.get(args[0])
            near = [other] if other in names else get_close_matches(args[0], names, n=1)
            others = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(names)}."
            raise click.UsageError(f"{error.message} {others}", ctx) from None

    def main(self, args: Sequence[str] | None = None, *more: Any, **options: Any) -> Any:
        """Run the command line."""
        args = list(sys.argv[1:] if args is None else args)
        # Nearly all that is made stays, and has no cycles; looking through it every 700 values is a tenth of our time.
        gc.set_threshold(_VALUES_A_COLLECTION)
        self._as_json = _asks_for_json(args)
        for stream in (sys.stdout, sys.stderr):
            # A Windows code page lacks most letters; what it lacks is escaped, for a finished job must not fail on it.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        with output_guarded():
            try:
                return super().main(args, *more, **options)
            except Error as error:
                fail(error, as_json=self._as_json)
