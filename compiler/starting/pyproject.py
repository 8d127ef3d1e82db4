"""A `pyproject.toml` as a draft. Pure. Source: the core metadata of PEP 621."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from locks import Problem
from locks.table import Faults, Table
from locks.target import PYTHONS

from ..errors import DraftError
from ..manifest.requirement import read_requirement
from .draft import Draft, DraftGroup, Wanted

_NAMED = 20
"""So many extras are named; some projects have a hundred."""


def pythons_within(specifier: SpecifierSet) -> tuple[str, ...]:
    """Give the Pythons we know of which some patch release is admitted, oldest first."""
    admitted = specifier.to_range()
    return tuple(minor for minor in PYTHONS if not (admitted & SpecifierSet(f"=={minor}.*").to_range()).is_empty)


def choose_pythons(admitted: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the Pythons to start with, and the others; of a range without an end, the oldest is enough to start with.

    The newest Pythons have wheels of few packages yet, and each one more is a lock more.
    """
    if PYTHONS[-1] in admitted:
        return admitted[:1], admitted[1:]
    return admitted, ()


def _read_pythons(project: Table, notes: list[str]) -> tuple[str, ...]:
    if "requires-python" not in project:
        return ()
    text = project.text("requires-python")
    try:
        admitted = pythons_within(SpecifierSet(text))
    except InvalidSpecifier:
        project.fault("requires-python", expected="version specifiers", found=repr(text))
        return ()
    if not admitted:
        project.fault("requires-python", expected=f"one of {', '.join(PYTHONS)} admitted", found=repr(text))
    chosen, others = choose_pythons(admitted)
    if others:
        notes.append(f"requires-python admits {', '.join(others)} too; add them to `python` to ship them")
    return chosen


def _read_lines(table: Table, key: str) -> Iterator[Wanted]:
    for place, text in table.numbered_texts(key, ()):
        if requirement := read_requirement(text, partial(table.fault, place)):
            yield Wanted(requirement=requirement, where=f"{table.faults.document}: {table.at(place)}")


def _lines_of_extra(
    name: NormalizedName,
    table: Table,
    names: Mapping[NormalizedName, str],
    own: NormalizedName,
    open_extras: frozenset[NormalizedName] = frozenset(),
) -> Iterator[Wanted]:
    """Give an extra's lines; the project's own extras, `name[extra]`, are replaced by theirs."""
    open_extras |= {name}
    for item in _read_lines(table, names[name]):
        if item.name != own:
            yield item
            continue
        for extra in sorted(map(canonicalize_name, item.requirement.extras)):
            if extra in names and extra not in open_extras:
                yield from _lines_of_extra(extra, table, names, own, open_extras)


def _read_extras(project: Table, own: NormalizedName, asked: Sequence[str], notes: list[str]) -> tuple[DraftGroup, ...]:
    """Make optional groups of the extras asked for; an extra is for who asks, and so is not taken unasked."""
    table = project.table("optional-dependencies")
    names = {canonicalize_name(name): name for name in table}
    wanted = tuple(dict.fromkeys(map(canonicalize_name, asked)))
    for name in wanted:
        if name not in names:
            known = ", ".join(names) or "none, for there are none"
            project.fault("optional-dependencies", expected=f"one of {known}", found=f"--extra {name}")
    if others := [name for name in names if name not in wanted]:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        names_told = ", ".join(others[:_NAMED]) + more
        notes.append(f"extras not taken: {names_told}; --extra NAME makes one an optional group")
    groups = [(name, tuple(_lines_of_extra(name, table, names, own))) for name in wanted if name in names]
    return tuple(DraftGroup(name=name, requirements=requirements) for name, requirements in groups if requirements)


def _refuse_dynamic(project: Table) -> None:
    if "dependencies" in project.texts("dynamic", ()):
        hint = "write them out with the tool that knows them (pip-compile, uv, poetry export), and import that file"
        project.fault("dynamic", expected="dependencies in the file", found="'dependencies'", hint=hint)


def _note_the_rest(root: Table, notes: list[str]) -> None:
    groups = root.peek("dependency-groups")
    if isinstance(groups, Mapping) and groups:
        notes.append(f"the dependency groups {', '.join(groups)} are left out, as for working on the project")
    tool = root.peek("tool")
    uv = tool.get("uv") if isinstance(tool, Mapping) else None
    sources = uv.get("sources") if isinstance(uv, Mapping) else None
    if isinstance(sources, Mapping) and sources:
        notes.append(f"tool.uv.sources is left out: {', '.join(sources)} come from the ordinary index")
    notes.append("the project itself is not required: put its wheel in a find-links folder and add its name")


def _parse(text: str, document: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(code="source-invalid", where=document, expected="TOML", found=str(error))
        raise DraftError(problem) from None


def read_pyproject(text: str, *, document: str = "pyproject.toml", extras: Sequence[str] = ()) -> Draft:
    """Read the text of a `pyproject.toml`; `document` names it in problems, `extras` are taken as optional groups.

    Raises:
        DraftError: with every fault found.
    """
    faults = Faults(code="source-invalid", document=document)
    root = Table(_parse(text, document), path="", faults=faults)
    if "project" not in root:
        hint = "export the dependencies to a requirements file (poetry export, pdm export), and import that"
        root.fault("project", expected="a table", found="nothing", hint=hint)
        faults.raise_if_any(DraftError)
    project = root.table("project")
    notes: list[str] = []
    _refuse_dynamic(project)
    name = project.text("name")
    draft = Draft(
        stack=name,
        version=project.text("version", ""),
        pythons=_read_pythons(project, notes),
        requirements=tuple(_read_lines(project, "dependencies")),
        optional=_read_extras(project, canonicalize_name(name), extras, notes),
    )
    _note_the_rest(root, notes)
    faults.raise_if_any(DraftError)
    return replace(draft, notes=tuple(notes))
