"""Which check may run when: a state, and what each event makes of it. Pure.

A check runs as soon as all it needs is in place, while other wheels are still being written. So it may stumble over a
package that is half there, which it would not miss when absent (transformers looks around for what it could use). A
failure in that time is tried again; it counts when it comes back in the same words and none of them names a package
still awaited. Else it waits until everything is in place.

A failure on shared bytecode is tried again without: where the disk is full Python may leave bytecode that is cut short,
and then cannot read it (CPython issue 126606).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from packaging.utils import NormalizedName

from .built_in import PlannedCheck
from .result import CheckResult


def _last_line(result: CheckResult) -> str:
    return result.output.rpartition("\n")[2]


def _names_any(result: CheckResult, packages: frozenset[NormalizedName]) -> bool:
    words = result.output.lower().replace("_", "-")
    return any(name in words for name in packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Where a round of checks stands. Checks are known by their place in `checks`."""

    checks: tuple[PlannedCheck, ...]
    awaited: frozenset[NormalizedName] = frozenset()
    """Packages not yet in place."""
    running: frozenset[int] = frozenset()
    sharing: frozenset[int] = frozenset()
    """Those of them that share bytecode."""
    ended: Mapping[int, CheckResult] = field(default_factory=dict)
    doubted: Mapping[int, CheckResult] = field(default_factory=dict)
    """Failures not yet believed."""
    put_off: frozenset[int] = frozenset()
    """Checks that wait until everything is in place."""

    def runnable(self) -> tuple[int, ...]:
        """Give the checks that may start now, in the manifest's order."""
        return tuple(
            place
            for place, planned in enumerate(self.checks)
            if place not in self.running
            and place not in self.ended
            and not planned.needs & self.awaited
            and not (self.awaited and place in self.put_off)
        )

    def next_place(self, at_once: int) -> int | None:
        """Give the check to start now; None while `at_once` of them run, or none may."""
        return next(iter(self.runnable()), None) if len(self.running) < at_once else None

    def gains_by_sharing(self, at_once: int, *, has_gpu: bool) -> bool:
        """Say whether the checks that start from now on, `at_once` of them, should share the bytecode they compile.

        Only when some come after others: those that start together each compile all of it, and to write it costs a
        fifth more. Bytecode knows its source by size and second alone, which is enough: a file that is being written
        or taken has another size until it is whole, and then no more is done to it.
        """
        to_come = [
            planned
            for place, planned in enumerate(self.checks)
            if place not in self.running
            and place not in self.ended
            and planned.imports_packages
            and (has_gpu or not planned.check.needs_gpu)
        ]
        return len(to_come) > at_once

    def may_share(self, place: int) -> bool:
        """Say whether a check may share bytecode: it has any, and did not fail before."""
        return self.checks[place].imports_packages and place not in self.doubted

    def running_names(self) -> str:
        """Name the checks that run, in the manifest's order."""
        return ", ".join(self.checks[place].check.name for place in sorted(self.running))

    def after_placing(self, package: NormalizedName) -> "Schedule":
        """Take note that a package is wholly in place."""
        return replace(self, awaited=self.awaited - {package})

    def after_starting(self, place: int, *, shares_bytecode: bool = False) -> "Schedule":
        """Take note that a check runs."""
        sharing = self.sharing | {place} if shares_bytecode else self.sharing
        return replace(self, running=self.running | {place}, sharing=sharing)

    def after_ending(self, place: int, result: CheckResult) -> "Schedule":
        """Take note of how a check ended; a failure may be doubted."""
        state = replace(self, running=self.running - {place}, sharing=self.sharing - {place})
        early = bool(self.awaited) and self.checks[place].in_environment
        if result.outcome != "failed" or not (early or place in self.sharing):
            return replace(state, ended={**self.ended, place: result})
        before = self.doubted.get(place)
        if before is None:
            return replace(state, doubted={**self.doubted, place: result})
        if _last_line(before) != _last_line(result) or _names_any(result, self.awaited):
            return replace(state, put_off=self.put_off | {place})
        return replace(state, ended={**self.ended, place: result})

    @property
    def is_done(self) -> bool:
        """Say whether every check has ended."""
        return len(self.ended) == len(self.checks)

    def results(self) -> tuple[CheckResult, ...]:
        """Give the results there are, in the manifest's order."""
        return tuple(self.ended[place] for place in sorted(self.ended))
