"""What its author should know of a matrix that resolved: `from-index` names without use, extras that are not there,
CUDA builds where none was asked for.

Pure but for the extras it is handed.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock

from .offers.wheels import Wheel
from .solving.choices import extras_of, name_of
from .solving.closure import Closure
from .torch.cuda import TORCH, build_of_torch

ExtrasOffered = Callable[[Wheel], Iterable[str]]
"""Gives the extras of a wheel, as its metadata spells them."""


def unused_from_index(closures: Iterable[Closure]) -> list[str]:
    """Say which packages a variant would take from its own index but has in no closure, as a misspelt one."""
    targets: dict[tuple[str, NormalizedName], list[str]] = {}
    used: set[tuple[str, NormalizedName]] = set()
    for closure in closures:
        variant = closure.variant.name
        used |= {(variant, name) for name in closure.graph.wheels}
        for name in sorted(closure.variant.taken_from_index(closure.target)):
            targets.setdefault((variant, name), []).append(closure.target.name)
    return [
        f"unused: from-index of {variant} names {name}, which is in no closure ({', '.join(names)})"
        for (variant, name), names in targets.items()
        if (variant, name) not in used
    ]


def needless_cuda(closures: Iterable[Closure]) -> list[str]:
    """Say where the cpu variant has a torch built for CUDA: it runs, and is gigabytes larger than it need be."""
    targets: dict[str, list[str]] = {}
    for closure in closures:
        build = build_of_torch(closure.target, closure.graph.wheels)
        if closure.target.variant == "cpu" and build and build != "cpu":
            version = closure.graph.wheels[TORCH].version
            targets.setdefault(f"torch {version} is a {build} build", []).append(closure.target.name)
    return [
        f"needless: {words} on {', '.join(names)}; take it from an index of CPU builds (index, from-index)"
        for words, names in targets.items()
    ]


def upgraded_in_vain(names: Iterable[str], locks: Iterable[Lock]) -> list[str]:
    """Say which packages were to be upgraded and are in no lock, as a misspelt one."""
    known = {wheel.name for lock in locks for wheel in lock.wheels}
    return [
        f"nothing to upgrade: no lock has {name}"
        + "".join(f", did you mean {nearest}?" for nearest in get_close_matches(name, sorted(known), n=1))
        for name in sorted(set(names) - known)
    ]


def missing_extras(closures: Iterable[Closure], extras_offered: ExtrasOffered) -> list[str]:
    """Say who asks a package for an extra that the chosen wheel does not offer: nothing comes with it."""
    targets: dict[str, dict[str, None]] = {}
    for closure in closures:
        for words in _missing(closure, extras_offered):
            targets.setdefault(words, {})[closure.target.name] = None
    return [f"{words} on {', '.join(names)}" for words, names in sorted(targets.items())]


def _missing(closure: Closure, extras_offered: ExtrasOffered) -> Iterator[str]:
    graph = closure.graph
    askers = [("the manifest", root) for root in graph.roots]
    askers += [
        (f"{owner} {graph.wheels[owner].version}", edge) for owner, edges in graph.edges.items() for edge in edges
    ]
    for owner, requirement in askers:
        if asked := extras_of(requirement):
            wheel = graph.wheels[name_of(requirement)]
            offered = set(map(canonicalize_name, extras_offered(wheel)))
            there_are = f"has {', '.join(sorted(offered))}" if offered else "has none"
            for extra in sorted(asked - offered):
                yield f"no such extra: {owner} asks for {wheel.name}[{extra}], {wheel.name} {wheel.version} {there_are}"
