"""What the command lines of all stages share: options, and how results, talk and problems are told."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .problem import Error, OutputRefused, Problem, WayOut, printable, printable_lines
from .progress import Reporter

if TYPE_CHECKING:
    from .showing.pace import Paced

_COLUMNS = 80
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


def _can_be_asked() -> bool:
    """Say whether an answer can come: nobody types one to a question that went to a file."""
    return not (sys.stdin and sys.stdin.isatty()) or (sys.stderr is not None and sys.stderr.isatty())


def answer_to(question: str) -> bool | None:
    """Ask on standard error; None where nobody answers, or what comes is no text."""
    try:
        return click.confirm(question, err=True) if _can_be_asked() else None
    except (click.Abort, RuntimeError, UnicodeError, OSError):  # no answer, or no input
        say("")
        return None


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
    """Put a problem in words, the code first; something that was found in order takes one line.

    An index, or a name in a file, may have a say in them: what moves a terminal's cursor is escaped.
    """
    where, expected, hint = map(printable, (problem.where, problem.expected, problem.hint))
    found = printable_lines(problem.found)
    if not expected:
        return [f"[{problem.code}] {where}: {found}"]
    lines = [f"{styled('error', colour='red')}[{problem.code}] {where}"]
    lines += [f"  expected: {expected}", f"  found:    {found.replace(chr(10), _NEXT_LINE)}"]
    lines += [f"  because:  {printable(fact)}" for fact in problem.because]
    return [*lines, f"  do:       {hint}"] if hint else lines


def _print_way_out(number: int, way_out: WayOut) -> None:
    say(printable(f"way out {number}, tried and found to work: {way_out.edit}"))
    for cost in way_out.price:
        say(printable(f"  price:    {cost}"))


def _notes(error: Error) -> list[str]:
    return getattr(error, "__notes__", [])


def _say_error(error: Error) -> None:
    for problem in error.problems:
        for line in problem_lines(problem):
            say(line)
    for number, way_out in enumerate(error.ways_out, 1):
        _print_way_out(number, way_out)
    for note in _notes(error):
        say(printable_lines(note))


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
