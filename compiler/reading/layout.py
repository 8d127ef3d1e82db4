"""A report laid out, for a terminal or as Markdown. Pure."""

import re
from collections.abc import Iterator

from .report import Report, Table

# What Markdown would take for markup; an underscore only where a word begins or ends.
_MARKUP = re.compile(r"[\\`*\[\]<|~]|(?<!\w)_|_(?!\w)")


def _aligned(table: Table) -> Iterator[str]:
    lines = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def to_text(report: Report) -> str:
    """Lay a report out in aligned columns."""
    tables = ([*filter(None, [table.heading]), *(f"  {line}" for line in _aligned(table))] for table in report.tables)
    blocks = [[report.title], *tables]
    if report.notes:
        blocks.append(["also", *(f"  {note}" for note in report.notes)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def to_markdown(report: Report) -> str:
    """Lay a report out for a changelog or a pull request: tables, then bullets."""
    blocks = [[f"**{_escaped(report.title)}**"]]
    for table in report.tables:
        if table.heading:
            blocks.append([f"{table.heading[0].upper()}{table.heading[1:]}:"])
        ruler = f"|{'|'.join('---' for _ in table.columns)}|"
        blocks.append([_row(table.columns), ruler, *map(_row, table.rows)])
    if report.notes:
        blocks.append([f"- {_escaped(note)}" for note in report.notes])
    return "\n\n".join("\n".join(block) for block in blocks)
