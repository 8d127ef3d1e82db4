"""The rules that one target's torch is held against; the first that it breaks is its fault."""

from dataclasses import dataclass
from typing import Literal

from locks.target import VARIANTS

from .case import Case, join_or, other_python, other_variant, own_build, release_anywhere, release_at_hand
from .releases import cuda_platforms, describe_pythons, describe_variant, source_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a target cannot exist, and what can be done about it besides leaving the target out."""

    expected: str
    found: str
    edits: tuple[str, ...]
    because: tuple[str, ...] = ()
    axis: Literal["platforms", "python"] = "platforms"
    """The list that would leave the target out."""


def _system_without_cuda(case: Case) -> Fault | None:
    target = case.target
    if target.variant == "cpu" or target.platform.name in cuda_platforms():
        return None
    return Fault(
        expected=f"a platform with CUDA: {join_or(cuda_platforms())}",
        found=target.platform.name,
        edits=("take variant cpu",),
        because=(source_of("releases.variants"),),
    )


def _label_of_another_variant(case: Case) -> Fault | None:
    variant = case.target.variant
    others = sorted(case.labels - {variant})
    if variant == "cpu" or not others:
        return None
    tables = [f"[variants.{label}]" for label in others if label in VARIANTS]
    move = [f"move the line to {join_or(tables)}"] if tables else []
    never = case.admitted and not any(map(case.is_built, case.admitted))
    own = release_at_hand(case) if never else [f"name the label +{variant}"]
    return Fault(expected=f"a {variant} build of torch", found=case.lines, edits=(*move, *own))


def _never_built(case: Case) -> Fault | None:
    if not case.admitted or any(map(case.is_built, case.admitted)):
        return None
    edits = (*(release_at_hand(case) or release_anywhere(case)), *other_variant(case))
    return Fault(
        expected=describe_variant(case.target.variant),
        found=case.lines,
        edits=edits or tuple(other_python(case)),
        because=(source_of("releases.variants"),),
    )


def _another_build_on_the_ordinary_index(case: Case) -> Fault | None:
    if not case.admitted or any(map(case.is_at_hand, case.admitted)):
        return None
    variant, platform = case.target.variant, case.target.platform.name
    there = sorted({release.ordinary_variant(platform) for release in case.admitted})
    edits = (*release_at_hand(case), *other_variant(case), *own_build(case))
    names = join_or("CPU" if name == "cpu" else name for name in there)
    return Fault(
        expected=f"a {variant} build of torch",
        found=f"{case.lines}, a {names} build on the ordinary index",
        edits=edits or tuple(other_python(case)),
        because=(source_of("releases.ordinary"),),
    )


def _python_without_wheels(case: Case) -> Fault | None:
    at_hand = list(filter(case.is_at_hand, case.admitted))
    if not at_hand or any(map(case.runs, at_hand)):
        return None
    return Fault(
        expected=describe_pythons(at_hand),
        found=f"{case.lines}, Python {case.target.python}",
        edits=tuple(release_at_hand(case)),
        because=(source_of("releases.pythons"),),
        axis="python",
    )


_RULES = (
    _system_without_cuda,
    _label_of_another_variant,
    _never_built,
    _another_build_on_the_ordinary_index,
    _python_without_wheels,
)


def find_fault(case: Case) -> Fault | None:
    """Give the first thing that rules the target out, from its platform down to its Python."""
    return next((fault for rule in _RULES if (fault := rule(case))), None)
