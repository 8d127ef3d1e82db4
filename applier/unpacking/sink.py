"""Files being made, of bytes that come in pieces; never over one that is there."""

import os

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def create(path: str, mode: int) -> int:
    """Make a file, its mode what the umask leaves of `mode`; give its descriptor. Raises OSError."""
    return os.open(path, _CREATE, mode)


def write_all(sink: int, chunk: "bytes | memoryview") -> None:
    """Write the whole of a piece. Raises OSError."""
    view = memoryview(chunk)
    while view:
        view = view[os.write(sink, view) :]
