"""What can go wrong, as data: problems, the errors that carry them, the exit codes they end in.

Error:
├── LockError            a lock file is not one of ours, or is inconsistent         exit 1
├── IndexUnavailable     an index, or a file on it, cannot be had                   exit 1
├── OutputRefused        standard output does not take what is printed              exit 1
├── WrongUsage           a command line is not one that the command takes           exit 2
├── compiler.errors      ManifestError, DraftError, ResolutionError, BlacklistError, LocksDiffer, NotInLock,
│                        OutputError, CrossCheckError                                              exit 1
├── bundler.errors       StoreError, WheelConflict, OutputError                     exit 1
└── applier.errors       ApplyRefused 1, BundleDamaged 3, MachineUnfit 4, CheckFailed 5
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, ClassVar


class ExitCode(IntEnum):
    """How a command ends; the one place where the numbers are written."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DAMAGED = 3
    UNFIT = 4
    CHECK_FAILED = 5


def printable(text: str) -> str:
    """Give a text with what cannot be seen, or moves the cursor, escaped: others may have named a file as they like."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def printable_lines(text: str) -> str:
    """Do as `printable`, with the lines of the text kept."""
    return "\n".join(map(printable, text.split("\n")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and what to do about it."""

    code: str
    """Kebab-case and stable: scripts may match on it."""
    where: str
    """The file, member, package or dotted path concerned."""
    expected: str
    found: str
    hint: str = ""
    """What the reader can do next; empty when `expected` already says it."""
    because: tuple[str, ...] = ()
    """Facts that lead to it, one sentence each, for who wants to know more."""

    def __str__(self) -> str:
        sentence = f"{self.code}: {self.where}: expected {self.expected}, found {self.found}"
        return f"{sentence} ({self.hint})" if self.hint else sentence

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping; no `because` where there is none."""
        return {key: value for key, value in asdict(self).items() if key != "because" or value}


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A change that would help: it was tried, and works."""

    edit: str
    """What to change, as an instruction."""
    price: tuple[str, ...]
    """What it costs, one thing each."""

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as a JSON-ready mapping."""
        return asdict(self)


class Error(Exception):
    """Root of everything a user can cause; carries every problem of its kind, never just the first."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.ways_out: tuple[WayOut, ...] = ()
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LockError(Error):
    """A lock file cannot be read as one of ours."""


class IndexUnavailable(Error):
    """An index, a page or a file on it could not be had."""


class OutputRefused(Error):
    """Standard output takes no more; no problem is told of a reader that has seen enough."""


class WrongUsage(Error):
    """A command line is not one that the command takes."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE
