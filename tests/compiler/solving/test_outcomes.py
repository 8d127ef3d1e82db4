"""What became of a project's releases: each reason once, with all its releases and no others."""

from datetime import date

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from compiler.offers.wheels import NO_CUTOFF, Cutoff
from compiler.solving.choices import NO_EXTRAS, Choices
from compiler.solving.outcomes import left_out, on_offer, refused
from tests.compiler.fakes import FakeCatalogue, Index, Release, make_target

A = canonicalize_name("a")
WINDOWS_ONLY = Release(tags=["cp311-cp311-win_amd64"])


def choices_in(index: Index, *roots: str, cutoff: Cutoff = NO_CUTOFF) -> Choices:
    """The choices of a plain Linux target, with every release of `a` judged."""
    catalogue = FakeCatalogue({"ordinary": index}, cutoff=cutoff)
    choices = Choices(catalogue, make_target(), roots=list(map(Requirement, roots)), pinned_index={})
    for wheel in choices.shelf(A).wheels.values():
        choices.verdict(wheel, NO_EXTRAS)
    return choices


def requiring(line: str) -> Release:
    """A release that requires one thing."""
    return Release(requires=[line])


SPANS: list[tuple[str, dict[str, Release], list[str]]] = [
    (
        "all alike",
        {version: requiring("b<2") for version in ("1.0", "1.1", "1.2")},
        ["a 1.0 to 1.2 requires b<2, which goes with no wheel of your b==2"],
    ),
    (
        "another reason between",
        {"1.0": requiring("b<2"), "1.1": requiring("b<1"), "1.2": requiring("b<2")},
        [
            "a 1.0, 1.2 requires b<2, which goes with no wheel of your b==2",
            "a 1.1 requires b<1, which goes with no wheel of your b==2",
        ],
    ),
    (
        "not for the target between",
        {"1.0": requiring("b<2"), "1.1": WINDOWS_ONLY, "1.2": requiring("b<2")},
        ["a 1.0, 1.2 requires b<2, which goes with no wheel of your b==2"],
    ),
    (
        "yanked between",
        {"1.0": requiring("b<2"), "1.1": Release(yanked=True), "1.2": requiring("b<2")},
        ["a 1.0, 1.2 requires b<2, which goes with no wheel of your b==2"],
    ),
    (
        "one that may be taken between",
        {"1.0": requiring("b<2"), "1.1": {}, "1.2": requiring("b<2")},
        ["a 1.0, 1.2 requires b<2, which goes with no wheel of your b==2"],
    ),
    (
        "a pre-release between, which nobody offered",
        {"1.0": requiring("b<2"), "1.1rc1": WINDOWS_ONLY, "1.2": requiring("b<2")},
        ["a 1.0 to 1.2 requires b<2, which goes with no wheel of your b==2"],
    ),
    (
        "a pre-release between, left out for another reason",
        {"1.0": requiring("b<2"), "1.1rc1": requiring("b<1"), "1.2": requiring("b<2")},
        [
            "a 1.0, 1.2 requires b<2, which goes with no wheel of your b==2",
            "a 1.1rc1 requires b<1, which goes with no wheel of your b==2",
        ],
    ),
    (
        "more reasons than are told",
        {str(number): requiring(f"b<0.{number}") for number in range(1, 7)},
        [
            *(f"a {number} requires b<0.{number}, which goes with no wheel of your b==2" for number in (6, 5, 4, 3)),
            "2 older releases of a for other reasons",
        ],
    ),
]


@pytest.mark.parametrize(("releases", "lines"), [pytest.param(*case, id=name) for name, *case in SPANS])
def test_span_of_left_out_releases_holds_no_other(releases: dict[str, Release], lines: list[str]) -> None:
    """A reason is told of 1.0 to 1.2 only when every release between has it; the newest release's comes first."""
    choices = choices_in({"a": releases, "b": {"2": {}}}, "b==2")

    assert left_out(A, choices) == lines


def test_refused_releases_are_named_with_what_keeps_each_out() -> None:
    """Tag, Python, yanked, too new: by release, and only those asked about."""
    index: Index = {
        "a": {
            "1": WINDOWS_ONLY,
            "2": WINDOWS_ONLY,
            "3": {"requires_python": ">=3.13", "uploaded": "2025-01-01"},
            "4": {"yanked": True, "uploaded": "2025-01-01"},
            "5": {"uploaded": "2025-01-31"},
            "6": {"uploaded": "2025-02-01"},
            "7": {},
        }
    }
    choices = choices_in(index, cutoff=Cutoff(day=date(2025, 1, 31)))
    every = [Version(str(number)) for number in range(9)]

    assert list(choices.shelf(A).wheels) == [Version("5")]
    assert refused(A, every, choices) == [
        "a 7 without an upload time",
        "a 6 uploaded after 2025-01-31",
        "a 4 yanked",
        "a 3 needs Python >=3.13",
        "2 older releases of a for other reasons",
    ]
    assert refused(A, every[:3], choices) == ["a 1 to 2 without a wheel for the target"]


def test_offer_names_what_each_asker_would_take_and_what_else_it_would() -> None:
    """The releases that fit, those that each side admits, and the refused ones that somebody wants."""
    index: Index = {"a": {"0.9": WINDOWS_ONLY, "1": {}, "2": {}, "3": {"yanked": True}, "4": {}, "5rc1": {}}}
    askers = {text: Requirement(text) for text in ("a>=2", "a<2,>0.9", "a>5")}

    assert on_offer(A, askers, choices_in(index)) == [
        "releases of a with a wheel that fits: 4, 5rc1 the newest",
        "a>=2 admits 2, 4",
        "a<2,>0.9 admits 1",
        "a>5 admits none of them",
        "a 3 yanked",
    ]
