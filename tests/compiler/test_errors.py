"""One cause on many targets is one problem."""

from locks import Problem

from compiler.errors import join_identical


def problem(where: str, *because: str, found: str = "none") -> Problem:
    """A problem, alike but for what is given."""
    return Problem(code="no-wheel", where=where, expected="a wheel", found=found, because=because)


def test_cause_is_told_once_with_all_its_targets() -> None:
    """Same package, same words: one problem, its targets in their order; another package or word is another."""
    joined = join_identical(
        [
            problem("linux: a"),
            problem("windows: a"),
            problem("linux: b"),
            problem("macos: a", found="too few"),
            problem("macos"),
            problem("linux"),
        ]
    )

    assert joined == [
        problem("linux, windows: a"),
        problem("linux: b"),
        problem("macos: a", found="too few"),
        problem("macos, linux"),
    ]


def test_facts_that_differ_are_told_with_their_targets() -> None:
    """What holds everywhere is told as it is; nothing of another target is told of all, and nothing is lost."""
    joined = join_identical(
        [
            problem("linux: a", "a is wanted", "5 releases"),
            problem("windows: a", "a is wanted", "3 releases", "2 yanked"),
            problem("macos: a", "a is wanted", "3 releases"),
        ]
    )

    assert joined == [
        problem(
            "linux, windows, macos: a",
            "a is wanted",
            "on linux: 5 releases",
            "on windows, macos: 3 releases",
            "on windows: 2 yanked",
        )
    ]
