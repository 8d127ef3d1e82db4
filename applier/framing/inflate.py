"""Which inflater there is: the accelerator from its folder when it loads, else Python's own, without a word."""

import importlib
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

ACCELERATOR_PACKAGE = "isal"


class Inflation(Protocol):
    """One stream being inflated; zlib's interface, which isal shares."""

    @property
    def unconsumed_tail(self) -> bytes:
        """Input that was not looked at because the output was full."""

    @property
    def unused_data(self) -> bytes:
        """Input after the stream's end."""

    @property
    def eof(self) -> bool:
        """Whether the stream's end was reached."""

    def decompress(self, data: "bytes | memoryview", max_length: int = 0, /) -> bytes:
        """Inflate, giving no more than `max_length` bytes unless that is 0."""


class Inflater(Protocol):
    """A module that inflates."""

    error: type[Exception]

    def decompressobj(self, wbits: int = ...) -> Inflation:
        """Begin a stream."""

    def crc32(self, data: "bytes | memoryview", value: int = 0, /) -> int:
        """Carry a checksum on."""


def find_inflater(accelerator: Path | None) -> Inflater:
    """Give isal from that folder, or zlib.

    Whatever keeps isal from loading (another system, a policy against libraries from here) is no reason to fail.
    """
    if accelerator is not None and (accelerator / ACCELERATOR_PACKAGE).is_dir():  # no other one that may be about
        sys.path.insert(0, str(accelerator))
        with suppress(Exception):
            return cast(Inflater, importlib.import_module(f"{ACCELERATOR_PACKAGE}.isal_zlib"))
    return cast(Inflater, zlib)
