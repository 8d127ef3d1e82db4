"""What one run asks for beside the manifest, and what that makes of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from locks import Problem, Target

from .errors import ManifestError, NotInManifest
from .manifest.model import Manifest, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one run asks for beside what the manifest says."""

    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """As for `choose_targets`."""
    upgrade: frozenset[str] | None = frozenset()
    """Normalised names of packages whose version in an earlier lock counts no more; None: all of them."""
    exclude_newer: date | None = None
    """Instead of the manifest's own day."""
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Variant -> the address of its own index, instead of the manifest's."""
    cross_check: bool = False
    """Whether pip-compile is asked for a second opinion."""

    def amend(self, manifest: Manifest) -> Manifest:
        """Give the manifest as this run has it.

        Raises:
            NotInManifest: an index is given for what has none.
        """
        known = [variant.name for variant in manifest.variants if variant.index]
        if unknown := sorted(self.indexes.keys() - set(known)):
            raise NotInManifest(
                Problem(
                    code="not-in-manifest",
                    where="--index",
                    expected=f"one of {', '.join(known)}" if known else "no index: no variant has its own",
                    found=", ".join(map(repr, unknown)),
                )
            )
        variants = (replace(item, index=self.indexes.get(item.name, item.index)) for item in manifest.variants)
        cutoff = replace(manifest.cutoff, day=self.exclude_newer or manifest.cutoff.day)
        return replace(manifest, variants=tuple(variants), cutoff=cutoff)


def judge_drops(manifest: Manifest, today: date) -> None:
    """Hold the drops against their last days.

    Raises:
        ManifestError: some have expired.
    """
    expired = [drop for drop in manifest.drops if drop.expires and drop.expires < today]
    if expired:
        raise ManifestError(
            Problem(
                code="drop-expired",
                where=f"[[drop]] {drop.package} -> {drop.requires}",
                expected=f"a drop in force on {today}",
                found=f"one that expired on {drop.expires} ({drop.reason})",
                hint="see whether the reason still holds; then remove the drop, or give it a later date",
            )
            for drop in expired
        )


def choose_targets(manifest: Manifest, only: Mapping[str, Sequence[str]]) -> list[tuple[Variant, Target]]:
    """Narrow the manifest's targets; `only` maps "variant", "platform" and "python" to the wanted values, or none.

    Raises:
        NotInManifest: a wanted value is not in the manifest.
    """
    known = {
        "variant": [variant.name for variant in manifest.variants],
        "platform": [platform.name for platform in manifest.platforms],
        "python": list(manifest.pythons),
    }
    problems = [
        Problem(
            code="not-in-manifest",
            where=f"--{axis}",
            expected=f"one of {', '.join(known[axis])}",
            found=repr(value),
        )
        for axis, values in only.items()
        for value in values
        if value not in known[axis]
    ]
    if problems:
        raise NotInManifest(problems)

    def wanted(axis: str, value: str) -> bool:
        return not only.get(axis) or value in only[axis]

    return [
        (variant, target)
        for variant, target in manifest.targets()
        if wanted("variant", variant.name)
        and wanted("platform", target.platform.name)
        and wanted("python", target.python)
    ]
