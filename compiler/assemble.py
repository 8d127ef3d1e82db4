"""A resolved graph and its manifest, put together as a lock. Pure."""

from collections.abc import Collection, Iterable, Mapping

from packaging.utils import NormalizedName

from locks import Check, LeftOut, Lock, LockedWheel
from locks.lock import order_for_installation

from .manifest.model import Manifest
from .solving.closure import Closure
from .torch.cuda import limits_of


def split_checks(
    checks: Iterable[Check], present: Collection[NormalizedName]
) -> tuple[tuple[Check, ...], tuple[LeftOut, ...]]:
    """Keep the checks whose packages are all `present`; the others are left out, and say why."""
    kept, left_out = [], []
    for check in checks:
        missing = sorted(set(check.after) - set(present))
        if missing:
            left_out.append(LeftOut(group=f"check: {check.name}", reason=f"{', '.join(missing)} not in this lock"))
        else:
            kept.append(check)
    return tuple(kept), tuple(left_out)


def assemble(
    manifest: Manifest,
    closure: Closure,
    *,
    digests: Mapping[NormalizedName, tuple[str, int]],
    licences: Mapping[NormalizedName, str],
) -> Lock:
    """Make the lock; `digests` gives each package's wheel as (sha256, size in bytes)."""
    graph, target = closure.graph, closure.target
    dependencies = graph.dependencies()
    checks, checks_left_out = split_checks(manifest.checks, graph.wheels)
    wheels = (
        LockedWheel(
            name=name,
            version=wheel.version,
            filename=wheel.link.filename,
            sha256=digests[name][0],
            size_bytes=digests[name][1],
            dependencies=dependencies[name],
            requires=tuple(sorted(map(str, graph.edges[name]))),
            licence=licences[name],
            index=wheel.index,
        )
        for name, wheel in sorted(graph.wheels.items())
    )
    return Lock(
        stack=manifest.stack,
        stack_version=manifest.version,
        target=target,
        manifest_sha256=closure.variant.sha256,
        requirements=tuple(sorted(map(str, graph.roots))),
        wheels=tuple(wheels),
        install_order=order_for_installation(dependencies),
        blacklist=manifest.blacklist,
        drops=tuple(drop for drop in manifest.drops if drop.requires in graph.cut.get(drop.package, ())),
        left_out=(*closure.left_out, *checks_left_out),
        checks=checks,
        files=manifest.files,
        limits=limits_of(target, graph.wheels),
        exclude_newer=manifest.cutoff.day,
    )
