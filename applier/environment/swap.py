"""The transaction that replaces an environment: the places put in order first, two renames, and in order again.

The new environment is built beside the old one, so that every rename stays on one file system. Until the second
rename of `put_in_place` the old environment counts, from then on the new one; whatever ends the run in between,
`settle` tells what comes of it, at once or in the next run.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from locks import Problem
from locks.interrupts import endings_ignored
from locks.progress import SILENT, Reporter, phase

from ..errors import ApplyRefused
from .alone import alone
from .cut_off import altered_in_common
from .durable import sync_folder, write_durably
from .holders import find_holders
from .journal import Journal, journal_to_bytes, load_journal
from .remove import extended, patiently, remove_tree
from .siblings import Action, Move, Place, Remove, Siblings, give_up, settle


def _words(action: Action, siblings: Siblings) -> str | None:
    """Put in words what an action did for the user; None for a step on the way."""
    match action:
        case Move(Place.OLD, Place.FINAL):
            return "put the environment back that was there before"
        case Move(Place.OLD, Place.PREVIOUS):
            return f"kept the environment before as {siblings.at(Place.PREVIOUS).name}"
        case Remove(place):
            return f"removed {siblings.at(place).name}"
        case _:
            return None


class Transaction:
    """One run's hold on the places of one environment."""

    def __init__(
        self, siblings: Siblings, reporter: Reporter = SILENT, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.siblings = siblings
        self._reporter = reporter
        self.cut_off: Journal | None = None
        """What an earlier run wanted that was cut off."""
        self._keep = True
        self._sleep = sleep

    def _rename(self, source: Place, target: Place) -> None:
        """Rename what is at one place to another; on Windows, wait a little for who has a file open."""
        paths = [extended(self.siblings.at(place)) for place in (source, target)]
        patiently(lambda: os.rename(*paths), sleep=self._sleep)  # noqa: PTH104  # extended paths are strings

    def _move(self, source: Place, target: Place) -> None:
        self._rename(source, target)
        sync_folder(self.siblings.final.parent)

    def carry_out(self, actions: Iterable[Action]) -> list[str]:
        """Do what was decided; give in words what was done."""
        done = []
        for action in actions:
            match action:
                case Move(source, target):
                    self._move(source, target)
                case Remove(place):
                    path = self.siblings.at(place)
                    with phase(self._reporter, "removing", subject=path.name):
                        remove_tree(path, sleep=self._sleep)
            done.append(_words(action, self.siblings))
        return [words for words in done if words]

    def put_in_place(self, incoming: Place) -> None:
        """Put what is at `incoming` in the environment's place, and what was there aside.

        Raises:
            ApplyRefused: it cannot be moved, as on Windows while it is in use; then it is where it was.
        """
        with endings_ignored():
            try:
                if Place.FINAL in self.siblings.found():
                    self._rename(Place.FINAL, Place.OLD)
                self._move(incoming, Place.FINAL)  # at once: waiting for the disk in between leaves nothing in place
            except OSError as error:
                self._undo()
                raise _refused(self.siblings.final, error) from None

    def _undo(self) -> None:
        found = self.siblings.found()
        self.carry_out(action for action in settle(found, keep=True) if isinstance(action, Move))

    def probe(self) -> None:
        """Find out whether the environment can be moved at all, by moving it aside and back.

        Raises:
            ApplyRefused: it cannot, as on Windows while a program has one of its files open.
        """
        if Place.FINAL in self.siblings.found():
            with endings_ignored():
                try:
                    self._rename(Place.FINAL, Place.OLD)
                except OSError as error:
                    raise _refused(self.siblings.final, error) from None
                self._move(Place.OLD, Place.FINAL)

    def give_up(self, *places: Place) -> None:
        """Remove whole environments, for good."""
        self.carry_out(give_up(places, self.siblings.found()))

    def begin(self, journal: Journal) -> None:
        """Write down what this run is about."""
        self._keep = journal.keep
        write_durably(self.siblings.journal, journal_to_bytes(journal))

    def recover(self) -> None:
        """Finish or undo what an earlier run left, and say so."""
        self.cut_off = load_journal(self.siblings.journal)
        altered = self._altered_in_common()
        done = self.carry_out(settle(self.siblings.found(), keep=self.cut_off is None or self.cut_off.keep))
        if self.cut_off:
            self._reporter.warned(
                f"an earlier {self.cut_off.action} of {self.cut_off.bundle} was cut off: {_listed(done)}"
            )
        elif done:
            self._reporter.warned(f"an earlier run was cut off: {_listed(done)}")
        for path in altered:
            self._reporter.warned(
                f"{self.siblings.final / path} is not as it was installed, perhaps by the run that was cut off:"
                " apply a bundle to replace it"
            )
        self.siblings.journal.unlink(missing_ok=True)

    def _altered_in_common(self) -> list[str]:
        """Give the environment's files in which an apply that was cut off before the swap may have left other bytes."""
        is_unproven = self.siblings.found() >= {Place.FINAL, Place.NEW}
        if self.cut_off is None or self.cut_off.action != "apply" or not is_unproven:
            return []
        return altered_in_common(self.siblings.final, self.siblings.at(Place.NEW))

    def finish(self) -> None:
        """Put the places in order; what cannot be done now, be it for Ctrl-C, waits for the next run."""
        try:
            self.carry_out(settle(self.siblings.found(), keep=self._keep))
            self.siblings.journal.unlink(missing_ok=True)
        except (OSError, KeyboardInterrupt) as error:
            why = f" ({error.strerror or error})" if isinstance(error, OSError) else ""
            left = ", ".join(self.siblings.at(place).name for place in sorted(self.siblings.found() - {Place.FINAL}))
            self._reporter.warned(f"beside {self.siblings.final} is left {left}{why}; the next run puts it in order")


def _listed(done: list[str]) -> str:
    return ", ".join(done) or "nothing of it is left"


def _refused(final: Path, error: OSError) -> ApplyRefused:
    return ApplyRefused(
        Problem(
            code="environment-in-use",
            where=str(final),
            expected="an environment that can be moved",
            found=error.strerror or str(error),
            hint="close the programs that run from it, or give --stop-processes",
            because=tuple(f"{holder} uses it" for holder in find_holders(final)),
        )
    )


@contextmanager
def _parents_of(final: Path) -> Iterator[None]:
    """Make the folders above the environment, and remove those again that stay empty."""
    missing = [folder for folder in final.parents if not folder.exists()]
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in missing:
            with suppress(OSError):  # something is in it, or it could not be made
                folder.rmdir()


@contextmanager
def transaction(
    final: Path, reporter: Reporter, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Transaction]:
    """Hold the places of one environment: recover first, and leave nothing unfinished behind, whatever happens."""
    siblings = Siblings(final)
    with _parents_of(final), alone(siblings, reporter):
        places = Transaction(siblings, reporter, sleep=sleep)
        places.recover()
        try:
            yield places
        except KeyboardInterrupt:
            if Place.NEW in siblings.found():
                reporter.noted("stopping: removing what was built")
            raise
        finally:
            places.finish()
