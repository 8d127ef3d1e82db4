"""Why no choice was possible, in words: each kind of failure has its own code, and says who asks through whom."""

from collections.abc import Sequence
from datetime import date

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import Problem
from locks.index import Presence

from compiler.offers.wheels import NO_CUTOFF, Cutoff
from compiler.solving.choices import NO_EXTRAS, Choices, name_of
from compiler.solving.deadlock import describe
from compiler.solving.provider import Candidate, Information
from tests.compiler.fakes import FakeCatalogue, Index, Release, make_target

WINDOWS_ONLY = Release(tags=["cp311-cp311-win_amd64"])


class ToldCatalogue(FakeCatalogue):
    """A catalogue whose places answer as they are told to when a name has no wheel."""

    answers: tuple[str, ...] = ()
    sources = 0

    def whereabouts(self, name: NormalizedName, *, index: str) -> tuple[tuple[Presence, ...], int]:
        """Give the answers, each from a place of its own."""
        places = (Presence(place=f"place {number}", answer=text) for number, text in enumerate(self.answers, 1))
        return tuple(places), self.sources


def choices_in(catalogue: FakeCatalogue | Index, *roots: str, cutoff: Cutoff = NO_CUTOFF) -> Choices:
    """The choices of a plain Linux target."""
    if not isinstance(catalogue, FakeCatalogue):
        catalogue = FakeCatalogue({"ordinary": catalogue}, cutoff=cutoff)
    return Choices(catalogue, make_target(), roots=list(map(Requirement, roots)), pinned_index={})


def problem_of(choices: Choices, causes: Sequence[str] = ()) -> Problem:
    """The one problem of a deadlock; a cause is a root, or "owner: what it requires"."""
    information = []
    for cause in causes or [str(root) for same in choices.roots.values() for root in same]:
        owner, _, line = cause.rpartition(": ")
        parent = None
        if owner:
            parent = Candidate(choices.matching(name_of(Requirement(owner)), [])[0])
            choices.requirements(parent.wheel)  # which the search has read by then
        information.append(Information(Requirement(line), parent))
    for info in information:
        for wheel in choices.matching(name_of(info.requirement), [info.requirement]):
            choices.verdict(wheel, NO_EXTRAS)
    (problem,) = describe(information, choices)
    return problem


def test_askers_are_told_with_the_way_from_the_manifest() -> None:
    """For each side: what it asks, its version, and the packages between it and the manifest's own line."""
    index: Index = {
        "top": {"1": {"requires": ["middle"]}},
        "middle": {"2": {"requires": ["low<2"]}},
        "low": {"1": {}, "2": {}},
    }
    choices = choices_in(index, "top", "low>=2")
    for name in ("top", "middle"):
        choices.requirements(choices.matching(name_of(Requirement(name)), [])[0])

    problem = problem_of(choices, ["low>=2", "middle: low<2"])

    assert problem == Problem(
        code="versions-clash",
        where="cpu-linux-x86_64-py311: low",
        expected="one version that meets low>=2 (from the manifest) and low<2 (from middle 2, through top)",
        found="none of those on offer",
        hint="loosen one of these requirements",
        because=(
            "releases of low with a wheel that fits: 2, 2 the newest",
            "low>=2 (from the manifest) admits 2",
            "low<2 (from middle 2, through top) admits 1",
        ),
    )


ABSENT = [
    ("nobody knows it", ("status 404", "no page of it"), 0, "unknown-package", "no such project"),
    ("refused like an unknown one", ("status 403",), 0, "unknown-package", "no such project"),
    ("an index is down", ("status 404", "connection refused"), 0, "no-wheel", "no wheel at all"),
    ("known, with sources", ("known",), 3, "only-sources", "3 files of it, none of them a wheel"),
    ("known, and empty", ("known",), 0, "no-wheel", "no wheel at all"),
    ("nobody to ask", (), 0, "no-wheel", "no index to ask (pip's configuration has no-index)"),
]


@pytest.mark.parametrize(
    ("answers", "sources", "code", "found"), [pytest.param(*case, id=name) for name, *case in ABSENT]
)
def test_project_without_wheels_is_told_by_what_each_place_answers(
    answers: tuple[str, ...], sources: int, code: str, found: str
) -> None:
    """Unknown, sources only, no answer and nobody asked are told apart, and every answer is given."""
    catalogue = ToldCatalogue({})
    catalogue.answers, catalogue.sources = answers, sources

    problem = problem_of(choices_in(catalogue, "a"))

    assert (problem.code, problem.found) == (code, found)
    assert problem.because == tuple(f"place {number}: {text}" for number, text in enumerate(answers, 1))


TOO_NEW = Release(uploaded="2025-02-01")
OLD = Release(uploaded="2024-01-01")
UNUSABLE: list[tuple[str, dict[str, Release], str, str, str]] = [
    ("another platform", {"1": WINDOWS_ONLY}, "a", "no-wheel", "none; there are some for windows-x86_64"),
    (
        "another platform for the newer, not asked for",
        {"1": {}, "2": WINDOWS_ONLY},
        "a>=2",
        "no-wheel",
        "none; there are some for windows-x86_64",
    ),
    (
        "a newer system",
        {"1": {"tags": ["cp311-cp311-manylinux_2_39_x86_64"]}},
        "a",
        "no-wheel",
        "none; there are some for linux-x86_64 from glibc 2.39 on",
    ),
    (
        "another Python, by tag",
        {"1": {"tags": ["cp312-cp312-manylinux_2_17_x86_64"]}},
        "a",
        "no-wheel",
        "none; there are some for Python 3.12",
    ),
    (
        "another Python, by limit",
        {"1": {"requires_python": ">=3.13"}},
        "a",
        "no-wheel",
        "none; there are some for Python 3.13, 3.14",
    ),
    ("a machine we do not know", {"1": {"tags": ["cp311-cp311-manylinux_2_17_s390x"]}}, "a", "no-wheel", "none"),
    ("yanked", {"1": {}, "2": {"yanked": True}}, "a>=2", "only-yanked", "none"),
    ("yanked, and older ones for others", {"1": WINDOWS_ONLY, "2": {"yanked": True}}, "a", "only-yanked", "none"),
    ("too new", {"1": OLD, "2": TOO_NEW}, "a>=2", "too-new", "none"),
]


@pytest.mark.parametrize(
    ("releases", "root", "code", "found"), [pytest.param(*case, id=name) for name, *case in UNUSABLE]
)
def test_releases_that_may_not_be_taken_are_told_by_what_keeps_them_out(
    releases: dict[str, Release], root: str, code: str, found: str
) -> None:
    """A missing wheel names who has one; a yanked or too new release is not said to be for another platform."""
    cutoff = Cutoff(day=date(2025, 1, 31)) if code == "too-new" else NO_CUTOFF

    problem = problem_of(choices_in({"a": releases}, root, cutoff=cutoff))

    assert (problem.code, problem.found) == (code, found)
    assert problem.expected == f"a wheel for the target that meets {root} (from the manifest)"
    assert any(fact.startswith(("a 1", "a 2")) for fact in problem.because)


def test_missing_wheel_further_down_is_the_problem() -> None:
    """What rules the newest release out for want of a wheel is named, not the release itself."""
    index: Index = {
        "a": {"1": {"requires": ["b>=1"]}, "2": {"requires": ["b>=2"]}},
        "b": {"1": WINDOWS_ONLY, "2": WINDOWS_ONLY},
    }

    problem = problem_of(choices_in(index, "a"))

    assert (problem.code, problem.where) == ("no-wheel", "cpu-linux-x86_64-py311: b")
    assert problem.expected == "a wheel for the target that meets b>=2"
    assert problem.because == (
        "left out: a 2 requires b>=2, which has wheels for windows-x86_64 only",
        "left out: a 1 requires b>=1, which has wheels for windows-x86_64 only",
        "b 2 without a wheel for the target",
    )


def test_pinned_yanked_release_that_leads_nowhere_is_no_missing_wheel() -> None:
    """A yanked release may be taken when it is pinned; then what is wrong is what it requires."""
    index: Index = {"a": {"1": {"yanked": True, "requires": ["b>=2"]}}, "b": {"1": {}}}

    problem = problem_of(choices_in(index, "a==1"))

    assert (problem.code, problem.found) == (
        "versions-clash",
        "none; left out: a 1 requires b>=2, which no wheel for the target meets",
    )


def test_each_package_is_told_once_by_name() -> None:
    """However many causes the search ends with, a package has one problem, in the alphabet's order."""
    index: Index = {"a": {"1": {}}, "b": {"1": {}}}
    choices = choices_in(index, "b<1", "a<1", "a>1")
    causes = [Information(Requirement(line), None) for line in ("b<1", "a<1", "a>1", "b<1")]

    assert [problem.where.partition(": ")[2] for problem in describe(causes, choices)] == ["a", "b"]
