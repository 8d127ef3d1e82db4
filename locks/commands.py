"""The group that every command line is: commands found by name, and their errors turned to exit codes."""

import gc
import io
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import click
from click.core import ParameterSource

from .cli import fail, print_json
from .interrupts import endings_interrupt
from .output import output_guarded
from .problem import Error, Problem, WrongUsage

_VALUES_A_COLLECTION = 20_000
_OTHER_WORDS = {"install": "apply", "lock": "compile", "check": "verify"}
"""What other tools call a command of ours."""


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
    assert context is not None, "added on the way up"
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
    def _usage_as_data(self, ctx: click.Context) -> Iterator[None]:
        """Have wrong usage end as other errors do under `--json`; in words click tells it."""
        try:
            yield
        except click.UsageError as error:
            error.ctx = error.ctx or self._context_of_command(ctx)
            raise (_wrong_usage(error) if self._as_json else error) from None

    def _context_of_command(self, ctx: click.Context) -> click.Context:
        """Give the command named, else the group: click leaves out whose option lacks a value, or has one too many."""
        name = ctx.invoked_subcommand
        command = self.get_command(ctx, name) if name else None
        return click.Context(command, parent=ctx, info_name=name) if command else ctx

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **more: Any
    ) -> click.Context:
        """Parse the options before the command."""
        with self._usage_as_data(click.Context(self, parent=parent, info_name=info_name, **self.context_settings)):
            return super().make_context(info_name, args, parent, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command named; one that the user ends has a result as well."""
        try:
            with endings_interrupt(), self._usage_as_data(ctx):
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
