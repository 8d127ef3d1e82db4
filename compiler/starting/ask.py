"""What `init` asks a person, only where no flag has said it. The questions; how they are put is the caller's."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import click

from locks.target import PLATFORMS, PYTHONS, VARIANTS

from ..manifest.parse import STACK_NAME
from ..manifest.requirement import read_requirement
from .complete import DEFAULT_PLATFORMS, DEFAULT_PYTHONS, Wishes, stack_name_from
from .propose import DEFAULT_VARIANT

Prompt = Callable[..., Any]
"""As `click.prompt`: asks again while `value_proc` raises UsageError."""


def _refuse(*, expected: str, found: str, hint: str = "") -> None:
    raise click.UsageError(f"expected {expected}, found {found}{f' ({hint})' if hint else ''}")


def _checked_requirement(text: str) -> str:
    if text.strip():
        read_requirement(text.strip(), _refuse)
    return text.strip()


def _checked_name(text: str) -> str:
    if not STACK_NAME.fullmatch(text):
        _refuse(expected="lower-case letters, digits, '.', '_' and '-'", found=repr(text))
    return text


def _chosen_from(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(re.findall(r"[^,\s]+", text)))
        for value in values or ("",):
            if value not in known:
                _refuse(expected=f"some of {', '.join(known)}", found=repr(value))
        return values

    return parse


def _requirements(prompt: Prompt) -> Iterator[str]:
    def ask_for_one() -> str:
        return str(prompt("Requirement, or nothing", default="", show_default=False, value_proc=_checked_requirement))

    yield from iter(ask_for_one, "")


def ask(wishes: Wishes, *, folder: str, prompt: Prompt) -> Wishes:
    """Ask for what the wishes leave open; `folder` names the stack unless something else is said."""

    def choose(said: tuple[str, ...], question: str, known: Sequence[str], default: tuple[str, ...]) -> tuple[str, ...]:
        if said:
            return said
        text = f"{question}, of {', '.join(known)}"
        chosen: tuple[str, ...] = prompt(text, default=", ".join(default), value_proc=_chosen_from(known))
        return chosen

    name = wishes.stack or prompt("Name of the stack", default=stack_name_from(folder), value_proc=_checked_name)
    return replace(
        wishes,
        stack=name,
        requirements=wishes.requirements or tuple(_requirements(prompt)),
        variants=choose(wishes.variants, "Variants", VARIANTS, (DEFAULT_VARIANT,)),
        platforms=choose(wishes.platforms, "Platforms", tuple(PLATFORMS), DEFAULT_PLATFORMS),
        pythons=choose(wishes.pythons, "Pythons", PYTHONS, DEFAULT_PYTHONS),
    )
