"""The first line of a script that a wheel ships: `#!python` becomes the environment's interpreter. Pure."""

import re
import shlex

_PLACEHOLDER = re.compile(rb"#!pythonw?[^\r\n]*")
_LONGEST_FIRST_LINE = 127  # Linux reads no more of it before 5.1


def asks_for_python(script: bytes) -> bool:
    """Say whether the first line is to be set, by the script or its first 8 bytes."""
    return _PLACEHOLDER.match(script) is not None


def first_line(interpreter: str) -> bytes:
    """Give the line that starts `interpreter` on POSIX.

    The kernel takes neither spaces nor long paths there, so such an interpreter is started through the shell, which
    reads its line as a command and Python as the start of a string.
    """
    if not re.search(r"\s", interpreter) and len(interpreter.encode()) + 2 <= _LONGEST_FIRST_LINE:
        return f"#!{interpreter}".encode()
    return f"#!/bin/sh\n'''exec' {shlex.quote(interpreter)} \"$0\" \"$@\"\n' '''".encode()


def set_interpreter(script: bytes, interpreter: str) -> bytes:
    """Give the script with its first line set; one that asks for another program stays as it is.

    Source: binary distribution format, "recommended installer features".
    """
    match = _PLACEHOLDER.match(script)
    return first_line(interpreter) + script[match.end() :] if match else script
