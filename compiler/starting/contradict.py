"""What in a draft contradicts itself, found before anything is looked up. Pure."""

from collections.abc import Iterator
from itertools import combinations

from locks import Problem, Target

from ..manifest.requirement import line_of
from .draft import CONTRADICTION, Draft, DraftVariant, Wanted, active, is_empty, lines_of, places_of
from .torch_pins import judge_torch


def _disjoint(wanted: tuple[Wanted, ...]) -> Iterator[Problem]:
    for name in dict.fromkeys(item.name for item in wanted):
        same = tuple(item for item in wanted if item.name == name)
        if not is_empty(same):
            continue
        alone = [(item,) for item in same if is_empty([item])]
        pairs = [pair for pair in combinations(same, 2) if is_empty(pair)]
        for clash in alone or pairs or [same]:
            yield Problem(
                code=CONTRADICTION,
                where=places_of(clash),
                expected=f"a version of {name} that meets {'both' if len(clash) == 2 else 'all of it'}",
                found=lines_of(clash),
                hint="keep one of them" if len(clash) > 1 else "",
            )


def _banned(wanted: tuple[Wanted, ...], draft: Draft) -> Iterator[Problem]:
    for item in wanted:
        if banned := draft.blacklist.get(item.name):
            yield Problem(
                code=CONTRADICTION,
                where=f"{item.where} and {banned.where}",
                expected=f"{item.name} required or banned",
                found=f"{line_of(item.requirement)!r}, and banned: {banned.reason}",
                hint="delete one of the two",
            )


def _on(draft: Draft, variant: DraftVariant, target: Target) -> Iterator[Problem]:
    # An optional group that contradicts the required part could never be taken.
    for group in (None, *draft.optional):
        wanted = active((*draft.requirements, *variant.requirements, *(group.requirements if group else ())), target)
        yield from _disjoint(wanted)
        yield from _banned(wanted, draft)
        yield from judge_torch(variant, target, wanted)


def contradictions(draft: Draft) -> tuple[Problem, ...]:
    """Give every contradiction once, in the order of the draft; `draft` has variants, platforms and Pythons."""
    return tuple(dict.fromkeys(problem for pair in draft.targets() for problem in _on(draft, *pair)))
