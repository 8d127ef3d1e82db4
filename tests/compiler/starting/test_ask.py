"""A person is asked only for what no flag says, and again when the answer means nothing."""

from collections.abc import Iterator
from typing import Any

import click
import pytest

from compiler.starting.ask import ask
from compiler.starting.complete import Wishes


class Person:
    """Answers in order, as `click.prompt` would pass it on; an empty answer takes the default."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.asked: list[tuple[str, str]] = []
        """Question and default."""
        self.refused: list[str] = []

    def prompt(self, text: str, *, default: str, value_proc: Any, show_default: bool = True) -> Any:
        self.asked.append((text.partition(",")[0], default if show_default else ""))
        while True:
            try:
                return value_proc(next(self._answers) or default)
            except click.UsageError as error:
                self.refused.append(str(error))


def test_everything_is_asked_of_who_says_nothing() -> None:
    """Name, requirements until there is none, variants, platforms and Pythons, each with a default."""
    person = Person("", "numpy>=1.26", "torch<3", "", "", "", "")

    wishes = ask(Wishes(), folder="My Stack", prompt=person.prompt)

    assert wishes == Wishes(
        stack="my-stack",
        requirements=("numpy>=1.26", "torch<3"),
        variants=("cu128",),
        platforms=("linux-x86_64",),
        pythons=("3.11",),
    )
    assert person.asked == [
        ("Name of the stack", "my-stack"),
        *[("Requirement", "")] * 3,
        ("Variants", "cu128"),
        ("Platforms", "linux-x86_64"),
        ("Pythons", "3.11"),
    ]


def test_what_flags_say_is_not_asked() -> None:
    """With a flag for everything there is no question."""
    said = Wishes(
        stack="s", requirements=("a",), variants=("cpu",), platforms=("macos-arm64",), pythons=("3.12",), extras=("e",)
    )

    assert ask(said, folder="f", prompt=Person().prompt) == said


def test_several_may_be_named_in_one_answer() -> None:
    """Commas and spaces part names, and each counts once."""
    person = Person("", "cu124, cpu cu124", "linux-x86_64,windows-x86_64", "3.11 3.12")

    wishes = ask(Wishes(stack="s"), folder="f", prompt=person.prompt)

    assert wishes.variants == ("cu124", "cpu")
    assert wishes.platforms == ("linux-x86_64", "windows-x86_64")
    assert wishes.pythons == ("3.11", "3.12")


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        (
            ["My Stack", "s", "", "", "", ""],
            "expected lower-case letters, digits, '.', '_' and '-', found 'My Stack'",
        ),
        (["s", "x @ file:///x", "", "", "", ""], "expected a name with versions, found 'x @ file:///x' (addresses "),
        (["s", "", "rocm", "cpu", "", ""], "expected some of cpu, cu118, "),
        (["s", "", "cpu", ",", "linux-x86_64", ""], "expected some of linux-x86_64, "),
    ],
)
def test_an_answer_that_means_nothing_is_asked_again(answers: list[str], refused: str) -> None:
    """The reason is told, and the question put once more."""
    person = Person(*answers)

    ask(Wishes(), folder="f", prompt=person.prompt)

    (told,) = person.refused
    assert told.startswith(refused)
