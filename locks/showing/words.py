"""Progress in words, as short as there is room for. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from unicodedata import combining, east_asian_width

from ..problem import printable
from ..progress import Progress, Reading, left_s, rate_per_s
from ..sizes import counted, megabytes


def duration(seconds: float) -> str:
    """Put seconds in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def encodable(progress: Progress, encoding: str) -> Progress:
    """Give progress whose words a terminal of that encoding has; escaped they are longer, and are to be cut as such."""

    def escaped(text: str) -> str:
        return text.encode(encoding, "backslashreplace").decode(encoding)

    return replace(progress, subject=escaped(progress.subject), item=escaped(progress.item))


def cells(text: str) -> int:
    """Give how many columns of a terminal a text takes."""
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, width: int) -> str:
    while cells(text) > width:
        text = text[:-1].rstrip()
    return text


def _shortened(text: str, width: int) -> str:
    return text if cells(text) <= width else f"{_cut(text, width - 3)}..."


_ITEM_COLUMNS = 12
"""As much of the current item is shown before less worthy numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A piece of a line; of two that do not fit together the one of lower worth goes."""

    text: str
    worth: int


def head_of(progress: Progress) -> str:
    """Say what is done, and to what."""
    return printable(f"{progress.phase} {progress.subject}".rstrip())


def _parts(progress: Progress, readings: Sequence[Reading]) -> Iterator[_Part]:
    if progress.fraction is not None:
        yield _Part(text=f"{int(progress.fraction * 100)} %", worth=6)
    if progress.total_bytes is not None:
        yield _Part(text=f"{megabytes(progress.done_bytes)} of {megabytes(progress.total_bytes)} MB", worth=3)
    elif progress.done_bytes:
        yield _Part(text=f"{megabytes(progress.done_bytes)} MB", worth=3)
    if progress.unit:
        count = counted(progress.done, progress.unit)
        if progress.total is not None:
            count = f"{progress.done:,} of {counted(progress.total, progress.unit)}"
        yield _Part(text=count, worth=1 if progress.total_bytes else 4)
    if progress.total_bytes and (rate := rate_per_s(readings)):
        yield _Part(text=f"{megabytes(rate)} MB/s", worth=2)
    if (seconds := left_s(readings, progress.measure[1])) is not None:
        yield _Part(text=f"{duration(seconds)} left", worth=5)


def _ever_fewer(parts: Iterable[_Part]) -> Iterator[str]:
    """Give them joined, then again and again without the least worthy, down to one."""
    left = list(parts)
    yield ", ".join(part.text for part in left)
    while len(left) > 1:
        left.remove(min(left, key=lambda part: part.worth))
        yield ", ".join(part.text for part in left)


def state_of(progress: Progress, readings: Sequence[Reading], width: int | None = None) -> str:
    """Say where a phase stands, in at most `width` columns: what matters least is left out first."""
    item, numbers = printable(progress.item), list(_ever_fewer(_parts(progress, readings)))
    if width is None:
        return ", ".join(filter(None, [numbers[0], item]))
    for shown in numbers if item else ():
        room = width - cells(shown) - len(", ") if shown else width
        if room >= min(cells(item), _ITEM_COLUMNS):
            return ", ".join(filter(None, [shown, _shortened(item, room)]))
    return next((shown for shown in numbers if cells(shown) <= width), _cut(numbers[-1], width))


def line_of(progress: Progress, readings: Sequence[Reading], width: int | None = None) -> str:
    """Say in one line what is done and where it stands, in at most `width` columns."""
    head = head_of(progress)
    room = None if width is None else max(width - cells(head) - 2, 0)
    line = f"{head}: {state_of(progress, readings, room)}".removesuffix(": ")
    return line if width is None else _cut(line, width)


def whole_of(progress: Progress) -> str:
    """Say in one line what a phase comes to."""
    size = [f"{megabytes(progress.total_bytes)} MB"] if progress.total_bytes is not None else []
    count = [counted(progress.total, progress.unit)] if progress.total is not None else []
    return f"{head_of(progress)}: {', '.join([*size, *count])}".removesuffix(": ")


WORTH_TELLING_S = 1.0
"""What took less is over before anybody wonders."""


def end_of(progress: Progress, seconds: float) -> str:
    """Say in one line what was done in a phase."""
    total = progress.done if progress.unit else None
    done = whole_of(replace(progress, total_bytes=progress.done_bytes or None, total=total))
    return f"{done} in {duration(seconds)}"
