"""Which torchvision and torchaudio go with which torch. Facts from `cuda.json`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Problem, Target

from .cuda import TORCH, facts
from .releases import source_of

COMPANIONS = (canonicalize_name("torchvision"), canonicalize_name("torchaudio"))
FAMILY = (TORCH, *COMPANIONS)


def torch_needs(companion: NormalizedName) -> dict[Version, SpecifierSet]:
    """Give the torch that each known release of a companion goes with, newest first."""
    exact = {own: SpecifierSet(f"=={torch}") for torch, own in _partners(companion).items()}
    several = {own: SpecifierSet(f">={torch}") for own, torch in _oldest_torch(companion).items()}
    return dict(sorted({**exact, **several}.items(), reverse=True))


def pinned_versions(lines: Iterable[Requirement]) -> set[Version]:
    """Give the versions that the lines name exactly, with their labels."""
    return {
        Version(clause.version)
        for line in lines
        for clause in line.specifier
        if clause.operator == "==" and not clause.version.endswith(".*")
    }


def _pin(lines: Iterable[Requirement]) -> Version | None:
    """Give the one release that is pinned, without its label; None without a pin, or with several."""
    releases = {Version(version.public) for version in pinned_versions(lines)}
    return releases.pop() if len(releases) == 1 else None


def _partners(companion: NormalizedName) -> dict[Version, Version]:
    """Torch release -> the companion's release that goes with it."""
    return {Version(row["torch"]): Version(row[companion]) for row in facts()["pairing"]}


def _oldest_torch(companion: NormalizedName) -> dict[Version, Version]:
    """Release of a companion that goes with more than one torch -> the oldest of them."""
    return {Version(own): Version(torch) for own, torch in facts()["pairing_from"][companion].items()}


def _mismatch(target: Target, torch: Version, companion: NormalizedName, version: Version) -> Problem | None:
    """Judge two pinned releases; those that the facts do not know are let through."""
    partners, oldest = _partners(companion), _oldest_torch(companion).get(version)
    known = oldest or next((of for of, partner in partners.items() if partner == version), None)
    if torch not in partners or known is None or known == torch or (oldest and torch > oldest):
        return None
    return Problem(
        code="torch-pair-mismatch",
        where=str(target),
        expected=f"{companion} {partners[torch]} beside torch {torch}",
        found=f"{companion} {version}",
        because=(source_of("pairing"),),
        hint=f"pin {companion}=={partners[torch]}, or take torch {known}{' or newer' if oldest else ''}",
    )


def judge_pairs(target: Target, lines: Mapping[NormalizedName, Sequence[Requirement]]) -> Iterator[Problem]:
    """Give what is pinned beside a torch that it does not go with; `lines` are those that hold on the target."""
    torch = _pin(lines.get(TORCH, ()))
    for companion in COMPANIONS:
        version = _pin(lines.get(companion, ()))
        if torch and version and (problem := _mismatch(target, torch, companion, version)):
            yield problem
