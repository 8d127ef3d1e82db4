"""Which variants fit this machine, best first, and why the others do not. Pure: facts in, verdicts with reasons out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from locks import Platform
from locks.cuda import cuda_of, limits_of, torch_releases_of
from locks.target import PLATFORMS, VARIANTS

from ..finding import Finding
from .facts import Machine
from .gpu_fit import judge_gpu_fit

Rank = tuple[bool, bool, bool, bool, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantVerdict:
    """Whether a variant fits a machine, by the torch releases that are built for it."""

    variant: str
    rank: Rank
    releases: tuple[str, ...]
    """Torch minor releases whose build fits, oldest first; none for `cpu`, which asks nothing of any."""
    reasons: tuple[Finding, ...]
    """What speaks against the newest release, and what should be known of it."""

    @property
    def fits(self) -> bool:
        """Say whether any release fits."""
        return self.rank[0]

    def words(self) -> str:
        """Put the verdict into a line."""
        reasons = "; ".join(words_of(finding) for finding in self.reasons)
        if not self.fits:
            return f"does not fit: {reasons}"
        if not self.releases:
            return "fits every machine, and leaves its GPUs alone"
        newer = f"; newer ones: {reasons}" if self.reasons and self.reasons[0].level == "stop" else ""
        return f"fits with torch {_span(self.releases)}{newer or (f'; {reasons}' if reasons else '')}"

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as a JSON-ready mapping."""
        reasons = [finding.to_dict() for finding in self.reasons]
        return {"variant": self.variant, "fits": self.fits, "torch": list(self.releases), "reasons": reasons}


def words_of(finding: Finding) -> str:
    """Put a reason into words, as part of a sentence."""
    needed = f", needed {finding.expected}" if finding.expected else ""
    return f"{finding.what}: {finding.found}{needed}"


def _span(releases: Sequence[str]) -> str:
    return releases[0] if len(releases) == 1 else f"{releases[0]} to {releases[-1]}"


def platform_of(machine: Machine) -> Platform | None:
    """Give the platform that a machine is; None when we build for no such machine."""
    here = (machine.sys_platform, machine.machine.lower())
    return next((each for each in PLATFORMS.values() if (each.sys_platform, each.machine.lower()) == here), None)


def rank(variant: str, findings: Iterable[Finding], machine: Machine) -> Rank:
    """Give what orders variants: a GPU's before the CPU's where there is one, then those that suit every card, then
    those whose CUDA the driver speaks before those it only runs by compatibility, then the newest CUDA.
    """
    cuda, levels = cuda_of(variant), {finding.level for finding in findings}
    spoken = not (cuda and machine.cuda) or cuda <= machine.cuda
    of_its_kind = (cuda is not None) == bool(machine.gpus)
    return "stop" not in levels, of_its_kind, "warn" not in levels, spoken, cuda or (0, 0)


_BEHIND = (
    "does not fit",
    "is not for the GPUs here",
    "does not suit every GPU, or comes with a warning",
    "its CUDA is newer than the driver's own",
    "its CUDA is older",
)


def why_behind(rank: Rank, best: Rank) -> str:
    """Say in what one that fits comes after the best; empty when in nothing."""
    return next((words for words, one, other in zip(_BEHIND, rank, best, strict=True) if one != other), "")


def _judge_variant(variant: str, platform: Platform, machine: Machine) -> VariantVerdict:
    judged = {
        release: judge_gpu_fit(variant, limits_of(variant, platform, release), machine)
        for release in torch_releases_of(variant, platform)
    }
    fitting = tuple(
        release for release, findings in judged.items() if all(finding.level != "stop" for finding in findings)
    )
    newest = next(reversed(judged.values()), ())
    best = judged[fitting[-1]] if fitting else newest
    reasons = tuple(each for each in newest if each.level == "stop" or (each.level == "warn" and machine.gpus))
    return VariantVerdict(variant=variant, rank=rank(variant, best, machine), releases=fitting, reasons=reasons)


def judge_variants(machine: Machine) -> tuple[VariantVerdict, ...]:
    """Judge every variant that exists on this platform, best first."""
    platform = platform_of(machine)
    if platform is None:
        return ()
    verdicts = (
        _judge_variant(variant, platform, machine)
        for variant in VARIANTS
        if variant == "cpu" or torch_releases_of(variant, platform)
    )
    return tuple(sorted(verdicts, key=lambda verdict: verdict.rank, reverse=True))
