"""The resolver takes the newest set that fits together, or names what stands in the way: one story, one file."""

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from resolvelib import BaseReporter, Resolver

from locks import Drop, Problem

from compiler.errors import ResolutionError
from compiler.solving.choices import Choices, name_of
from compiler.solving.graph import Graph
from compiler.solving.provider import Candidate, Key, Provider
from compiler.solving.resolve import MAX_ROUNDS, resolve
from tests.compiler.fakes import FakeCatalogue, Index, Release, make_target

STORIES = sorted((Path(__file__).parent / "stories").glob("*.json"))


def choices_among(index: Index, roots: list[str]) -> Choices:
    """What a plain Linux target can choose from in an ordinary index."""
    return Choices(
        FakeCatalogue({"ordinary": index}), make_target(), roots=list(map(Requirement, roots)), pinned_index={}
    )


def choices_of(story: Mapping[str, Any]) -> Choices:
    """The choices that a story tells of."""
    target = make_target(*story.get("target", ()))
    catalogue = FakeCatalogue({"ordinary": story["index"], target.variant: story.get("variant_index", {})})
    return Choices(
        catalogue,
        target,
        roots=list(map(Requirement, story["roots"])),
        pinned_index={canonicalize_name(name): target.variant for name in story.get("from_index", ())},
        drops=[
            Drop(package=canonicalize_name(package), requires=canonicalize_name(requires), reason="story")
            for package, requires in story.get("drops", ())
        ],
    )


def picks_of(graph: Graph) -> dict[str, str]:
    """Project -> version."""
    return {name: str(wheel.version) for name, wheel in graph.wheels.items()}


def told(problem: Problem) -> dict[str, Any]:
    """A problem as stories tell it; the hint is the same for all of a code."""
    document: dict[str, Any] = json.loads(json.dumps(problem.to_dict()))
    return {key: text for key, text in document.items() if key != "hint"}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in STORIES])
def test_story(path: Path) -> None:
    """Each story ends as its file says, in picks or in problems, word for word."""
    story = json.loads(path.read_text("utf-8"))
    if "picks" in story:
        assert picks_of(resolve(choices_of(story))) == story["picks"], story["promise"]
    else:
        with pytest.raises(ResolutionError) as caught:
            resolve(choices_of(story))
        assert [told(problem) for problem in caught.value.problems] == story["problems"], story["promise"]


def test_every_problem_says_what_to_do() -> None:
    """Both kinds of failure carry a hint."""
    found = {}
    for index in ({}, {"a": {"1": Release()}}):
        with pytest.raises(ResolutionError) as caught:
            resolve(choices_among(index, ["a<1"]))
        found.update({problem.code: problem.hint for problem in caught.value.problems})

    assert found == {
        "unknown-package": "check the spelling, and that pip's configuration names the index that has it",
        "versions-clash": "loosen one of these requirements",
    }


def test_unreadable_requirement_is_the_reason_when_nothing_else_is_left() -> None:
    """The text and the parser's own words are given, on one line."""
    with pytest.raises(ResolutionError) as caught:
        resolve(choices_among({"a": {"1": {"requires": ["b >=>1"]}}}, ["a"]))

    (problem,) = caught.value.problems
    assert problem.found.startswith("none; left out: a 1 has a requirement that cannot be read: 'b >=>1': Expected ")
    assert "\n" not in problem.found


def test_graph_holds_the_requirements_that_hold() -> None:
    """Edges are the chosen wheels' own requirements on this target, with those of the extras asked for, each once."""
    index: Index = {
        "a": {"1.0": {"requires": ["b>=1", "c; extra == 'x'", "w; sys_platform == 'win32'"]}},
        "b": {"1.0": {}},
        "c": {"1.0": {}},
    }
    graph = resolve(choices_among(index, ["a[x]"]))

    assert list(map(str, graph.roots)) == ["a[x]"]
    assert {name: sorted(map(str, edges)) for name, edges in graph.edges.items()} == {
        "a": ["b>=1", 'c; extra == "x"'],
        "b": [],
        "c": [],
    }


def test_endless_search_is_given_up_with_a_word_of_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many rounds the search ends as a problem of the target, not of one package.

    NOTE: an index that really takes 20,000 rounds takes ten seconds too; so the limit is lowered.
    """
    monkeypatch.setattr("compiler.solving.resolve.MAX_ROUNDS", 1)
    with pytest.raises(ResolutionError) as caught:
        resolve(choices_among({"a": {"1": {"requires": ["b"]}}, "b": {"1": {}}}, ["a"]))

    assert caught.value.problems == (
        Problem(
            code="resolution-too-deep",
            where="cpu-linux-x86_64-py311",
            expected="a solution in 1 rounds",
            found="none yet; tried most: a",
            hint="give the packages tried most a lower bound",
        ),
    )


class _Counter(BaseReporter[Requirement, Candidate, Key]):
    """Counts the resolver's rounds."""

    rounds = 0

    def starting_round(self, index: int) -> None:
        self.rounds += 1


def test_hopeless_releases_cost_no_rounds() -> None:
    """Two hundred releases that all need an impossible dependency are passed over in a round or two.

    Each is read once; a clash would have shown only after all of their dependencies were settled.
    """
    index: dict[str, dict[str, Release]] = {
        "studio": {
            "0.1": {},
            **{f"1.{minor}": {"requires": ["helper", f"zoo=={minor}"]} for minor in range(200)},
        },
        "zoo": {f"{minor}": {"requires": ["torch>=9"]} for minor in range(200)},
        "torch": {"2.5.1": {}},
        "helper": {f"{major}.0": {} for major in range(50)},
    }
    catalogue = FakeCatalogue({"ordinary": index})
    roots = [Requirement("torch==2.5.1"), Requirement("studio")]
    counter = _Counter()

    choices = Choices(catalogue, make_target(), roots=roots, pinned_index={})
    result = Resolver(Provider(choices), counter).resolve(roots)

    assert {key[0]: str(candidate.wheel.version) for key, candidate in result.mapping.items()} == {
        "studio": "0.1",
        "torch": "2.5.1",
    }
    assert counter.rounds <= 4
    assert len(set(catalogue.read)) <= 2 * 200 + 50 + 2


def test_what_clashed_is_settled_first_when_it_is_tried_again() -> None:
    """A clash deep down is not met anew behind every choice above it; by the alphabet alone it takes 66 rounds."""
    index: dict[str, dict[str, Release]] = {
        "a": {"4": {"requires": ["e!=3", "g>=4"]}},
        "b": {"3": {}, "4": {"requires": ["h!=4"]}},
        "d": {"1": {}, "2": {"requires": ["g"]}, "3": {"requires": ["h>=1"]}, "4": {"requires": ["f"]}},
        "e": {"1": {}, "2": {"requires": ["f!=2"]}, "4": {"requires": ["h"]}},
        "f": {"1": {"requires": ["h"]}, "3": {"requires": ["h!=1"]}, "4": {"requires": ["g>=1"]}},
        "g": {"4": {"requires": ["h>=4"]}},
        "h": {"3": {}, "4": {}},
    }
    roots = [Requirement(name) for name in "abd"]
    counter = _Counter()

    choices = choices_among(index, ["a", "b", "d"])
    Resolver(Provider(choices), counter).resolve(roots, max_rounds=MAX_ROUNDS)

    assert counter.rounds <= 20


def test_metadata_is_read_only_as_far_as_needed() -> None:
    """Of hundreds of releases that would do, only the one that is taken is read."""
    index: Index = {"a": {f"1.{minor}": {} for minor in range(300)}}
    catalogue = FakeCatalogue({"ordinary": index})
    choices = Choices(catalogue, make_target(), roots=[Requirement("a")], pinned_index={})

    assert picks_of(resolve(choices)) == {"a": "1.299"}
    assert set(catalogue.read) == {"a-1.299-py3-none-any.whl"}


NAMES = ("a", "b", "c", "d")
VERSIONS = ("1", "2", "3")
SPECIFIERS = ("", "==1", "==2", "<2", ">=2", "!=2", "<3", ">3")


def requirements_on(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Requirements on some of these projects."""
    return st.builds(str.__add__, st.sampled_from(names), st.sampled_from(SPECIFIERS))


@st.composite
def indexes(draw: st.DrawFn) -> Index:
    """A small index without cycles: a package requires only what comes after it in the alphabet."""
    index: dict[str, dict[str, Release]] = {}
    for place, name in enumerate(NAMES):
        later = NAMES[place + 1 :]
        lines = st.lists(requirements_on(later), max_size=3) if later else st.just([])
        versions = draw(st.lists(st.sampled_from(VERSIONS), unique=True, max_size=3))
        index[name] = {version: {"requires": draw(lines)} for version in versions}
    return index


roots_lists = st.lists(requirements_on(NAMES), min_size=1, max_size=4)


@cache
def accepted_by(requirement: str) -> tuple[str, frozenset[str]]:
    """The project that a requirement names, and its versions that will do."""
    wanted = Requirement(requirement)
    return wanted.name, frozenset(filter(wanted.specifier.contains, VERSIONS))


def is_met(requirement: str, picks: Mapping[str, str]) -> bool:
    """Whether a set of picks holds what a requirement asks for."""
    name, versions = accepted_by(requirement)
    return picks.get(name) in versions


def is_sound(index: Index, roots: list[str], picks: Mapping[str, str]) -> bool:
    """Whether picks meet the roots and each other."""
    needs = [line for name, version in picks.items() for line in index[name][version].get("requires", ())]
    return all(is_met(requirement, picks) for requirement in [*roots, *needs])


def has_solution(index: Index, roots: list[str]) -> bool:
    """Whether any set at all is sound, by trying every one."""
    offers: list[list[tuple[str, str] | None]] = [[None, *((name, each) for each in index[name])] for name in index]
    return any(is_sound(index, roots, dict(pick for pick in picks if pick)) for picks in itertools.product(*offers))


def needed(index: Index, roots: list[str], picks: Mapping[str, str]) -> set[str]:
    """Everything that can be reached from the roots."""
    reached: set[str] = set()
    waiting = [Requirement(root).name for root in roots]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [Requirement(line).name for line in index[name][picks[name]].get("requires", ())]
    return reached


@settings(derandomize=True, max_examples=150, deadline=None)
@given(index=indexes(), roots=roots_lists)
def test_answer_is_sound_and_found_whenever_there_is_one(index: Index, roots: list[str]) -> None:
    """On any small index: what is picked fits and is needed, and failure means that no set at all would do."""
    try:
        picks = picks_of(resolve(choices_among(index, roots)))
    except ResolutionError:
        assert not has_solution(index, roots)
    else:
        assert is_sound(index, roots, picks)
        assert picks.keys() == needed(index, roots, picks)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(index=indexes(), roots=roots_lists)
def test_what_is_called_hopeless_is_in_no_solution(index: Index, roots: list[str]) -> None:
    """Dropping hopeless wheels loses nothing: with any of them pinned, no set at all would do."""
    choices = choices_among(index, roots)
    for name in index:
        for wheel in choices.shelf(canonicalize_name(name)).wheels.values():
            choices.verdict(wheel, frozenset())

    for name, dropped in choices.dropped.items():
        for version in dropped:
            assert not has_solution(index, [*roots, f"{name}=={version}"])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(index=indexes(), roots=roots_lists, data=st.data())
def test_order_of_the_lines_does_not_matter(index: Index, roots: list[str], data: st.DataObject) -> None:
    """However the manifest's lines stand, the picks or the problems are the same, in the same order."""

    def answer(lines: list[str]) -> object:
        try:
            return list(picks_of(resolve(choices_among(index, lines))).items())
        except ResolutionError as error:
            return error.problems

    assert answer(data.draw(st.permutations(roots))) == answer(roots)


def test_versions_are_compared_as_versions() -> None:
    """The pick is the greatest version, not the last text."""
    graph = resolve(choices_among({"a": {"9.0": {}, "10.0": {}, "10.0rc1": {}}}, ["a"]))

    assert graph.wheels[name_of(Requirement("A"))].version == Version("10.0")


def test_chain_of_hundreds_of_packages_is_followed_to_its_end() -> None:
    """However deep a set goes, it is resolved, or refused when there is nothing at its bottom."""
    names = [f"p{number:03}" for number in range(400)]
    chain: dict[str, dict[str, Release]] = {
        name: {"1.0": {"requires": [following]}} for name, following in itertools.pairwise([*names, "end"])
    }

    assert len(resolve(choices_among({**chain, "end": {"1.0": {}}}, ["p000"])).wheels) == 401
    with pytest.raises(ResolutionError):
        resolve(choices_among({**chain, "end": {}}, ["p000"]))
