"""A lock as `compile` would write it from a manifest, were the lock's own wheels its choice. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from locks import Lock, LockedWheel, Target
from locks.lock import ORDINARY_INDEX, order_for_installation
from locks.metadata import applies

from ..assemble import split_checks
from ..manifest.model import Manifest, Variant
from ..manifest.requirement import distinct
from ..solving.chains import dependencies_of, edges_of
from ..torch.cuda import limits_of


def lines_for(manifest: Manifest, variant: Variant, target: Target, lock: Lock) -> tuple[Requirement, ...]:
    """Give the lines that hold on the target, each once; an optional group is taken unless the lock leaves it out."""
    left_out = {item.group for item in lock.left_out}
    taken = [group.requirements for group in manifest.optional if group.name not in left_out]
    lines = [*variant.requirements, *manifest.requirements, *(line for group in taken for line in group)]
    environment = target.environment()
    return distinct(line for line in lines if applies(line, environment, frozenset()))


def rewritten(manifest: Manifest, variant: Variant, target: Target, lock: Lock) -> Lock:
    """Give what `compile` would write, were the wheels of `lock` its choice."""
    wheels: Mapping[NormalizedName, LockedWheel] = {wheel.name: wheel for wheel in lock.wheels}
    from_index = variant.taken_from_index(target)
    dependencies = dependencies_of(edges_of(lock))
    checks, checks_left_out = split_checks(manifest.checks, wheels)
    groups = {group.name for group in manifest.optional}
    cut = {(drop.package, drop.requires) for drop in lock.drops if drop.package in wheels}
    return replace(
        lock,
        stack=manifest.stack,
        stack_version=manifest.version,
        target=target,
        manifest_sha256=variant.sha256,
        requirements=tuple(sorted(map(str, lines_for(manifest, variant, target, lock)))),
        wheels=tuple(
            replace(
                wheel,
                dependencies=dependencies[name],
                index=variant.name if name in from_index else ORDINARY_INDEX,
            )
            for name, wheel in sorted(wheels.items())
        ),
        install_order=order_for_installation(dependencies),
        blacklist=manifest.blacklist,
        drops=tuple(drop for drop in manifest.drops if (drop.package, drop.requires) in cut),
        left_out=(*(item for item in lock.left_out if item.group in groups), *checks_left_out),
        checks=checks,
        files=manifest.files,
        limits=limits_of(target, wheels),
        exclude_newer=manifest.cutoff.day,
    )
