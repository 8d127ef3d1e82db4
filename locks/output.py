"""Standard output whose refusals are errors of ours: the disk it goes to is full, its reader is gone. The edge."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from typing import Any, TextIO, TypeVar, cast

from .problem import OutputRefused, Problem

_T = TypeVar("_T")


def _refusal(error: OSError) -> OutputRefused:
    if error.errno == errno.EPIPE:  # who reads has seen enough
        return OutputRefused(())
    return OutputRefused(
        Problem(
            code="output-refused",
            where="standard output",
            expected="all of what the command prints to be taken",
            found=error.strerror or str(error),
            hint="free space where it goes, or send it elsewhere",
        )
    )


class _Output:
    """A stream of text; once it has refused something it takes nothing more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._refusal: OutputRefused | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._tried(partial(self._stream.write, text))

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def _tried(self, act: Callable[[], _T]) -> _T:
        if self._refusal is None:
            try:
                return act()
            except OSError as error:
                self._refusal = _refusal(error)
                self._give_up()
        raise self._refusal

    def _give_up(self) -> None:
        """Lead the stream nowhere: Python tries what is left in it once more at its end, and would fail aloud."""
        with suppress(OSError), open(os.devnull, "w") as nowhere:  # noqa: PTH123  # a stream of memory has no number
            os.dup2(nowhere.fileno(), self._stream.fileno())


@contextmanager
def output_guarded() -> Iterator[None]:
    """While this holds, writing to standard output raises OutputRefused where the system has it fail."""
    if sys.stdout is None:  # a window has none
        yield
        return
    with redirect_stdout(cast("TextIO", _Output(sys.stdout))):
        yield
