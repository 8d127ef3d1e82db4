"""Which variants a draft should have, and the torch lines of each. Pure.

Torch on the ordinary index is one CUDA build for each release: a variant that takes it from there pins its release.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from locks.target import PLATFORMS, VARIANTS

from ..manifest.requirement import line_of
from ..torch.companions import COMPANIONS, FAMILY, torch_needs
from ..torch.cuda import TORCH
from ..torch.releases import TorchRelease, cuda_platforms, torch_releases
from .draft import DraftVariant, Wanted, specifier_of
from .torch_pins import admits_release, torch_needed

DEFAULT_VARIANT = "cu128"
"""From nothing: its newest torch on the ordinary index runs on all GPUs from Volta to Blackwell, from driver 525 on."""


def _plain(family: Iterable[Wanted], name: NormalizedName) -> tuple[Wanted, ...]:
    """Give the lines that hold everywhere; the others stay as they are."""
    return tuple(item for item in family if item.name == name and item.requirement.marker is None)


def _releases(family: Sequence[Wanted]) -> Iterator[TorchRelease]:
    """Give the releases of torch that all plain lines admit, newest first."""
    torch = specifier_of(_plain(family, TORCH))
    needs = [torch_needed(name, specifier_of(plain)) for name in COMPANIONS if (plain := _plain(family, name))]
    for release in reversed(torch_releases()):
        fits = all(not known or any(release.version in item for item in known) for known in needs)
        if fits and admits_release(torch, release.version):
            yield release


def default_variants(family: Sequence[Wanted], indexes: Mapping[str, str], platforms: Iterable[str]) -> tuple[str, ...]:
    """Give the variants that torch's lines amount to: by label, by index, else by what the ordinary index has."""
    labels = {
        Version(item.version).local
        for wanted in family
        for item in wanted.requirement.specifier
        if item.operator == "==" and "+" in item.version
    }
    named = labels | indexes.keys()
    if not named and family:
        newest = next(_releases(family), None)
        named = {newest.ordinary_variant(platform) for platform in platforms} if newest else set()
    return tuple(variant for variant in VARIANTS if variant in named) or ("cpu",)


def _pinned(name: NormalizedName, version: Version, plain: Sequence[Wanted], variant: str) -> tuple[Wanted, ...]:
    if plain and not admits_release(specifier_of(plain), version):
        return tuple(plain)  # a contradiction, for `contradict` to tell
    extras = sorted({extra for item in plain for extra in item.requirement.extras})
    line = f"{name}[{','.join(extras)}]=={version}" if extras else f"{name}=={version}"
    asked = " and ".join(line_of(item.requirement) for item in plain if item.requirement.specifier)
    return (
        Wanted(
            requirement=Requirement(line),
            where=plain[0].where if plain else f"proposed for {variant}",
            comment=f"asked for: {asked}" if asked not in ("", line) else "",
        ),
    )


def _lines(
    variant: str, torch: TorchRelease, family: Sequence[Wanted], names: Iterable[NormalizedName]
) -> tuple[Wanted, ...]:
    found = [item for item in family if item.requirement.marker is not None]
    for name in names:
        needs = {} if name == TORCH else torch_needs(name)
        fitting = (own for own, needed in needs.items() if torch.version in needed)
        version = torch.version if name == TORCH else next(fitting, None)
        plain = _plain(family, name)
        found += _pinned(name, version, plain, variant) if version else plain
    return tuple(found)


def _own_index(variant: str, platforms: Sequence[str], lines: Iterable[Wanted], *, everywhere: bool) -> tuple[str, ...]:
    """Give what a person must write to take a variant from an index of its own, on those platforms."""
    systems = {PLATFORMS[name].sys_platform for name in platforms}
    marker = f" ; sys_platform == '{systems.pop()}'" if len(systems) == 1 and not everywhere else ""
    names = ", ".join(f'"{name}{marker}"' for name in dict.fromkeys(item.name for item in lines))
    address = f'index = "https://download.pytorch.org/whl/{variant}"  # or your mirror of it'
    return (address, f"from-index = [{names}]")


def _possible(variant: str, torch: TorchRelease | None, platforms: Sequence[str]) -> tuple[str, ...]:
    """Give the platforms the variant can exist on; all of them where that would leave none."""
    if torch:
        possible = tuple(name for name in platforms if torch.may_be(variant, name))
    else:
        possible = tuple(name for name in platforms if variant == "cpu" or name in cuda_platforms())
    return possible or tuple(platforms)


def _limited(chosen: Sequence[str], platforms: Sequence[str]) -> tuple[str, ...]:
    """Give what `platforms` of a variant must say; nothing when it has all of the stack's."""
    return tuple(chosen) if len(chosen) < len(platforms) else ()


def with_own_index(variant: DraftVariant, platforms: Sequence[str]) -> DraftVariant:
    """Give a variant that has its lines already the platforms it can have, and say where its index is not needed."""
    lines = [item for item in variant.requirements if item.name == TORCH]
    torch = next(_releases(lines), None) if lines else None
    possible = _possible(variant.name, torch, platforms)
    served = [name for name in possible if torch and variant.index and torch.ordinary_variant(name) == variant.name]
    remarks = variant.remarks
    if torch and served:
        remark = f"On the ordinary index torch {torch.version} is the same build for {', '.join(served)}; for these "
        remarks = (*remarks, f"{remark}alone, delete `index`, `from-index` and the labels behind +.")
    return replace(variant, platforms=_limited(possible, platforms), remarks=remarks)


def _pythons(torch: TorchRelease, pythons: Sequence[str], platforms: Iterable[str]) -> tuple[str, ...]:
    """Give what `python` of a variant must say: those there are wheels for, unless that is all, or none."""
    runs = tuple(python for python in pythons if all(torch.runs_on(python, name) for name in platforms))
    return runs if len(runs) < len(pythons) else ()


def _from_elsewhere(
    variant: str, torch: TorchRelease | None, lines: Sequence[Wanted], platforms: Sequence[str]
) -> DraftVariant:
    """Describe a variant that the ordinary index does not have."""
    possible = _possible(variant, torch, platforms)
    return DraftVariant(
        name=variant,
        requirements=tuple(lines),
        platforms=_limited(possible, platforms),
        remarks=(f"The ordinary index has no {variant} build for {', '.join(possible)}. Name one that has:",),
        example=_own_index(variant, possible, lines, everywhere=True),
    )


def _from_ordinary(
    variant: str, torch: TorchRelease, lines: Sequence[Wanted], platforms: Sequence[str]
) -> DraftVariant:
    """Describe a variant that the ordinary index has, and tell where it has another."""
    served = tuple(name for name in platforms if torch.ordinary_variant(name) == variant)
    others = [name for name in platforms if name not in served and torch.may_be(variant, name)]
    remark = f"On the ordinary index torch {torch.version} is the {variant} build for {', '.join(served)}."
    more = f"For {', '.join(others)} it is another. To ship there, add that to `platforms` and name an index:"
    return DraftVariant(
        name=variant,
        requirements=tuple(lines),
        platforms=_limited(served, platforms),
        remarks=(remark, more) if others else (remark,),
        example=_own_index(variant, others, lines, everywhere=False) if others else (),
    )


def propose(
    variant: str,
    family: Sequence[Wanted],
    *,
    platforms: Sequence[str],
    pythons: Sequence[str] = (),
    names: Iterable[NormalizedName] = (),
    index: str = "",
) -> DraftVariant:
    """Describe a variant: `family` are the torch lines asked for, `names` what is to be in it beyond them."""
    wanted = tuple(name for name in FAMILY if name in names or any(item.name == name for item in family))
    if not wanted:
        return DraftVariant(name=variant)
    if index:
        return with_own_index(DraftVariant(name=variant, requirements=tuple(family), index=index), platforms)
    releases = list(_releases(family))
    for torch in releases:
        if any(torch.ordinary_variant(name) == variant for name in platforms):
            found = _from_ordinary(variant, torch, _lines(variant, torch, family, wanted), platforms)
            return replace(found, pythons=_pythons(torch, pythons, found.platforms or platforms))
    built = next((torch for torch in releases if any(torch.may_be(variant, name) for name in platforms)), None)
    missing = [name for name in wanted if all(item.name != name for item in family)]
    proposed = _lines(variant, built, (), missing) if built else ()
    return _from_elsewhere(variant, built, (*proposed, *family), platforms)
