"""What contradicts itself is found before anything is looked up, and both places are named."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from packaging.utils import canonicalize_name

from locks import Problem

from compiler.starting.contradict import contradictions
from compiler.starting.draft import Banned, Draft, DraftGroup
from tests.compiler.starting.drafts import make_draft, wanted

Told: TypeAlias = tuple[str, str, str, str]
"""Where, what was expected, what was found, what to do."""


def told(draft: Draft) -> list[Told]:
    """The draft's contradictions."""
    problems = contradictions(draft)
    assert {problem.code for problem in problems} <= {"pins-contradict"}
    return [(problem.where, problem.expected, problem.found, problem.hint) for problem in problems]


VERSIONS: list[tuple[str, Draft, list[Told]]] = [
    ("ranges that meet", make_draft("numpy>=1.26", "numpy<2"), []),
    ("ranges that meet in one version", make_draft("numpy<=1.26", "numpy>=1.26"), []),
    ("a label beside its release", make_draft("torch==2.5.1+cu124", "torch==2.5.1", variants={"cu124": ()}), []),
    ("a wildcard and what it excludes", make_draft("a==1.*", "a!=1.0"), []),
    (
        "ranges that do not meet",
        make_draft("tokenizers>=0.22.0,<=0.23.0", "b", "Tokenizers>=0.21,<0.22"),
        [
            (
                "f: line 1 and f: line 3",
                "a version of tokenizers that meets both",
                "'tokenizers>=0.22.0,<=0.23.0' and 'Tokenizers>=0.21,<0.22'",
                "keep one of them",
            )
        ],
    ),
    (
        "two labels",
        make_draft("torch==2.5.1+cu121", variants={"cu121": ("torch==2.5.1+cu118",)}),
        [
            (
                "f: line 1 and cu121: line 1",
                "a version of torch that meets both",
                "'torch==2.5.1+cu121' and 'torch==2.5.1+cu118'",
                "keep one of them",
            ),
            (
                "cu121: line 1, variant cu121",
                "a cu121 build of torch",
                "'torch==2.5.1+cu118', a cu118 build",
                "give variant cu118 a table of its own",
            ),
        ],
    ),
    (
        "one line alone",
        make_draft("a>=2,<1", "a>=0"),
        [("f: line 1", "a version of a that meets all of it", "'a>=2,<1'", "")],
    ),
    (
        "three that meet only two by two",
        make_draft("a!=1.*", "a>=1,<3", "a!=2.*"),
        [
            (
                "f: line 1 and f: line 2 and f: line 3",
                "a version of a that meets all of it",
                "'a!=1.*' and 'a>=1,<3' and 'a!=2.*'",
                "keep one of them",
            )
        ],
    ),
    ("markers that exclude each other", make_draft("a<2 ; os_name == 'nt'", "a>=2 ; os_name == 'posix'"), []),
    ("a marker that holds nowhere here", make_draft("a<2 ; python_version < '3.9'", "a>=2"), []),
    (
        "a marker that holds on one of two targets",
        make_draft("a<2 ; python_version < '3.12'", "a>=2", pythons=("3.12", "3.11")),
        [
            (
                "f: line 1 and f: line 2",
                "a version of a that meets both",
                "'a<2 ; python_version < \"3.12\"' and 'a>=2'",
                "keep one of them",
            )
        ],
    ),
    ("two variants apart", make_draft("a", variants={"cpu": ("torch<2",), "cu124": ("torch>=2.4",)}), []),
]


@pytest.mark.parametrize(("draft", "expected"), [pytest.param(*case, id=name) for name, *case in VERSIONS])
def test_versions_that_cannot_meet_are_told_with_both_places(draft: Draft, expected: list[Told]) -> None:
    """Two lines of one package without a common version are told once, whatever the targets; markers count."""
    assert told(draft) == expected


def test_a_package_required_and_banned_is_told() -> None:
    """A package in the blacklist that is required, or is in an optional group, is told with both places."""
    draft = replace(
        make_draft("Torch_AO>=0.5"),
        optional=(DraftGroup(name="extra", requirements=wanted("banned-too", file="extra")),),
        blacklist={
            canonicalize_name("torch-ao"): Banned(reason="breaks", where="d.json: global_blacklist[3]"),
            canonicalize_name("banned-too"): Banned(reason="no", where="d.json: global_blacklist[4]"),
            canonicalize_name("absent"): Banned(reason="no", where="d.json: global_blacklist[5]"),
        },
    )

    assert [(where, found) for where, _, found, _ in told(draft)] == [
        ("f: line 1 and d.json: global_blacklist[3]", "'Torch_AO>=0.5', and banned: breaks"),
        ("extra: line 1 and d.json: global_blacklist[4]", "'banned-too', and banned: no"),
    ]


def test_an_optional_group_is_held_against_what_is_required() -> None:
    """A group that contradicts the required part could never be taken; two groups may contradict each other."""
    groups = (
        DraftGroup(name="old", requirements=wanted("a<1", "b<1", file="old")),
        DraftGroup(name="new", requirements=wanted("b>=1", file="new")),
    )

    ((where, _, found, _),) = told(replace(make_draft("a>=1"), optional=groups))

    assert (where, found) == ("f: line 1 and old: line 1", "'a>=1' and 'a<1'")


PAIRS: list[tuple[tuple[str, ...], str, str]] = [
    (("torch==2.5.1", "torchvision==0.20.1", "torchaudio==2.5.1"), "", ""),
    (("torch==2.5.1+cpu", "torchvision==0.20.1+cpu"), "", ""),
    (("torch>=2.4", "torchvision>=0.19"), "", ""),
    (("torch==2.5.1", "torchvision>=0.15"), "", ""),
    (("torch==2.14.0", "torchvision==0.29.2"), "", ""),
    (("torch==2.14.1", "torchaudio==2.11.0"), "", ""),
    (("torch==99.0", "torchvision==99.0"), "", ""),
    (("torchvision==0.20.1",), "", ""),
    (("torch==2.5.1", "torchvision==0.19.1"), "torch==2.4.1", "torchvision 0.20.1 goes with torch 2.5.1"),
    (("torch>=2.5,<2.6", "torchaudio==2.4.1"), "torch==2.4.1", ""),
    (("torch==2.5.1", "torchaudio==2.11.0"), "torch>=2.11.0", "torchaudio 2.5.1 goes with torch 2.5.1"),
]


@pytest.mark.parametrize(("lines", "needs", "hint"), [pytest.param(*case, id=" ".join(case[0])) for case in PAIRS])
def test_releases_that_do_not_pair_are_told(lines: tuple[str, ...], needs: str, hint: str) -> None:
    """Torchvision and torchaudio must be made for the torch beside them; of releases not known nothing is said."""
    found = f"{' and '.join(map(repr, lines))}, which needs {needs}"

    assert [(said, do) for _, _, said, do in told(make_draft(variants={"cpu": lines}))] == (
        [(found, hint)] if needs else []
    )


@pytest.mark.parametrize(
    ("variant", "line", "found", "hint"),
    [
        ("cu124", "torch==2.6.0", "", ""),
        ("cu118", "torch==2.7.1+cu118", "", ""),
        ("cpu", "torch==2.6.0", "", ""),
        ("cpu", "torch==2.6.0+cpu", "", ""),
        ("cu124", "torch==99.0", "", ""),
        ("cu124", "torch>=2.7", "", ""),
        ("cu124", "torch==2.*", "", ""),
        ("cu118", "torch==2.5.1+cu118.with.pypi.cudnn", "", ""),
        ("cu124", "torch==2.7.1", "none was ever made", "it was built for cu118, cu126, cu128"),
        ("cu129", "torch==2.12.0", "none was ever made", "it was built for cu126, cu130, cu132"),
        ("cu124", "torch==2.5.1+cu121", "'torch==2.5.1+cu121', a cu121 build", "give variant cu121 a table of its own"),
        ("cu124", "torch==2.5.1+cpu", "'torch==2.5.1+cpu', a cpu build", "give variant cpu a table of its own"),
    ],
)
def test_a_build_that_never_was_is_told(variant: str, line: str, found: str, hint: str) -> None:
    """A pinned torch that was never built for its variant, or is labelled as another, is told."""
    problems = contradictions(make_draft(variants={variant: (line,)}))

    assert [(item.found, item.hint) for item in problems] == ([(found, hint)] if found else [])


def test_a_build_is_judged_on_its_platform() -> None:
    """2.6.0 was made for CUDA 12.4 on x86_64 alone; an index laid out otherwise than PyTorch's may hold its own."""
    draft = make_draft(variants={"cu124": ("torch==2.6.0",)}, platforms=("linux-x86_64", "linux-aarch64"))
    own = replace(draft, variants=(replace(draft.variants[0], index="https://host.invalid/simple"),))

    (problem,) = contradictions(draft)

    assert (problem.where, problem.expected) == (
        "cu124: line 1, variant cu124",
        "a cu124 build of torch 2.6.0 for linux-aarch64",
    )
    assert contradictions(own) == ()


def test_a_contradiction_of_many_targets_is_told_once() -> None:
    """Nine targets with the same fault make one problem."""
    draft = make_draft(
        "a>=2",
        "a<2",
        variants={"cpu": (), "cu124": (), "cu126": ()},
        pythons=("3.11", "3.12", "3.13"),
    )

    (problem,) = contradictions(draft)

    assert isinstance(problem, Problem)
