"""Alone at an environment's places: a run waits for the others there, and so does who reads. The edge."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from locks.progress import Reporter, phase

from .mutex import hold
from .siblings import Siblings


@contextmanager
def alone(siblings: Siblings, reporter: Reporter) -> Iterator[None]:
    """Wait for other runs at this place, and keep them away."""
    with ExitStack() as stack:

        def waiting() -> None:
            stack.enter_context(phase(reporter, "waiting", subject="for another run at this place to finish"))

        with hold(siblings.mutex, waiting=waiting):
            stack.close()
            yield


@contextmanager
def undisturbed(siblings: Siblings, reporter: Reporter) -> Iterator[None]:
    """Keep runs that change the environment away while it is read, where we may write beside it."""
    with ExitStack() as stack:
        with suppress(OSError):  # a reader may have no right to make the lock file; then it reads all the same
            stack.enter_context(alone(siblings, reporter))
        yield
