"""Pins that their packages' own requirements keep apart are told from metadata, two by two, all at once."""

from dataclasses import replace

from packaging.utils import NormalizedName

from locks import IndexUnavailable, Problem
from locks.lock import ORDINARY_INDEX

from compiler.manifest.parse import read_manifest
from compiler.offers.wheels import Wheel
from compiler.starting.clash import clashes
from compiler.starting.draft import Draft, DraftVariant
from compiler.starting.text import to_manifest_text
from tests.compiler.fakes import FakeCatalogue, Index
from tests.compiler.starting.drafts import make_draft, wanted

STACK: Index = {
    "transformers": {
        "4.51.3": {"requires": ["tokenizers>=0.21,<0.22", "hub>=0.30"]},
        "4.57.6": {"requires": ["tokenizers>=0.22,<=0.23.0", "hub>=0.34,<1"]},
    },
    "tokenizers": {"0.21.4": {}, "0.22.1": {}},
    "hub": {"0.27.1": {}, "0.36.0": {}},
    "datasets": {
        "3.6.0": {"requires": ["fsspec[http]<=2025.3.0", "torch ; extra == 'gpu'"]},
        "4.0.0": {"requires": ["fsspec<=2025.9.0"]},
    },
    "fsspec": {"2025.3.0": {}, "2025.9.0": {}},
    "torch": {"2.5.1": {}},
}


def told(draft: Draft, catalogue: FakeCatalogue) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """Where, what was expected and what was found; and what could not be looked at."""
    manifest = read_manifest(to_manifest_text(draft, heading=""))
    problems, unseen = clashes(draft, manifest, catalogue)
    assert {problem.code for problem in problems} <= {"pins-contradict"}
    return [(problem.where, problem.expected, problem.found) for problem in problems], unseen


def test_pins_that_go_together_are_left_in_peace() -> None:
    """One wheel that meets the others is enough, though the newest does not."""
    draft = make_draft("transformers>=4.51.3", "tokenizers>=0.21,<0.22", "hub>=0.30", "datasets", "fsspec")

    assert told(draft, FakeCatalogue({ORDINARY_INDEX: STACK})) == ([], ())


def test_every_clash_is_told_at_once() -> None:
    """Each pin whose every wheel requires what another pin excludes is told with both places and the requirement."""
    draft = make_draft("transformers>=4.51", "hub>=0.27,<0.28", "datasets<4", "fsspec==2025.9.0")

    problems, _ = told(draft, FakeCatalogue({ORDINARY_INDEX: STACK}))

    assert problems == [
        (
            "f: line 1 and f: line 2",
            "a wheel of 'transformers>=4.51' that goes with 'hub>=0.27,<0.28'",
            "none of 2: transformers 4.57.6 requires 'hub>=0.34,<1'",
        ),
        (
            "f: line 3 and f: line 4",
            "a wheel of 'datasets<4' that goes with 'fsspec==2025.9.0'",
            "none of 1: datasets 3.6.0 requires 'fsspec[http]<=2025.3.0'",
        ),
    ]


def test_wheels_that_fail_for_different_reasons_name_all_of_them() -> None:
    """The one wheel clashes here, the other there: all three places are told."""
    draft = make_draft("transformers", "tokenizers>=0.22", "hub<0.28", "other")

    ((where, _, found),), _ = told(draft, FakeCatalogue({ORDINARY_INDEX: {**STACK, "other": {"1": {}}}}))

    assert where == "f: line 1 and f: line 3 and f: line 2"
    assert found == (
        "none of 2: transformers 4.57.6 requires 'hub>=0.34,<1'; transformers 4.51.3 requires 'tokenizers>=0.21,<0.22'"
    )


def test_many_targets_with_one_clash_tell_it_once() -> None:
    """Variants and Pythons do not repeat it; a requirement that holds on one system only is not held against others."""
    draft = make_draft(
        "transformers>=4.51",
        "hub<0.28 ; sys_platform == 'win32'",
        variants={"cpu": (), "cu124": ()},
        platforms=("linux-x86_64", "windows-x86_64"),
        pythons=("3.11", "3.12"),
    )

    problems, _ = told(draft, FakeCatalogue({ORDINARY_INDEX: STACK}))

    assert [where for where, _, _ in problems] == ["f: line 1 and f: line 2"]


def test_extras_are_followed() -> None:
    """What an asked-for extra requires counts."""
    lines = ("datasets[gpu]==3.6.0", "torch>=3")
    index: Index = {**STACK, "torch": {"2.5.1": {}, "3.0": {}}}
    held: Index = {**index, "datasets": {"3.6.0": {"requires": ["torch<3 ; extra == 'gpu'"]}}}

    assert told(make_draft(*lines), FakeCatalogue({ORDINARY_INDEX: index})) == ([], ())
    assert len(told(make_draft(*lines), FakeCatalogue({ORDINARY_INDEX: held}))[0]) == 1


def test_what_is_not_there_at_all_is_left_to_the_resolver() -> None:
    """A pin without any wheel clashes with nothing; `compile` tells it as what it is."""
    draft = make_draft("transformers==99", "hub==99", "datasets>=4", "fsspec")

    assert told(draft, FakeCatalogue({ORDINARY_INDEX: STACK})) == ([], ())


def test_a_wheel_whose_requirements_cannot_be_read_is_left_to_the_resolver() -> None:
    """A line that is no requirement is no clash, and no traceback."""
    index: Index = {**STACK, "odd": {"1": {"requires": ["this is none", "hub>=99"]}}}

    assert told(make_draft("odd", "hub"), FakeCatalogue({ORDINARY_INDEX: index})) == ([], ())


class _Unreachable(FakeCatalogue):
    """The index of one variant cannot be had."""

    def wheels(self, name: NormalizedName, *, index: str) -> tuple[Wheel, ...]:
        if index == "cu124":
            raise IndexUnavailable(Problem(code="c", where=index, expected="an index", found="none"))
        return super().wheels(name, index=index)


def test_an_index_that_cannot_be_had_is_told_and_the_rest_is_looked_at() -> None:
    """Its packages are named, and say nothing against the others."""
    draft = make_draft("datasets<4", "fsspec==2025.9.0", "needs-torch")
    variant = DraftVariant(name="cu124", requirements=wanted("torch==2.5.1"), index="https://host.invalid/cu124")
    index: Index = {**STACK, "needs-torch": {"1": {"requires": ["torch<2"]}}}

    problems, unseen = told(replace(draft, variants=(variant,)), _Unreachable({ORDINARY_INDEX: index}))

    assert [where for where, _, _ in problems] == ["f: line 1 and f: line 2"]
    assert unseen == ("torch",)
