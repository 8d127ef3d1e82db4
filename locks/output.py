"""Standard streams that refuse: the disk one goes to is full, its reader is gone. The edge."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import Any, TextIO, cast

from .problem import OutputRefused, Problem


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


def _none(_error: OSError) -> None:
    return None


class _Output:
    """A stream of text; once it has refused something it takes nothing more, and leads nowhere."""

    def __init__(self, stream: TextIO, refusal_of: Callable[[OSError], OutputRefused | None]) -> None:
        """Guard `stream`; `refusal_of` gives what is raised then, if anything."""
        self._stream = stream
        self._refusal_of = refusal_of
        self._refusal: OutputRefused | None = None
        self._is_open = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._try(partial(self._stream.write, text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, act: Callable[[], object]) -> None:
        if self._is_open:
            try:
                act()
            except OSError as error:
                self._refusal = self._refusal_of(error)
                self._give_up()
        if self._refusal:
            raise self._refusal

    def _give_up(self) -> None:
        """Lead the stream nowhere: Python tries what is left in it once more at its end, and would fail aloud."""
        self._is_open = False
        with suppress(OSError), open(os.devnull, "w") as nowhere:  # noqa: PTH123  # a stream of memory has no number
            os.dup2(nowhere.fileno(), self._stream.fileno())


def _guarded(stream: TextIO | None, refusal_of: Callable[[OSError], OutputRefused | None]) -> TextIO | None:
    return cast("TextIO", _Output(stream, refusal_of)) if stream else None  # a window has none


@contextmanager
def output_guarded() -> Iterator[None]:
    """While this holds, writing to standard output raises OutputRefused where the system has it fail.

    What standard error refuses is lost: it is talk, nobody is left to be told, and the exit status is the work's.
    """
    output, talk = _guarded(sys.stdout, _refusal), _guarded(sys.stderr, _none)
    with redirect_stdout(output), redirect_stderr(talk):
        yield
