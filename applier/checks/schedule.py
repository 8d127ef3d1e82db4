"""Which check may run when: a state, and what each event makes of it. Pure.

A check runs as soon as all it needs is in place, while other wheels are still being written. So it may stumble over a
package that is half there, which it would not miss when absent (transformers looks around for what it could use), and
which its words need not name (`PIL` is of pillow). A failure in that time is not believed: the check runs again when
everything is in place.

Nor is a failure on shared bytecode, which a doubted check does without: where the disk is full Python may leave some
that is cut short, and then cannot read it (CPython issue 126606).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from packaging.utils import NormalizedName

from .built_in import PlannedCheck
from .result import CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Where a round of checks stands. Checks are known by their place in `checks`."""

    checks: tuple[PlannedCheck, ...]
    awaited: frozenset[NormalizedName] = frozenset()
    """Packages not yet in place."""
    running: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()
    """Those of them whose failure will not be believed."""
    ended: Mapping[int, CheckResult] = field(default_factory=dict)
    doubted: frozenset[int] = frozenset()
    """Checks whose failure is not believed: they run again once everything is in place."""

    def _to_come(self) -> Iterator[tuple[int, PlannedCheck]]:
        """Give the checks that neither run nor have ended, each with its place."""
        begun = self.running | self.ended.keys()
        return ((place, planned) for place, planned in enumerate(self.checks) if place not in begun)

    def runnable(self) -> tuple[int, ...]:
        """Give the checks that may start now, in the manifest's order."""
        return tuple(
            place
            for place, planned in self._to_come()
            if not planned.needs & self.awaited and not (self.awaited and place in self.doubted)
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
        importing = sum(
            planned.imports_packages and (has_gpu or not planned.check.needs_gpu) for _, planned in self._to_come()
        )
        return importing > at_once

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
        is_early = bool(self.awaited) and self.checks[place].in_environment
        doubtful = self.doubtful | {place} if is_early or shares_bytecode else self.doubtful
        return replace(self, running=self.running | {place}, doubtful=doubtful)

    def after_ending(self, place: int, result: CheckResult) -> "Schedule":
        """Take note of how a check ended; a failure may be doubted."""
        state = replace(self, running=self.running - {place}, doubtful=self.doubtful - {place})
        if result.outcome != "failed" or place not in self.doubtful:
            return replace(state, ended={**self.ended, place: result})
        return replace(state, doubted=self.doubted | {place})

    @property
    def is_done(self) -> bool:
        """Say whether every check has ended."""
        return len(self.ended) == len(self.checks)

    def results(self) -> tuple[CheckResult, ...]:
        """Give the results there are, in the manifest's order."""
        return tuple(self.ended[place] for place in sorted(self.ended))
