"""Which targets cannot exist: a torch, a CUDA variant, a platform and a Python that were never built together.

Decides before any index is asked, and refuses only what the facts prove. So a torch line that lets in a release newer
than the facts is not judged, nor is a variant's own index that is not laid out as PyTorch's: it may hold builds of its
own. Whether the torch that was found is the variant's build is judged after the resolution, in `cuda.py`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Problem, Target
from locks.metadata import applies

from ..errors import join_identical
from ..manifest.model import Variant
from .case import Case
from .companions import judge_pairs, pinned_versions
from .cuda import TORCH
from .releases import TorchRelease, torch_releases
from .rules import Fault, find_fault


def is_pytorch(address: str) -> bool:
    """Say whether an index is laid out as PyTorch's is, and as its mirrors are."""
    return "whl" in address.split("/")


def _admitted(lines: Iterable[Requirement], labels: Collection[str]) -> tuple[TorchRelease, ...]:
    """Give the known releases that the lines let in, bare or labelled; none where they let in a newer one."""
    specifier = SpecifierSet()
    for line in lines:
        specifier &= line.specifier
    releases = torch_releases()
    newer = SpecifierSet(f">{releases[-1].version}")
    if not specifier.to_range().is_disjoint(newer.to_range()):
        return ()
    endings = ("", *(f"+{label}" for label in labels))
    return tuple(item for item in releases if any(Version(f"{item.version}{end}") in specifier for end in endings))


def _holding(requirements: Iterable[Requirement], target: Target) -> dict[NormalizedName, list[Requirement]]:
    """Give the lines that hold on a target, by package."""
    found: dict[NormalizedName, list[Requirement]] = {}
    for line in requirements:
        if applies(line, target.environment(), frozenset()):
            found.setdefault(canonicalize_name(line.name), []).append(line)
    return found


def _case(variant: Variant, target: Target, common: Iterable[Requirement], ordinary: Collection[str]) -> Case:
    tables = {f"variants.{variant.name}": variant.requirements, "stack": common}
    found = {table: _holding(lines, target).get(TORCH, []) for table, lines in tables.items()}
    lines = [line for group in found.values() for line in group]
    own = (variant.index,) if variant.index and TORCH in variant.taken_from_index(target) else ()
    known = any(map(is_pytorch, own)) if own else bool(ordinary)
    labels = {version.local.partition(".")[0] for version in pinned_versions(lines) if version.local}
    return Case(
        target=target,
        lines=" and ".join(f"{line} in [{table}]" for table, group in found.items() for line in group),
        admitted=_admitted(lines, {variant.name, *labels}) if known else (),
        labels=frozenset(labels),
        plain=not own and not labels and not any(map(is_pytorch, ordinary)),
    )


def _place(target: Target, axis: str) -> str:
    return target.python if axis == "python" else target.platform.name


def _leave_out(variant: str, fault: Fault, faults: Mapping[Target, Fault | None]) -> list[str]:
    """Give the edit that keeps the variant's other targets; none where nothing would be left."""
    lost = {_place(target, fault.axis) for target, other in faults.items() if other and other.axis == fault.axis}
    kept = dict.fromkeys(_place(target, fault.axis) for target, other in faults.items() if not other)
    names = ", ".join(f'"{name}"' for name in kept if name not in lost)
    return [f"write {fault.axis} = [{names}] in [variants.{variant}]"] if names else []


def _problems(faults: Mapping[Target, Fault | None]) -> Iterator[Problem]:
    """Make a problem of each fault among the targets of one variant."""
    for target, fault in faults.items():
        if fault:
            yield Problem(
                code="target-impossible",
                where=str(target),
                expected=fault.expected,
                found=fault.found,
                because=fault.because,
                hint=", or ".join((*fault.edits, *_leave_out(target.variant, fault, faults))),
            )


def judge_targets(
    pairs: Iterable[tuple[Variant, Target]], requirements: Iterable[Requirement], *, ordinary: Collection[str]
) -> list[Problem]:
    """Say which targets cannot exist, each cause once with all the targets that it holds for.

    `requirements` are those that all variants share; `ordinary` are the addresses that make up the ordinary index,
    none where it is not the public one and may hold anything.
    """
    common = tuple(requirements)
    faults: dict[str, dict[Target, Fault | None]] = {}
    mismatches: list[Problem] = []
    for variant, target in pairs:
        faults.setdefault(variant.name, {})[target] = find_fault(_case(variant, target, common, ordinary))
        mismatches += judge_pairs(target, _holding((*variant.requirements, *common), target))
    return join_identical([*(problem for group in faults.values() for problem in _problems(group)), *mismatches])
