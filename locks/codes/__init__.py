"""What every problem code means, in plain words; the words are data, in `problems.toml` beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ..problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One code for who has never met it."""

    what: str
    """What has happened, in a sentence."""
    why: str
    """How that comes about."""
    do: str
    """What to do about it."""
    example: Problem
    """One that was told, or could be; `expected` is empty where something was found in order."""


@cache
def explanations() -> Mapping[str, Explanation]:
    """Give every code's explanation, by code, in the alphabet's order."""
    document = tomllib.loads(files(__package__).joinpath("problems.toml").read_text("utf-8"))
    return MappingProxyType(
        {
            code: Explanation(**words, example=Problem(code=code, **example))
            for code, words in sorted(document.items())
            for example in [words.pop("example")]
        }
    )
