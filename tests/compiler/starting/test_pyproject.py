"""A pyproject.toml is read strictly: dependencies, Pythons, and the extras that are asked for."""

import pytest

from compiler.errors import DraftError
from compiler.starting.draft import Draft
from compiler.starting.pyproject import choose_pythons, read_pyproject
from tests.compiler.starting.drafts import lines_of

PROJECT = """
[project]
name = "Llama_Factory"
version = "0.9.4"
requires-python = ">=3.11.4"
dependencies = [
    "torch>=2.4.0",
    "transformers>=4.49,<=4.57.1 ; python_version >= '3.10'",
]

[project.optional-dependencies]
metrics = ["nltk", "jieba"]
Deep_Speed = ["deepspeed>=0.10"]
all = ["llama-factory[metrics, deep-speed]", "rich"]
round = ["llama.factory[round,absent]", "one"]
nothing = []

[dependency-groups]
lint = ["ruff"]

[tool.uv.sources]
torch = { index = "pytorch" }
"""


def problems_in(text: str) -> list[tuple[str, str, str, str]]:
    """What is wrong: where, expected, found, hint."""
    with pytest.raises(DraftError) as caught:
        read_pyproject(text, document="p.toml")
    assert {problem.code for problem in caught.value.problems} == {"source-invalid"}
    return [(problem.where, problem.expected, problem.found, problem.hint) for problem in caught.value.problems]


def test_a_project_is_read_whole() -> None:
    """Name, version, Pythons and dependencies come with the dotted paths they stood at; the rest is noted."""
    draft = read_pyproject(PROJECT, document="p.toml")

    assert (draft.stack, draft.version, draft.pythons) == ("Llama_Factory", "0.9.4", ("3.11",))
    assert lines_of(draft.requirements) == ["torch>=2.4.0", 'transformers<=4.57.1,>=4.49; python_version >= "3.10"']
    assert draft.requirements[1].where == "p.toml: project.dependencies[1]"
    assert draft.optional == ()
    assert draft.notes == (
        "requires-python admits 3.12, 3.13, 3.14 too; add them to `python` to ship them",
        "extras not taken: metrics, deep-speed, all, round, nothing; --extra NAME makes one an optional group",
        "the dependency groups lint are left out, as for working on the project",
        "tool.uv.sources is left out: torch come from the ordinary index",
        "the project itself is not required: put its wheel in a find-links folder and add its name",
    )


def groups_of(draft: Draft) -> dict[str, list[str]]:
    """The draft's optional groups."""
    return {group.name: lines_of(group.requirements) for group in draft.optional}


def test_extras_that_are_asked_for_become_optional_groups() -> None:
    """Names count however they are spelled, the project's own extras are followed, and empty ones make no group."""
    draft = read_pyproject(PROJECT, extras=["Deep.Speed", "all", "round", "nothing", "all"])

    assert groups_of(draft) == {
        "deep-speed": ["deepspeed>=0.10"],
        "all": ["deepspeed>=0.10", "nltk", "jieba", "rich"],
        "round": ["one"],
    }
    assert "extras not taken: metrics; --extra NAME makes one an optional group" in draft.notes


def test_a_hundred_extras_are_not_all_named() -> None:
    """Twenty names and a number are enough."""
    extras = "\n".join(f"e{number} = ['a']" for number in range(100))

    draft = read_pyproject(f"[project]\nname = 'a'\n[project.optional-dependencies]\n{extras}")

    assert draft.notes[0].startswith("extras not taken: e0, e1, ")
    assert draft.notes[0].endswith(", e19 and 80 more; --extra NAME makes one an optional group")


EXPORT = "export the dependencies to a requirements file (poetry export, pdm export), and import that"
WRITE_OUT = "write them out with the tool that knows them (pip-compile, uv, poetry export), and import that file"
NEAR_WHEEL = "addresses cannot be locked for an offline machine; put the wheel in a find-links folder"
WRONG: list[tuple[str, str, list[tuple[str, str, str, str]]]] = [
    (
        "no TOML",
        "[project",
        [("p.toml", "TOML", "Expected ']' at the end of a table declaration (at end of document)", "")],
    ),
    ("no project", "[tool.poetry]\nname = 'a'", [("p.toml: project", "a table", "nothing", EXPORT)]),
    ("no name", "[project]\nversion = '1'", [("p.toml: project.name", "a string", "nothing", "")]),
    (
        "dependencies from elsewhere",
        "[project]\nname = 'a'\ndynamic = ['version', 'dependencies']",
        [("p.toml: project.dynamic", "dependencies in the file", "'dependencies'", WRITE_OUT)],
    ),
    (
        "Pythons too old",
        "[project]\nname = 'a'\nrequires-python = '>=3.8,<3.11'",
        [("p.toml: project.requires-python", "one of 3.11, 3.12, 3.13, 3.14 admitted", "'>=3.8,<3.11'", "")],
    ),
    (
        "Pythons that are none",
        "[project]\nname = 'a'\nrequires-python = 'three'",
        [("p.toml: project.requires-python", "version specifiers", "'three'", "")],
    ),
    (
        "a number and an address among the dependencies",
        "[project]\nname = 'a'\ndependencies = [1, 'x @ https://host.invalid/x.whl']",
        [
            ("p.toml: project.dependencies[0]", "a string", "1", ""),
            (
                "p.toml: project.dependencies[1]",
                "a name with versions",
                "'x @ https://host.invalid/x.whl'",
                NEAR_WHEEL,
            ),
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=name) for name, *case in WRONG])
def test_what_cannot_become_a_manifest_is_told_by_its_path(
    text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    """Every fault comes with its dotted path, and dependencies kept elsewhere with the way to have them."""
    assert problems_in(text) == expected


def test_an_extra_that_is_not_there_is_told() -> None:
    """The extras there are, are named."""
    with pytest.raises(DraftError) as caught:
        read_pyproject(PROJECT, document="p.toml", extras=["metric"])

    (problem,) = caught.value.problems
    assert (problem.where, problem.expected, problem.found) == (
        "p.toml: project.optional-dependencies",
        "one of metrics, deep-speed, all, round, nothing",
        "--extra metric",
    )


@pytest.mark.parametrize(
    ("specifier", "pythons"),
    [
        (">=3.9", ("3.11",)),
        (">=3.12", ("3.12",)),
        (">=3.10,<3.13", ("3.11", "3.12")),
        (">=3.11,<3.12", ("3.11",)),
        ("~=3.11", ("3.11",)),
        ("~=3.11.5", ("3.11",)),
        ("!=3.11.*,<3.14", ("3.12", "3.13")),
        ("<4", ("3.11",)),
        (">=3.11.9,<3.11.10", ("3.11",)),
    ],
)
def test_pythons_follow_the_range(specifier: str, pythons: tuple[str, ...]) -> None:
    """A range with an end gives all its Pythons; one without gives its oldest, for each is a lock more."""
    assert read_pyproject(f"[project]\nname = 'a'\nrequires-python = '{specifier}'").pythons == pythons


def test_pythons_that_are_left_to_a_person() -> None:
    """Of an open range the others are told."""
    assert choose_pythons(("3.12", "3.13", "3.14")) == (("3.12",), ("3.13", "3.14"))
    assert choose_pythons(()) == ((), ())
