"""The receipt as it lies in an environment. The edge; `receipt` has what it says."""

from functools import lru_cache
from pathlib import Path

from locks import Error, Problem

from ..errors import ApplyRefused
from .receipt import Receipt, read_receipt, receipt_to_json
from .scheme import RECEIPT

_read_once = lru_cache(maxsize=1)(read_receipt)  # an apply looks at the same one several times


def read_receipt_of(environment: Path) -> Receipt:
    """Read the receipt of the environment at that path.

    Raises:
        ApplyRefused: there is none, or it is damaged.
    """
    path = environment / RECEIPT
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = Problem(
            code="no-receipt",
            where=str(path),
            expected="the receipt of an applied environment",
            found=error.strerror or str(error),
            hint="name the environment's folder, or apply a bundle first",
        )
        raise ApplyRefused(problem) from None
    return _read_once(data, document=str(path))


def write_receipt(environment: Path, receipt: Receipt) -> None:
    """Write the receipt into the environment at that path. Raises OSError."""
    with (environment / RECEIPT).open("w", encoding="ascii", newline="\n") as stream:
        stream.writelines(receipt_to_json(receipt))


def receipt_if_any(environment: Path) -> Receipt | None:
    """Read the receipt of what may be no environment of ours; None when it has none that can be read."""
    try:
        return read_receipt_of(environment)
    except Error:
        return None
