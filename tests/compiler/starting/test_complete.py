"""What was not said is filled in, what was said stays, and torch moves to the variants."""

from dataclasses import replace

import pytest

from locks import Check

from compiler.errors import DraftError
from compiler.starting.complete import Wishes, complete, stack_name_from
from compiler.starting.draft import Draft, DraftVariant
from tests.compiler.starting.drafts import lines_of, wanted


def completed(draft: Draft, *, from_nothing: bool = False, **wishes: tuple[str, ...] | str) -> Draft:
    """Complete a draft about the folder My Stack."""
    return complete(draft, Wishes(**wishes), folder="My Stack!", from_nothing=from_nothing)  # type: ignore[arg-type]


def variants_of(draft: Draft) -> dict[str, list[str]]:
    """Each variant's requirements."""
    return {variant.name: lines_of(variant.requirements) for variant in draft.variants}


def test_from_nothing_all_is_proposed() -> None:
    """One variant with torch and its pair, one platform, one Python, and a check that torch sees the GPU."""
    draft = completed(Draft(), from_nothing=True)

    assert (draft.stack, draft.version, draft.pythons, draft.platforms) == (
        "my-stack",
        "1",
        ("3.11",),
        ("linux-x86_64",),
    )
    assert variants_of(draft) == {"cu128": ["torch==2.10.0", "torchvision==0.25.0", "torchaudio==2.10.0"]}
    assert [(check.name, check.needs_gpu, check.after) for check in draft.checks] == [
        ("torch sees CUDA", True, ("torch",))
    ]
    assert draft.notes == ()


def test_wishes_go_before_what_a_file_says() -> None:
    """Flags override the file's name, variants, platforms and Pythons, and add requirements."""
    draft = Draft(
        stack="file",
        version="7",
        pythons=("3.12",),
        platforms=("linux-x86_64",),
        requirements=wanted("a"),
        variants=(DraftVariant(name="cu121"), DraftVariant(name="cu124")),
    )

    whole = completed(
        draft,
        stack="flag",
        variants=("cu124", "cpu", "cpu"),
        pythons=("3.13",),
        platforms=("windows-x86_64",),
        requirements=("b>=1",),
    )

    assert (whole.stack, whole.version, whole.pythons, whole.platforms) == ("flag", "7", ("3.13",), ("windows-x86_64",))
    assert list(variants_of(whole)) == ["cu124", "cpu"]
    assert lines_of(whole.requirements) == ["a", "b>=1"]
    assert whole.requirements[1].where == "--requirement 'b>=1'"


def test_a_wish_that_is_no_requirement_is_told() -> None:
    """The flag is quoted."""
    with pytest.raises(DraftError) as caught:
        completed(Draft(), requirements=("good", "not one", "x @ file:///x"))

    assert [problem.where for problem in caught.value.problems] == [
        "--requirement: 'not one'",
        "--requirement: 'x @ file:///x'",
    ]


def test_torch_moves_to_every_variant() -> None:
    """Torch's lines leave the common requirements, and each variant pins the release that is its build."""
    draft = completed(
        Draft(requirements=wanted("numpy", "torch>=2.4", "torchaudio")), variants=("cu121", "cu124", "cu126")
    )

    assert lines_of(draft.requirements) == ["numpy"]
    assert variants_of(draft) == {
        "cu121": ["torch==2.4.1", "torchaudio==2.4.1"],
        "cu124": ["torch==2.6.0", "torchaudio==2.6.0"],
        "cu126": ["torch==2.7.1", "torchaudio==2.7.1"],
    }


def test_a_cuda_variant_gets_torch_though_the_file_has_none() -> None:
    """What requires torch would bring its newest release, which is another variant; nobody asked for the pair."""
    draft = completed(Draft(requirements=wanted("accelerate")), variants=("cu124",))

    assert variants_of(draft) == {"cu124": ["torch==2.6.0"]}


def test_variants_of_a_file_keep_its_lines_and_common_torch_stays_where_it_is() -> None:
    """Where the file describes variants, nothing is moved: a torch beside them is for the verdict."""
    draft = Draft(
        requirements=wanted("torch==2.4.0"),
        variants=(DraftVariant(name="cu124", requirements=wanted("torch==2.5.1+cu124"), index="https://host.invalid"),),
    )

    whole = completed(draft)

    assert lines_of(whole.requirements) == ["torch==2.4.0"]
    assert variants_of(whole) == {"cu124": ["torch==2.5.1+cu124"]}
    assert whole.variants[0].index == "https://host.invalid"


def test_a_file_without_torch_is_for_the_cpu_and_says_so() -> None:
    """Nothing is guessed from other packages."""
    draft = completed(Draft(requirements=wanted("numpy")))

    assert variants_of(draft) == {"cpu": []}
    assert draft.notes == ("torch is not asked for, so the variant is cpu; --variant takes another, with its torch",)
    assert draft.checks == ()


def test_a_check_for_the_gpu_that_is_there_is_enough() -> None:
    """The starter check is for drafts that have none."""
    own = Check(name="mine", code="pass", needs_gpu=True)

    assert completed(replace(Draft(), checks=(own,)), from_nothing=True).checks == (own,)


def test_platforms_that_no_variant_has_are_told() -> None:
    """A platform without a target is no silent choice."""
    draft = completed(Draft(), from_nothing=True, platforms=("linux-x86_64", "macos-arm64"))

    assert draft.notes == ("macos-arm64: in no variant; add one, as cpu",)


@pytest.mark.parametrize(
    ("text", "name"),
    [("My Stack!", "my-stack"), ("llm.studio_2", "llm.studio_2"), ("..", "stack"), ("", "stack"), ("Ünï", "n")],
)
def test_a_name_is_made_of_a_folders(text: str, name: str) -> None:
    """Whatever a folder is called, a stack can be named after it."""
    assert stack_name_from(text) == name
