"""What stands in an environment's place already: the very bundle that is to be applied, whole, or not."""

from pathlib import Path

from locks import Error
from locks.digest import sha256_of_bytes
from locks.progress import Reporter

from .bundle.layout import CONTENTS
from .bundle.reader import Bundle
from .environment.receipt import Receipt
from .environment.receipt_file import read_receipt_of
from .environment.skeleton import python_of
from .verifying.verify import compare_files

_LINES = 5
"""Differing files that are named one by one."""


def bundle_digest(bundle: Bundle) -> str:
    """Give the sha256 of `bundle.json`, which has that of everything else."""
    with bundle.open_member(CONTENTS) as stream:
        return sha256_of_bytes(stream.read())


def judge_standing(final: Path, bundle: Bundle, reporter: Reporter) -> Receipt | None:
    """Give the receipt of the environment that stands there when it is this bundle's, to the last byte."""
    try:
        receipt = read_receipt_of(final)
        if receipt.bundle_sha256 != bundle_digest(bundle):
            return None
        drift = compare_files(final, receipt, reporter)
    except Error:
        return None
    lines = drift.findings()
    if not python_of(final, bundle.lock.target).exists():  # a link whose target went is unaltered all the same
        lines.append("its Python is gone")
    for line in lines[:_LINES]:
        reporter.noted(f"not in place any more: {line}")
    if len(lines) > _LINES:
        reporter.noted(f"not in place any more: {len(lines) - _LINES} files besides")
    return None if lines else receipt
