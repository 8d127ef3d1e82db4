"""Drafts for tests, said in few words."""

from packaging.requirements import Requirement

from compiler.starting.draft import Draft, DraftVariant, Wanted


def wanted(*lines: str, file: str = "f") -> tuple[Wanted, ...]:
    """Requirements, each on a line of its own; "line | where" names the place."""
    found = []
    for number, line in enumerate(lines, start=1):
        text, bar, where = line.partition(" | ")
        found.append(Wanted(requirement=Requirement(text), where=where if bar else f"{file}: line {number}"))
    return tuple(found)


def lines_of(items: tuple[Wanted, ...]) -> list[str]:
    """Requirements as text."""
    return [str(item.requirement) for item in items]


def make_draft(
    *lines: str,
    variants: dict[str, tuple[str, ...]] | None = None,
    platforms: tuple[str, ...] = ("linux-x86_64",),
    pythons: tuple[str, ...] = ("3.11",),
) -> Draft:
    """A whole draft with these requirements; `variants` maps a name to its own."""
    return Draft(
        stack="demo",
        version="1",
        pythons=pythons,
        platforms=platforms,
        requirements=wanted(*lines),
        variants=tuple(
            DraftVariant(name=name, requirements=wanted(*own, file=name))
            for name, own in (variants or {"cpu": ()}).items()
        ),
    )
