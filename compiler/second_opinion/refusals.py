"""Why a version that one side takes is not for the other: its wheels, its index, or what it requires. Pure."""

from packaging.utils import NormalizedName, parse_wheel_filename

from locks.lock import ORDINARY_INDEX

from ..offers.elsewhere import describe_floor
from ..offers.wheels import rank_tags, shelve
from ..solving.choices import name_of
from .comparison import Comparison


def from_another_index(both: Comparison, name: NormalizedName) -> str:
    """Find packages, or what asks for them, that pip may have taken from elsewhere: it merges all indexes."""
    theirs = both.theirs(name)
    if theirs and not both.wheels_of(name, theirs):
        return f"no {theirs} on the index that this package is taken from here; pip merges all indexes"
    if both.ours(name) is None:
        for asker in sorted(both.pins[name].askers & both.wheels.keys()):
            index = both.wheels[asker].index
            if index != ORDINARY_INDEX and asker not in both.differing():
                return f"{asker} comes from the index of {index} here; pip may have read it on another"
    return ""


def refused_here(both: Comparison, name: NormalizedName) -> str:
    """Say why the target takes no wheel of pip-compile's version, though this machine does."""
    target, theirs = both.lock.target, both.theirs(name)
    wheels = both.wheels_of(name, theirs) if theirs else ()
    rank = rank_tags(target.tags())
    fitting = [wheel for wheel in wheels if wheel.tags & both.host.tags]
    if not fitting or shelve(wheels, target=target, rank=rank, cutoff=both.cutoff).wheels:
        return ""
    refused = shelve(fitting, target=target, rank=rank, cutoff=both.cutoff).refused
    if all(wheel.tags.isdisjoint(rank) for wheel in fitting):
        taken = ", ".join(sorted({tag.platform for wheel in fitting for tag in wheel.tags & both.host.tags}))
        floor = describe_floor(target)
        return f"{theirs} has no wheel for {target.platform.name} with {floor}; this machine takes {taken}"
    return f"{theirs} is not taken here: {', '.join(map(str, refused.values()))}"


def refused_there(both: Comparison, name: NormalizedName) -> str:
    """Say so when our wheel is not for this machine."""
    ours = both.wheels.get(name)
    if ours and parse_wheel_filename(ours.filename)[3].isdisjoint(both.host.tags):
        return f"{ours.filename} is not for this machine"
    return ""


def yanked_here(both: Comparison, name: NormalizedName) -> str:
    """Say so when our wheel is yanked, which pip admits by other rules."""
    ours = both.wheels.get(name)
    offered = both.wheels_of(name, ours.version) if ours else ()
    is_yanked = any(ours and wheel.link.filename == ours.filename and wheel.link.yanked for wheel in offered)
    return f"{ours.version} is yanked, and taken here for an exact pin" if ours and is_yanked else ""


def requires_in_vain(both: Comparison, name: NormalizedName) -> str:
    """Find what pip-compile's version requires and no lock for the target could have."""
    for line in both.lines_there(name) if name in both.pins else ():
        if line.url:
            return f"{name} {both.theirs(name)} requires {line}, an address, which no offline machine can reach"
        if both.ours(name_of(line)) is None and (refused := refused_here(both, name_of(line))):
            return f"{name} {both.theirs(name)} requires {line}: {refused}"
    return ""
