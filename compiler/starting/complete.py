"""A draft made whole: what was not said is filled in, and torch gets its line in each variant. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from locks import Check
from locks.table import Faults

from ..errors import DraftError
from ..manifest.requirement import read_requirement
from ..torch.companions import FAMILY
from ..torch.cuda import TORCH
from .draft import Draft, DraftVariant, Wanted
from .propose import DEFAULT_VARIANT, default_variants, propose, with_own_index

DEFAULT_PYTHONS = ("3.11",)
"""Every torch that a variant can have, 2.1 and later, has wheels for it."""
DEFAULT_PLATFORMS = ("linux-x86_64",)
DEFAULT_VERSION = "1"

_SEES_CUDA = Check(
    name="torch sees CUDA",
    code='import torch\nassert torch.cuda.is_available(), f"torch {torch.__version__} sees no CUDA device"\n',
    after=(TORCH,),
    needs_gpu=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What flags or answers say; it goes before what a file says."""

    stack: str = ""
    variants: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    """Those of a pyproject.toml to take as optional groups."""


def stack_name_from(text: str) -> str:
    """Make a stack's name of a folder's or a project's."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("._-") or "stack"


def _wished(requirements: Sequence[str]) -> tuple[Wanted, ...]:
    faults = Faults(code="source-invalid", document="--requirement")
    read = [(text, read_requirement(text, partial(faults.add, repr(text)))) for text in requirements]
    faults.raise_if_any(DraftError)
    return tuple(Wanted(requirement=item, where=f"--requirement {text!r}") for text, item in read if item)


def _variants(draft: Draft, wishes: Wishes, *, from_nothing: bool) -> Draft:
    """Give the draft its variants; torch's lines move to those that have none of their own."""
    known = {variant.name: variant for variant in draft.variants}
    family = () if known else tuple(item for item in draft.requirements if item.name in FAMILY)
    fallback = (DEFAULT_VARIANT,) if from_nothing and not family else ()
    names = wishes.variants or tuple(known) or fallback
    names = names or default_variants(family, draft.indexes, draft.platforms)

    def describe(name: str) -> DraftVariant:
        beyond = () if name == "cpu" else FAMILY if from_nothing and not family else (TORCH,)
        index = draft.indexes.get(name, "")
        if name in known:
            return with_own_index(known[name], draft.platforms)
        return propose(name, family, platforms=draft.platforms, pythons=draft.pythons, names=beyond, index=index)

    left = tuple(item for item in draft.requirements if item not in family)
    variants = tuple(map(describe, dict.fromkeys(names)))
    nobody_asked = not (from_nothing or family or known or wishes.variants)
    notes = ("torch is not asked for, so the variant is cpu; --variant takes another, with its torch",)
    return replace(draft, requirements=left, variants=variants, notes=(*draft.notes, *(notes if nobody_asked else ())))


def _uncovered(draft: Draft) -> tuple[str, ...]:
    covered = {name for variant in draft.variants for name in draft.platforms_of(variant)}
    missing = [name for name in draft.platforms if name not in covered]
    return (f"{', '.join(missing)}: in no variant; add one, as cpu",) if missing else ()


def complete(draft: Draft, wishes: Wishes, *, folder: str, from_nothing: bool) -> Draft:
    """Fill in what was not said; `folder` is the name of the folder the manifest is about.

    Raises:
        DraftError: a requirement among the wishes cannot be read.
    """
    whole = replace(
        draft,
        stack=wishes.stack or stack_name_from(draft.stack or folder),
        version=draft.version or DEFAULT_VERSION,
        pythons=wishes.pythons or draft.pythons or DEFAULT_PYTHONS,
        platforms=wishes.platforms or draft.platforms or DEFAULT_PLATFORMS,
        requirements=(*draft.requirements, *_wished(wishes.requirements)),
    )
    whole = _variants(whole, wishes, from_nothing=from_nothing)
    of_cuda = (item for variant in whole.variants if variant.name != "cpu" for item in variant.requirements)
    has_cuda = any(item.name == TORCH for item in of_cuda)
    starter = (_SEES_CUDA,) if has_cuda and not any(check.needs_gpu for check in whole.checks) else ()
    return replace(whole, checks=(*starter, *whole.checks), notes=(*whole.notes, *_uncovered(whole)))
