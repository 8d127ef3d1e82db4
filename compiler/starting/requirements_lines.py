"""The lines of a requirements file as pip joins and splits them; what they mean is `requirements_txt`'s. Pure."""

import re
import shlex
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

# Source: pip's requirements file format: a comment starts a line or follows white space.
_COMMENT = re.compile(r"(?:^|\s)#(.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One logical line."""

    number: int
    """That of its first physical line."""
    text: str
    """Without continuations and comments."""
    comment: str = ""
    """Beside it, or inside the lines it goes over."""
    below: tuple[str, ...] = field(default=())
    """Comment lines right under it, where pip-compile and uv say what asked for it."""


def _physical(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.search(line)
        yield number, _COMMENT.sub("", line).strip(), comment[1].strip() if comment else ""


def split_lines(text: str) -> Iterator[Line]:
    """Give the logical lines that say something."""
    waiting: Line | None = None
    continued = False
    for number, part, comment in _physical(text):
        if continued and waiting:
            joined = f"{waiting.text} {part.removesuffix(chr(92)).strip()}".strip()
            waiting = replace(waiting, text=joined, comment=waiting.comment or comment)
        elif part:
            if waiting:
                yield waiting
            waiting = Line(number=number, text=part.removesuffix("\\").strip(), comment=comment)
        elif waiting:
            # A blank line ends what belongs to the line above.
            if not comment:
                yield waiting
            waiting = replace(waiting, below=(*waiting.below, comment)) if comment else None
        continued = part.endswith("\\")
    if waiting:
        yield waiting


def _options() -> ArgumentParser:
    parser = ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False, prefix_chars="-")
    for names in (
        ("-r", "--requirement"),
        ("-c", "--constraint"),
        ("-e", "--editable"),
        ("-i", "--index-url", "--pypi-url"),
        ("--extra-index-url",),
        ("-f", "--find-links"),
    ):
        parser.add_argument(*names, action="append", default=[])
    return parser


_PARSER = _options()


def read_options(text: str) -> tuple[Namespace, list[str]]:
    """Read a line of options; give them, and the words that are none of those.

    Raises:
        ValueError: a quotation does not end, or an option lacks its value.
    """
    try:
        options, unknown = _PARSER.parse_known_args(shlex.split(text))
    except ArgumentError as error:
        raise ValueError(str(error)) from None
    # NOTE: before Python 3.13 argparse takes the value of `-i--` for the end of options, and gives an empty list.
    if any(value in ([], "--") for values in vars(options).values() for value in values):
        raise ValueError("an option lacks its value")
    return options, unknown


def without_options(text: str) -> str:
    """Take the options behind a requirement away, which are hashes and orders to build."""
    return re.split(r"\s+-{1,2}[A-Za-z]", text, maxsplit=1)[0].strip()
