"""What two resolvers made of one target, side by side. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.utils import NormalizedName
from packaging.version import Version

from locks import Target

from .resolvers import Picks


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a resolver made of a target: picks, or a refusal."""

    picks: Picks | None = None
    refusal: str = ""
    """In its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A package that the two do not have in one version."""

    name: NormalizedName
    ours: Version | None
    theirs: Version | None
    aligned: bool
    """Whether we take the peer's as well when the other targets are left out."""


def _told(word: str, differences: Iterable[Difference]) -> str:
    """Say which packages have two versions, and how many only one of the two takes; empty where there are none."""
    differences = tuple(differences)
    parts = [f"{it.name} {it.ours} (uv: {it.theirs})" for it in differences if it.ours and it.theirs]
    only_ours = sum(it.theirs is None for it in differences)
    only_theirs = sum(it.ours is None for it in differences)
    parts += [f"{count} only {who}" for count, who in ((only_ours, "ours"), (only_theirs, "uv's")) if count]
    return f"{word}: {', '.join(parts)}" if parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One target of one stack."""

    stack: str
    target: Target
    ours: Outcome
    """Of the run over all targets."""
    alone: Outcome
    """Ours of a run for this target and no other."""
    theirs: Outcome
    accepted: str = ""
    """Empty, or why the peer does not take our picks when it is held to them."""

    def differences(self) -> Iterator[Difference]:
        """Give what the two have in different versions, by name; nothing where one of them refuses."""
        if self.ours.picks is None or self.theirs.picks is None:
            return
        alone = self.alone.picks or {}
        for name in sorted(self.ours.picks.keys() | self.theirs.picks.keys()):
            ours, theirs = self.ours.picks.get(name), self.theirs.picks.get(name)
            if ours != theirs:
                yield Difference(name=name, ours=ours, theirs=theirs, aligned=alone.get(name) == theirs)

    @property
    def agrees(self) -> bool:
        """Whether both took the same, or both refused."""
        return (self.ours.picks is None) == (self.theirs.picks is None) and not any(self.differences())

    def verdict(self) -> str:
        """Say in words how the two compare."""
        if self.ours.picks is None and self.theirs.picks is None:
            return f"both refuse; ours: {self.ours.refusal}; uv: {self.theirs.refusal}"
        if self.ours.picks is None:
            return f"only we refuse: {self.ours.refusal}"
        if self.theirs.picks is None:
            return f"only uv refuses: {self.theirs.refusal}"
        found = tuple(self.differences())
        if not found:
            return "same"
        aligned = _told("aligned with the other targets", (it for it in found if it.aligned))
        chosen = _told("chosen otherwise", (it for it in found if not it.aligned))
        return "; ".join(filter(None, (aligned, chosen, self.accepted or "uv accepts ours")))

    def row(self) -> tuple[str, ...]:
        """Give the target's line of a table, as `HEADINGS` has it."""
        return self.stack, self.target.platform.name, str(len(self.theirs.picks or ())), self.verdict()


HEADINGS = ("stack", "platform", "packages", "ours and uv's")
