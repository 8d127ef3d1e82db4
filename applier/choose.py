"""Which of several bundles is for this machine. A folder is read at the edge; the choice itself is pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from locks import Lock, Problem

from .bundle.reader import Bundle
from .bundle.sources import bundles_in
from .errors import ApplyRefused, BundleDamaged, MachineUnfit
from .finding import Finding
from .machine.facts import Machine
from .machine.fit import judge_fit
from .machine.variants import Rank, rank, why_behind, words_of
from .signature import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A whole bundle, and what speaks for and against it here."""

    path: Path
    lock: Lock
    findings: tuple[Finding, ...]
    rank: Rank

    @property
    def fits(self) -> bool:
        """Say whether it may be applied here, if need be with another Python."""
        return self.rank[0]

    @property
    def fits_python(self) -> bool:
        """Say whether the running Python will do."""
        return all(finding.level != "stop" for finding in self.findings)

    def reasons(self) -> str:
        """Say what speaks against it."""
        return "; ".join(words_of(finding) for finding in self.findings if finding.level == "stop")

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as a JSON-ready mapping."""
        findings = [finding.to_dict() for finding in self.findings]
        return {"path": str(self.path), "target": self.lock.target.name, "fits": self.fits, "findings": findings}


def judge_candidate(path: Path, lock: Lock, machine: Machine) -> Candidate:
    """Judge one bundle; that it needs another Python is noted, and does not count, for one is looked for."""
    findings = judge_fit(lock, machine)
    counting = [finding for finding in findings if finding.code != "python-does-not-fit"]
    return Candidate(path=path, lock=lock, findings=findings, rank=rank(lock.target.variant, counting, machine))


def candidates_in(
    folder: Path, machine: Machine, report: Callable[[str], None], trust: Trust | None = None
) -> list[Candidate]:
    """Judge every bundle in a folder; `report` is told of what is none, or is damaged, or not admitted by `trust`.

    Raises:
        ApplyRefused: there is none.
        BundleDamaged: there are only damaged ones.
    """
    candidates, damaged = [], []
    for path in bundles_in(folder):
        try:
            candidates.append(judge_candidate(path, Bundle.open(path, trust).lock, machine))
        except BundleDamaged as error:
            damaged.append(error)
    if not candidates and damaged:
        raise BundleDamaged(problem for error in damaged for problem in error.problems)
    if not candidates:
        expected, hint = "a bundle, or a folder of bundles", "name the bundle, or the folder that it was copied to"
        raise ApplyRefused(
            Problem(code="no-bundle", where=str(folder), expected=expected, found="no .zip file in it", hint=hint)
        )
    for each in damaged:
        report(f"passed over: {each}")
    return candidates


def _version(candidate: Candidate) -> Version:
    try:
        return Version(candidate.lock.stack_version)
    except InvalidVersion:
        return Version("0")


def _order(candidate: Candidate) -> tuple[bool, bool, Rank, Version]:
    return candidate.fits, candidate.fits_python, candidate.rank, _version(candidate)


def _undecided(folder: Path, between: Sequence[Candidate], reason: str) -> ApplyRefused:
    return ApplyRefused(
        Problem(
            code="bundle-not-chosen",
            where=str(folder),
            expected="one bundle that is the best for this machine",
            found=f"{reason}: {', '.join(candidate.path.name for candidate in between)}",
            hint="name the one you want instead of the folder",
        )
    )


def _unfit(candidates: Sequence[Candidate]) -> MachineUnfit:
    return MachineUnfit(
        Problem(
            code=finding.code,
            where=f"{candidate.path.name}: {finding.what}",
            expected=finding.expected,
            found=finding.found,
            hint=finding.hint,
        )
        for candidate in candidates
        for finding in candidate.findings
        if finding.level == "stop"
    )


def choose(candidates: Sequence[Candidate], machine: Machine, *, folder: Path) -> Candidate:
    """Give the best: the newest CUDA that driver and every GPU are up to, of the newest version of the stack.

    Raises:
        MachineUnfit: none fits; with each one's reasons.
        ApplyRefused: several are as good.
    """
    fitting = sorted((each for each in candidates if each.fits), key=_order, reverse=True)
    mend_first = machine.trouble is not None and machine.trouble.stops and not machine.gpus
    if not fitting or (mend_first and len(fitting) < len(candidates)):  # the CPU is no second best to a restart
        raise _unfit(candidates)
    best = fitting[0]
    as_good = [each for each in fitting if _order(each) == _order(best)]
    variants = {each.lock.target.variant for each in fitting}
    if len({each.lock.stack for each in fitting}) > 1:
        raise _undecided(folder, fitting, "bundles of different stacks fit")
    if not machine.gpus and "cpu" not in variants and len(variants) > 1:
        raise _undecided(folder, fitting, "no GPU to choose by")
    if len(as_good) > 1:
        raise _undecided(folder, as_good, "several are as good")
    return best


def _words_of_other(other: Candidate, best: Candidate) -> str:
    if not other.fits:
        return f"does not fit: {other.reasons()}"
    if best.fits_python and not other.fits_python:
        return f"fits, but needs CPython {other.lock.target.python}"
    behind = why_behind(other.rank, best.rank)
    return f"fits, but {behind or f'is of version {other.lock.stack_version}'}"


def choose_bundle(folder: Path, machine: Machine, report: Callable[[str], None], trust: Trust | None = None) -> Path:
    """Choose among the bundles in a folder, of those that `trust` admits, and say why.

    Raises:
        MachineUnfit, ApplyRefused, BundleDamaged: as `candidates_in` and `choose`.
    """
    candidates = candidates_in(folder, machine, report, trust)
    best = choose(candidates, machine, folder=folder)
    for other in candidates:
        if other is not best:
            report(f"{other.path.name} {_words_of_other(other, best)}")
    report(f"{best.path.name} is the one for this machine: driver {machine.driver_words()}, {machine.gpu_words()}")
    return best.path
