"""The smallest part of a whole that still fails. Pure.

Source: Junker, QuickXplain (AAAI 2004): about k log(n/k) trials for k culprits among n.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def smallest_failing(items: Sequence[_T], fails: Callable[[Sequence[_T]], bool]) -> tuple[_T, ...]:
    """Give a part of `items` that fails and fails no more without any one of its members.

    All of `items` together must fail. Where more items can turn a failure into none, the part may be larger
    than it need be.
    """

    def search(kept: Sequence[_T], open_items: Sequence[_T], *, kept_grew: bool) -> list[_T]:
        if kept_grew and fails(kept):
            return []
        if len(open_items) == 1:
            return list(open_items)
        middle = len(open_items) // 2
        left, right = open_items[:middle], open_items[middle:]
        from_right = search([*kept, *left], right, kept_grew=True)
        from_left = search([*kept, *from_right], left, kept_grew=bool(from_right))
        return [*from_left, *from_right]

    return tuple(search([], items, kept_grew=False)) if items else ()
