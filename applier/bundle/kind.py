"""What a file is that was named for a bundle and is none: to copy it again would not help."""

import re

from locks import Problem
from locks.problem import printable

from ..framing.records import END_MARK, LOCAL_MARK
from .directory import A_BUNDLE, MAX_DIRECTORY_BYTES
from .extent import Extent
from .headers import END
from .layout import CONTENTS, LOCK

_HEAD_BYTES = 1 << 16
_LOCK_BEGINS = b"lock-version"
_STACK = re.compile(rb"^\s*\[stack\]", re.MULTILINE)
_NAME_ONE = "name a bundle: the .zip that `venvault bundle` wrote, or one of its volumes"


def _text_kind(head: bytes) -> tuple[str, str]:
    """Say what begins like that, and what to do about it."""
    if head.startswith(_LOCK_BEGINS):
        return "a lock", "bundle it first: `venvault bundle LOCK`"
    if _STACK.search(head):
        return "a manifest", "compile it first: `venvault compile MANIFEST`; then `venvault bundle` makes bundles"
    return "no zip", _NAME_ONE


def _other_kind(head: bytes, tail: bytes) -> tuple[str, str] | None:
    if not head.startswith(LOCAL_MARK) and END_MARK not in tail:
        return _text_kind(head) if head.strip(b"\0") else None  # else a copy that has only just begun
    is_whole = tail[-END.size :].startswith(END_MARK)
    if is_whole and not any(name.encode() in tail for name in (CONTENTS, LOCK)):
        return f"a zip without {CONTENTS}", _NAME_ONE
    return None


def no_bundle(whole: Extent, where: str) -> Problem | None:
    """Give the problem that a file never was a bundle; None when it may be one that came to harm.

    Raises:
        OSError: it cannot be read.
    """
    with whole.open(where) as stream:
        head = stream.read(_HEAD_BYTES)
        stream.seek(max(whole.size_bytes - MAX_DIRECTORY_BYTES, 0))
        kind = _other_kind(head, stream.read())
    if kind is None:
        return None
    found, hint = kind
    return Problem(code="not-a-bundle", where=printable(where), expected=A_BUNDLE, found=found, hint=hint)
