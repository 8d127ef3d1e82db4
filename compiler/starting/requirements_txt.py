"""A pip requirements file, with all it includes, as a draft. Pure, but for the reader of files it is given."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from locks import Problem
from locks.index.credentials import redact
from locks.target import VARIANTS

from ..errors import DraftError
from ..manifest.requirement import read_requirement, without_credentials
from .draft import Draft, Wanted
from .requirements_lines import Line, read_options, split_lines, without_options

ReadText = Callable[[Path], str]
"""Gives a file's text. Raises OSError, or ValueError when it is no text."""

_IS_PLACE = re.compile(
    r"^(?:\.{1,2}(?:[/\\[]|$)|[/~\\]|[A-Za-z]:[/\\]|[a-z+]+://|(?:git|hg|svn|bzr)\+|file:)|\.(?:whl|tar\.gz|zip)\b"
)
_VIA = re.compile(r"via(?:\s|$)")
_DIRECT = re.compile(r"(?:^|[\s,])-r[\s=]|\((?:pyproject\.toml|setup\.)")
"""In a "via" comment: asked for by a file of requirements, not by another package."""


@dataclass(slots=True)
class _Found:
    """What the files hold, as it is met."""

    problems: list[Problem] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    constraints: list[Wanted] = field(default_factory=list)
    direct: set[Wanted] = field(default_factory=set)
    """Those that a "via" comment calls direct."""
    annotated: bool = False
    """Some "via" comment is there: pip-compile or uv wrote this."""
    indexes: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def fault(self, where: str, *, expected: str, found: str, hint: str = "") -> None:
        """Note what is wrong with a line."""
        self.problems.append(Problem(code="source-invalid", where=where, expected=expected, found=found, hint=hint))


def _variant_of(address: str) -> str | None:
    """Give the variant whose builds an index holds, which its last part names; None when that is not told."""
    try:
        last = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return None
    return last if last in VARIANTS and redact(address) == address and "$" not in address else None


def _wheel_line(text: str) -> str | None:
    """Give the requirement that means the wheel of an address or path; None when it is no wheel's."""
    place, semicolon, marker = text.partition(";")
    filename = unquote(re.split(r"[/\\]", place.partition("#")[0].strip())[-1])
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    return f"{name}=={version}{f' ; {marker.strip()}' if semicolon else ''}"


class _Files:
    """Reads files and those they include."""

    def __init__(self, read_text: ReadText, found: _Found) -> None:
        self._read_text = read_text
        self._found = found
        self._seen: set[tuple[Path, bool]] = set()

    def read(self, path: Path, *, constraint: bool, asked_at: str, open_files: tuple[Path, ...] = ()) -> None:
        """Read one file; `asked_at` is the line that includes it."""
        path = Path(os.path.normpath(path))
        if path in open_files:
            chain = " -> ".join(map(str, (*open_files, path)))
            self._found.fault(asked_at, expected="a file that is not being read already", found=chain)
        elif (path, constraint) not in self._seen:
            self._seen.add((path, constraint))
            try:
                text = self._read_text(path)
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                self._found.fault(asked_at, expected=f"a file of text, {path}", found=reason or str(error))
                return
            for line in split_lines(text):
                self._take(line, path, constraint=constraint, open_files=(*open_files, path))

    def _take(self, line: Line, path: Path, *, constraint: bool, open_files: tuple[Path, ...]) -> None:
        where = f"{path}: line {line.number}"
        if line.text.startswith("-"):
            self._take_options(line.text, where, path.parent, constraint=constraint, open_files=open_files)
        else:
            self._take_requirement(line, where, constraint=constraint)

    def _take_options(
        self, text: str, where: str, folder: Path, *, constraint: bool, open_files: tuple[Path, ...]
    ) -> None:
        found = self._found
        try:
            options, unknown = read_options(text)
        except ValueError as error:
            found.fault(where, expected="options that pip knows", found=without_credentials(str(error)))
            return
        for names, is_constraint in ((options.requirement, constraint), (options.constraint, True)):
            for name in names:
                if "://" in name:
                    found.fault(where, expected="a file at hand", found="an address", hint="download it first")
                else:
                    self.read(folder / name, constraint=is_constraint, asked_at=where, open_files=open_files)
        for name in options.editable:
            self._place(name, where)
        addresses = [*options.index_url, *options.extra_index_url, *options.find_links]
        for address in addresses:
            if variant := _variant_of(address):
                found.indexes.setdefault(variant, address)
            else:
                found.notes.append(f"{where}: an address is left out; pip's configuration holds those")
        if unknown:
            found.notes.append(f"{where}: {' '.join(word for word in unknown if word.startswith('-'))} is left out")

    def _place(self, text: str, where: str) -> None:
        line = _wheel_line(text)
        self._found.fault(
            where,
            expected="a name with versions",
            found=repr(without_credentials(text)),
            hint=f"put the wheel in a find-links folder and write {line!r} here"
            if line
            else "build its wheel, put that in a find-links folder, and write its name and version here",
        )

    def _take_requirement(self, line: Line, where: str, *, constraint: bool) -> None:
        text = without_options(line.text)
        if _IS_PLACE.search(text.partition(";")[0].partition(" @ ")[0].strip()):
            self._place(text, where)
            return
        requirement = read_requirement(text, partial(self._found.fault, where))
        if requirement is None:
            return
        via = line.comment if _VIA.match(line.comment) else " ".join(line.below)
        annotated = bool(_VIA.match(via))
        comment = "" if via == line.comment else line.comment
        wanted = Wanted(requirement=requirement, where=where, comment=comment)
        (self._found.constraints if constraint else self._found.wanted).append(wanted)
        self._found.annotated |= annotated
        if annotated and _DIRECT.search(via):
            self._found.direct.add(wanted)


def _without_indirect(found: _Found) -> list[Wanted]:
    """Leave out what only other packages asked for, where the file tells."""
    if not found.annotated:
        return found.wanted
    if not found.direct:
        found.notes.append("pip-compile or uv wrote these pins, which belong in locks; import what it was made of")
        return found.wanted
    kept = [item for item in found.wanted if item in found.direct]
    left_out = len(found.wanted) - len(kept)
    found.notes.append(
        f"pip-compile or uv wrote these pins: the {len(kept)} that were asked for are kept, {left_out} that other "
        "packages brought are left out; loosen what need not be exact, locks hold the pins"
    )
    return kept


def _with_constraints(wanted: Iterable[Wanted], found: _Found) -> tuple[Wanted, ...]:
    """Add the constraints on what is wanted; the others hold only for what some package may bring."""
    distinct: dict[str, Wanted] = {}
    for item in wanted:
        distinct.setdefault(str(item.requirement), item)
    names = {item.name for item in distinct.values()}
    used = [item for item in found.constraints if item.name in names]
    if unused := len(found.constraints) - len(used):
        found.notes.append(f"{unused} constraints on packages that are not required here are left out")
    return (*distinct.values(), *used)


def read_requirements_txt(path: Path, read_text: ReadText) -> Draft:
    """Read a requirements file.

    Raises:
        DraftError: with every line that cannot be a manifest's.
    """
    found = _Found()
    _Files(read_text, found).read(path, constraint=False, asked_at=str(path))
    if found.problems:
        raise DraftError(found.problems)
    wanted = _with_constraints(_without_indirect(found), found)
    return Draft(requirements=wanted, indexes=found.indexes, notes=tuple(found.notes))
