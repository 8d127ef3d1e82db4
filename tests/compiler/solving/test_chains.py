"""Through a lock, as through a fresh graph, there are ways from the manifest to each package."""

from packaging.utils import canonicalize_name

from compiler.solving.chains import edges_of, reached, roots_of, shortest_chains
from tests.compiler.reading.locked import make_lock, make_wheel

LOCK = make_lock(
    make_wheel("a", "1", requires=["B>=1 ; python_version >= '3.9'"]),
    make_wheel("b", "2"),
    make_wheel("c", "3", requires=["a"]),
    requirements=["a[x]<2"],
)


def test_a_lock_tells_its_edges() -> None:
    """The manifest's lines, and each wheel's, are requirements again."""
    assert list(map(str, roots_of(LOCK))) == ["a[x]<2"]
    assert {name: list(map(str, lines)) for name, lines in edges_of(LOCK).items()} == {
        "a": ['B>=1; python_version >= "3.9"'],
        "b": [],
        "c": ["a"],
    }


def test_what_nothing_leads_to_is_not_reached() -> None:
    """Only what the manifest requires, at however many steps, is reached; a name outside the lock may be."""
    assert reached(roots_of(LOCK), edges_of(LOCK)) == {"a", "b"}
    assert reached(roots_of(LOCK), {canonicalize_name("a"): (*edges_of(LOCK)[canonicalize_name("c")],)}) == {"a"}


def test_chains_go_through_a_lock() -> None:
    """A chain has the lines as the lock has them; where none leads there is none."""
    (chain,) = shortest_chains(roots_of(LOCK), edges_of(LOCK), canonicalize_name("b"))

    assert list(map(str, chain)) == ["a[x]<2", 'B>=1; python_version >= "3.9"']
    assert shortest_chains(roots_of(LOCK), edges_of(LOCK), canonicalize_name("c")) == ()
