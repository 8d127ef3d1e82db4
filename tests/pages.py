"""The parts of the pages that the code writes: `python -m tests.pages` brings them up to date, and tests compare."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click

from locks.cli import problem_lines
from locks.codes import explanations

from tests.problem_codes import raised_codes
from tests.test_architecture import ROOT

PROBLEMS = ROOT / "locks" / "PROBLEMS.md"
README = ROOT / "README.md"
PAGES = (README, *(ROOT / folder / "README.md" for folder in ("compiler", "bundler", "applier", "locks")))

_HEAD = """\
# Problems

Every problem has a code: `error[check-failed]`. `venvault explain check-failed` prints its entry here, and so does the
bundle itself, `python bundle.zip explain check-failed`. With `--json` a problem has `code`, `where`, `expected`,
`found` and `hint`; codes are stable, and scripts may match on them. Words may change. Whatever `apply` refuses, the old
environment is in place afterwards, unless `--destroy-first` was given.

<!-- Written by `python -m tests.pages` from locks/codes/problems.toml. -->
"""
_STAGES = {"applier": "apply", "bundler": "bundle", "compiler": "compile", "locks": "any"}
_HELP = re.compile(r"(<!-- help: (.+?) -->\n```\n).*?(```\n)", re.DOTALL)


def _entry(code: str, told_by: set[str]) -> Iterator[str]:
    item = explanations()[code]
    stages = sorted({_STAGES[module.partition("/")[0]] for module in told_by})
    yield f"## {code}\n"
    yield f"{item.what} {item.why}\n"
    yield f"**What to do:** {item.do}\n"
    example = "\n".join(map(click.unstyle, problem_lines(item.example)))
    yield f"Told by: {', '.join(stages)}. For example:\n"
    yield f"```\n{example}\n```\n"


def problems_page() -> str:
    """Give the page of all problem codes."""
    told_by, _ = raised_codes()
    return "\n".join([_HEAD, *(line for code in explanations() for line in _entry(code, told_by.get(code, set())))])


def help_text(command: str) -> str:
    """Give what `--help` prints, at the width of a page; in a process of its own, as click keeps a command's first
    help option, whoever asked for it.
    """
    words = command.split()[1:]
    program = f"from compiler.cli import venvault; venvault({[*words, '--help']!r}, 'venvault', terminal_width=100)"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout


def with_help(page: str) -> str:
    """Give a page with every block of help as it is printed now."""
    return _HELP.sub(lambda found: f"{found[1]}{help_text(found[2])}{found[3]}", page)


def write_pages() -> None:
    """Bring the pages up to date."""
    PROBLEMS.write_text(problems_page(), "utf-8")
    for path in PAGES:
        path.write_text(with_help(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write_pages()
