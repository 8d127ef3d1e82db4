"""The lock's own arithmetic and the order of installation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Lock, LockedWheel, Target
from locks.lock import order_for_installation
from locks.target import PLATFORMS

Graph = dict[NormalizedName, list[NormalizedName]]

NAMES = [canonicalize_name(letter) for letter in "abcdefgh"]


def graph(text: str) -> Graph:
    """Read "a:bc b: c:" as a needs b and c."""
    pairs = (item.split(":") for item in text.split())
    return {canonicalize_name(name): [canonicalize_name(child) for child in children] for name, children in pairs}


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool) -> Graph:
    """Draw a graph; an acyclic one has edges only towards later names of a drawn order."""
    order = draw(st.permutations(NAMES))
    below = {name: order[place + 1 :] if acyclic else order for place, name in enumerate(order)}
    return {name: draw(st.lists(st.sampled_from(names))) if names else [] for name, names in below.items()}


def wheel(name: str, size_bytes: int) -> LockedWheel:
    """A wheel that nobody opens."""
    filename = f"{name}-1-py3-none-any.whl"
    return LockedWheel(
        name=canonicalize_name(name),
        version=Version("1"),
        filename=filename,
        size_bytes=size_bytes,
        sha256="0" * 64,
    )


def lock(*wheels: LockedWheel, order: str) -> Lock:
    """A lock of these wheels, to be installed in the order of the letters."""
    target = Target(variant="cpu", platform=PLATFORMS["windows-x86_64"], python="3.12", floor=None)
    return Lock(
        stack="demo",
        stack_version="1",
        target=target,
        manifest_sha256="0" * 64,
        wheels=wheels,
        install_order=tuple(canonicalize_name(name) for name in order),
    )


def test_lock_is_named_for_its_target() -> None:
    """The file name is one that PEP 751 allows and names the target."""
    assert lock(order="").filename == "pylock.cpu-windows-x86_64-py312.toml"


def test_lock_adds_up_its_wheels() -> None:
    """The size is that of all wheels together, zero without any."""
    assert lock(wheel("a", 3), wheel("b", 4), order="ab").size_bytes == 7
    assert lock(order="").size_bytes == 0


def test_wheels_come_in_install_order() -> None:
    """The order of installation decides, not the order in the file."""
    first, second, third = wheel("a", 1), wheel("b", 1), wheel("c", 1)

    assert lock(first, second, third, order="cab").in_install_order() == (third, first, second)


@pytest.mark.parametrize(
    ("edges", "order"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("b: a:", "ab", id="alphabet where nothing else decides"),
        pytest.param("a:b b:c c:", "cba", id="chain"),
        pytest.param("a:cb b:d c:d d:", "dbca", id="diamond"),
        pytest.param("a:bb b:", "ba", id="edge named twice"),
        pytest.param("a:a", "a", id="needs itself"),
        pytest.param("b:a a:b", "ba", id="cycle"),
        pytest.param("z:a a:b b:c c:a", "cbaz", id="cycle below another"),
    ],
)
def test_order_for_installation(edges: str, order: str) -> None:
    """Dependencies come first, names decide the rest, and a cycle is broken at its first name."""
    assert "".join(order_for_installation(graph(edges))) == order


@given(graphs(acyclic=True))
def test_dependencies_come_first(edges: Graph) -> None:
    """In any graph without a cycle, nothing precedes what it needs."""
    place = {name: position for position, name in enumerate(order_for_installation(edges))}

    assert all(place[child] < place[name] for name, children in edges.items() for child in children)


@given(graphs(acyclic=False))
def test_order_holds_every_package_once(edges: Graph) -> None:
    """Cycles or not, each package comes exactly once."""
    assert sorted(order_for_installation(edges)) == sorted(edges)


@given(graphs(acyclic=False), st.permutations(NAMES))
def test_order_depends_on_the_graph_alone(edges: Graph, names: list[NormalizedName]) -> None:
    """How the graph was written down makes no difference."""
    shuffled = {name: list(reversed(edges[name])) for name in names}

    assert order_for_installation(shuffled) == order_for_installation(edges)


def test_a_chain_may_be_longer_than_the_stack() -> None:
    """Thousands of packages, each of which needs the next."""
    names = [canonicalize_name(f"p{number:04}") for number in range(3000)]
    chain = {name: [below] for name, below in pairwise(names)} | {names[-1]: []}

    assert order_for_installation(chain) == tuple(reversed(names))
