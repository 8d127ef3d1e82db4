"""What is there when a run does not come to its end: told to whoever stops it, and to whoever reads why it failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locks import Error
from locks.progress import Reporter

from .environment.skeleton import holds_something


def _identity(place: Path) -> int | None:
    """Give what tells one folder from another; None where there is none."""
    try:
        return place.stat().st_ino
    except OSError:
        return None


def _outcome(place: Path, before: int | None) -> str:
    """Say what a run left that did not come to its end: what was there, another environment, or nothing."""
    now = _identity(place)
    if now is None or (place.is_dir() and not holds_something(place)):
        was_none = f"there was nothing at {place}, and there is nothing now"
        return f"nothing was left at {place}" if before else was_none
    if before == now:
        return f"{place} is as it was"
    return f"{'the other' if before else 'an'} environment is in place at {place}"


@contextmanager
def outcome_told(place: Path, reporter: Reporter) -> Iterator[None]:
    """Have whoever stops a run, and whoever reads why it failed, learn what is there now."""
    before = _identity(place)
    try:
        yield
    except Error as error:
        error.add_note(_outcome(place, before))
        raise
    except KeyboardInterrupt:
        reporter.warned(f"interrupted; {_outcome(place, before)}")
        raise
