"""What every command line shares: problems in words or JSON, and the exit codes."""

import errno
import gc
import json
import sys
from typing import ClassVar

import click
import pytest
from click.testing import CliRunner, Result

from locks import Error, ExitCode, Problem, WayOut
from locks.cli import json_option, print_json, say
from locks.commands import Commands, flags_given

from tests.events import result_of

BARE = Problem(code="lock-invalid", where="a.toml: name", expected="a string", found="5")
HINTED = Problem(code="clash", where="b", expected="one", found="two", hint="remove one")


class Damaged(Error):
    """One of a stage's own errors."""

    exit_code: ClassVar[ExitCode] = ExitCode.DAMAGED


def noted(error: Error, *notes: str) -> Error:
    """Add notes to an error, as a stage does on the way up."""
    for note in notes:
        error.add_note(note)
    return error


def commands(error: BaseException | None) -> click.Group:
    """A group whose one command raises `error`, or prints a result."""

    @click.group(cls=Commands)
    def group() -> None:
        """Demonstrate."""

    @group.command()
    @click.option("--to")
    @click.option("--hard", is_flag=True)
    @json_option
    def work(to: str, hard: bool, as_json: bool) -> None:  # noqa: ARG001  # not for what they say
        """Do or fail."""
        say("working")
        if error is not None:
            raise error
        print_json({"ok": True, "json": as_json, "a": "é"})

    return group


def run(error: BaseException | None, *args: str) -> Result:
    """Run the command line `args`."""
    return CliRunner().invoke(commands(error), args)


def test_result_and_talk_go_to_their_streams() -> None:
    """A result is JSON on standard output with its keys in their order; talk is on standard error."""
    result = run(None, "work", "--json")

    assert (result.exit_code, result.stderr) == (0, "working\n")
    assert list(result_of(result.stdout).items()) == [("ok", True), ("json", True), ("a", "é")]


def test_problems_are_printed_in_words() -> None:
    """Every problem, then every note, goes to standard error; a hint has a line only where there is one."""
    result = run(noted(Error([BARE, HINTED]), "left as it was"), "work")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "working\n"
        "error[lock-invalid] a.toml: name\n"
        "  expected: a string\n"
        "  found:    5\n"
        "error[clash] b\n"
        "  expected: one\n"
        "  found:    two\n"
        "  do:       remove one\n"
        "left as it was\n"
    )


def test_what_others_wrote_does_not_speak_to_the_terminal() -> None:
    """An index, or a name in a file, has a say in problems, notes and ways out: controls are escaped, lines kept."""
    evil = "a\x1b]0;b\x07"
    problem = Problem(code="c", where=evil, expected=evil, found=f"{evil}\nd", hint=evil, because=(evil,))
    error = noted(Error(problem), evil)
    error.ways_out = (WayOut(edit=evil, price=(evil,)),)
    lines = run(error, "work").stderr.splitlines()

    assert len(lines) == 10
    assert all(line.isprintable() for line in lines)
    assert sum(r"a\x1b]0;b\x07" in line for line in lines) == 8


@pytest.mark.parametrize("notes", [(), ("left as it was", "look there")], ids=["no note", "two notes"])
def test_problems_are_printed_as_json(notes: tuple[str, ...]) -> None:
    """With --json standard output carries all of it, whatever option stands around."""
    result = run(noted(Error([BARE, HINTED]), *notes), "work", "--json")

    assert (result.exit_code, result.stderr) == (1, "working\n")
    assert result_of(result.stdout) == {
        "ok": False,
        "problems": [BARE.to_dict(), HINTED.to_dict()],
        "notes": list(notes),
    }


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(None, 0, id="done"),
        pytest.param(Error(BARE), 1, id="refused"),
        pytest.param(Damaged(BARE), 3, id="damaged"),
        pytest.param(BrokenPipeError(errno.EPIPE, "gone"), 1, id="reader gone"),
    ],
)
def test_exit_codes(error: BaseException | None, code: int, flags: tuple[str, ...]) -> None:
    """A command ends with its error's own code, and without a traceback."""
    result = run(error, "work", *flags)

    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_wrong_usage_is_clicks_own() -> None:
    """An unknown option ends with 2 and says which."""
    result = run(None, "work", "--jason")

    assert result.exit_code == 2
    assert "--jason" in result.stderr


def test_an_option_without_its_value_is_told_with_its_command() -> None:
    """Where click does not say whose option it is, we do, so that its help can be asked for."""
    result = run(None, "work", "--to")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[1:] == [
        "Try 'group work --help' for help.",
        "",
        "Error: Option '--to' requires an argument.",
    ]


@pytest.mark.parametrize(
    ("args", "where", "found"),
    [
        (["work", "--json", "--jason"], "group work", "No such option '--jason'."),
        (["wrok", "--json"], "group", "No such command 'wrok'. Did you mean 'work'?"),
        (["--jason", "work", "--json"], "group", "No such option '--jason'."),
        (["work", "--json", "more"], "group work", "Got unexpected extra argument (more)"),
        (["work", "--json", "--to"], "group work", "Option '--to' requires an argument."),
        (["work", "--json", "--hard=1"], "group work", "Option '--hard' does not take a value."),
        (["--help=1", "work", "--json"], "group", "Option '--help' does not take a value."),
    ],
    ids=["option", "command", "option before the command", "argument", "no value", "a value", "a value before"],
)
def test_wrong_usage_is_a_result_under_json(args: list[str], where: str, found: str) -> None:
    """A program that watches reads what it did wrong where it reads all else."""
    result = run(None, *args)
    (problem,) = result_of(result.stdout)["problems"]

    assert (result.exit_code, result.stderr) == (2, "")
    assert (problem["code"], problem["where"]) == ("wrong-usage", where)
    assert problem["found"].startswith(found)
    assert problem["hint"] == f"`{where} --help` tells what it takes"


def test_our_own_faults_are_not_hidden() -> None:
    """What is not one of our errors is a bug, and comes out as such."""
    result = run(ZeroDivisionError("bug"), "work")

    assert isinstance(result.exception, ZeroDivisionError)


def test_command_line_is_the_process_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments given the group reads the process's, `--json` among them."""
    monkeypatch.setattr(sys, "argv", ["demo", "work", "--json"])

    with pytest.raises(SystemExit) as ended:
        commands(Damaged(HINTED))()
    assert ended.value.code == 3
    assert json.loads(capsys.readouterr().out)["problems"] == [HINTED.to_dict()]


@pytest.mark.parametrize(
    ("args", "given"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["place", "--yes"], ["--yes"], id="a flag, not the argument"),
        pytest.param(["place", "--into", "-x y"], ["--into=-x y"], id="a value that looks like a flag"),
        pytest.param(["place", "--into=.venv", "--other", "no"], ["--into=.venv"], id="the default, one left out"),
    ],
)
def test_options_are_given_again_as_they_were(args: list[str], given: list[str]) -> None:
    """What the user wrote comes out in a form that reads the same; defaults stay unsaid."""

    @click.command()
    @click.argument("place", required=False)
    @click.option("--into", default=".venv")
    @click.option("--yes", is_flag=True)
    @click.option("--other")
    @click.pass_context
    def work(context: click.Context, /, **_values: object) -> None:
        click.echo(json.dumps(flags_given(context, but=("place", "other"))))

    assert json.loads(CliRunner().invoke(work, args).stdout) == given


def test_a_command_that_makes_much_is_seldom_held_up() -> None:
    """The values of a large bundle are not looked through for cycles again and again while they are made."""

    @click.group(cls=Commands)
    def group() -> None: ...

    @group.command()
    def work() -> None:
        before = gc.get_stats()[0]["collections"]
        kept = [[number] for number in range(100_000)]
        click.echo(f"{len(kept)} {gc.get_stats()[0]['collections'] - before}")

    made, collections = map(int, CliRunner().invoke(group, ["work"]).stdout.split())
    assert collections < made / 10_000
