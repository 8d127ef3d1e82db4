"""Is a set of wheels complete: every requirement met by what is in it. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from .problem import Problem


def judge_requirements(
    versions: Mapping[NormalizedName, Version], asked: Iterable[tuple[str, Requirement]], *, hint: str
) -> Iterator[Problem]:
    """Name every requirement that the packages at `versions` do not meet; each comes with who asks for it."""
    for asker, requirement in asked:
        name = canonicalize_name(requirement.name)
        version = versions.get(name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield Problem(
                code="requirement-not-met",
                where=name,
                expected=f"{requirement} (from {asker})",
                found=str(version) if version else "no such package",
                hint=hint,
            )
