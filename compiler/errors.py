"""The compiler's errors.

locks.Error
├── ManifestError     the manifest is wrong: its author's to mend
│   └── NotInManifest     a flag asks for what it does not have           exit 2
├── DraftError        what `init` was given cannot become a manifest
├── ResolutionError   no set of wheels meets the manifest
│   └── Deadlock          proven: every choice was tried
├── BlacklistError    one does, but a banned package is in it
├── LocksDiffer       the locks there are do not follow from the manifest
├── NotInLock         a package is in none of the locks asked about
├── OutputError       the locks, or a first manifest, cannot be written
└── CrossCheckError   there is no second opinion on the locks
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from locks import Error, ExitCode, Problem


class ManifestError(Error):
    """The manifest is not valid; every fault is carried, each with its dotted path."""


class NotInManifest(ManifestError):
    """A flag asks for what the manifest does not have."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class DraftError(Error):
    """What `init` was given cannot be read, or contradicts itself; every fault is carried, with file and line."""


class ResolutionError(Error):
    """No set of wheels meets the manifest on some target."""


class Deadlock(ResolutionError):
    """No set of wheels can meet the requirements: every choice was tried, or ruled out."""


class BlacklistError(Error):
    """A blacklisted package reached the closure of some target."""


class LocksDiffer(Error):
    """The locks that are there do not follow from the manifest."""


class NotInLock(Error):
    """A package is in none of the locks that were asked about."""


class OutputError(Error):
    """The locks, or a first manifest, cannot be written where they were asked for."""


class CrossCheckError(Error):
    """pip-compile cannot be asked, or fails; that says nothing about the locks."""


def _join_facts(facts_by_target: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Give every fact once; one that does not hold on all targets is told with those that it holds on."""
    targets: dict[str, list[str]] = {}
    for target, facts in facts_by_target.items():
        for fact in facts:
            targets.setdefault(fact, []).append(target)
    everywhere = list(facts_by_target)
    return tuple(fact if names == everywhere else f"on {', '.join(names)}: {fact}" for fact, names in targets.items())


def join_identical(problems: Iterable[Problem]) -> list[Problem]:
    """Report a cause once, naming all the targets it was met on; the facts that lead to it may differ."""
    found: dict[Problem, dict[str, tuple[str, ...]]] = {}
    for problem in problems:
        target, colon, rest = problem.where.partition(": ")
        cause = replace(problem, where=f"{colon}{rest}", because=())
        found.setdefault(cause, {}).setdefault(target, problem.because)
    return [
        replace(cause, where=f"{', '.join(facts)}{cause.where}", because=_join_facts(facts))
        for cause, facts in found.items()
    ]
