"""Through a resolved graph every shortest chain to a package is found, and put in words."""

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from compiler.solving.graph import Graph
from tests.compiler.fakes import make_wheel_on


def make_graph(roots: list[str], edges: dict[str, list[str]]) -> Graph:
    """A graph whose packages are all at version 1.0."""
    return Graph(
        roots=tuple(map(Requirement, roots)),
        wheels={canonicalize_name(name): make_wheel_on("ordinary", name, "1.0") for name in edges},
        edges={canonicalize_name(name): tuple(map(Requirement, lines)) for name, lines in edges.items()},
    )


CHAINS: list[tuple[str, list[str], dict[str, list[str]], list[str]]] = [
    ("a root itself", ["z>=1", "a"], {"a": ["z"], "z": []}, ["z>=1"]),
    ("two roots of that name", ["z>=1", "z<2"], {"z": []}, ["z<2", "z>=1"]),
    ("one step", ["a"], {"a": ["z"], "z": []}, ["a > z"]),
    (
        "all of the shortest, in a stable order",
        ["b", "a"],
        {"a": ["m"], "b": ["m"], "m": ["z<9", "z"], "z": []},
        ["a > m > z", "a > m > z<9", "b > m > z", "b > m > z<9"],
    ),
    (
        "none of the longer",
        ["a", "b"],
        {"a": ["m"], "b": ["z"], "m": ["z"], "z": []},
        ["b > z"],
    ),
    (
        "through a cycle",
        ["a"],
        {"a": ["b"], "b": ["a", "c"], "c": ["b", "z"], "z": ["a"]},
        ["a > b > c > z"],
    ),
    ("past a package that asks for its own extra", ["a[all]"], {"a": ["a[x]", "z"], "z": []}, ["a[all] > z"]),
    ("spelled otherwise", ["A"], {"a": ["Z"], "z": []}, ["A > Z"]),
    ("not reached, in spite of a cycle", ["a"], {"a": ["b"], "b": ["a"], "z": []}, []),
    ("not reached at all", ["a"], {"a": [], "z": []}, []),
]


@pytest.mark.parametrize(("roots", "edges", "chains"), [pytest.param(*case, id=name) for name, *case in CHAINS])
def test_every_shortest_chain_is_given(roots: list[str], edges: dict[str, list[str]], chains: list[str]) -> None:
    """Chains start at the manifest, end at the package, and none is longer than the shortest."""
    found = make_graph(roots, edges).shortest_chains(canonicalize_name("z"))

    assert [" > ".join(map(str, chain)) for chain in found] == chains


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("unsloth", "unsloth>=2024.11 (manifest) -> unsloth 1.0", id="root"),
        pytest.param(
            "torchao",
            "unsloth>=2024.11 (manifest) -> unsloth 1.0 requires 'unsloth_zoo>=1' -> "
            "unsloth-zoo 1.0 requires 'torchao<2; python_version >= \"3.9\"' -> torchao 1.0",
            id="two steps",
        ),
    ],
)
def test_chain_in_words_has_versions_and_requirements(name: str, words: str) -> None:
    """Every step says which release was taken and the very text of what it requires."""
    graph = make_graph(
        ["unsloth>=2024.11"],
        {
            "unsloth": ["unsloth_zoo>=1"],
            "unsloth-zoo": ["torchao<2; python_version >= '3.9'"],
            "torchao": [],
        },
    )

    assert [graph.describe(chain) for chain in graph.shortest_chains(canonicalize_name(name))] == [words]


def test_dependencies_are_sorted_names_without_the_package_itself() -> None:
    """Each package has its direct dependencies once; asking for one's own extra is no dependency."""
    graph = make_graph(["b"], {"b": ["C>=1", "a", "b[x]", "c<3"], "c": [], "a": ["b"]})

    assert list(graph.dependencies().items()) == [("a", ("b",)), ("b", ("a", "c")), ("c", ())]
