"""The journal: what a run that changes an environment is about, for the run after it should this one be cut off.

It tells the intent alone. How far the run came, the names of the places tell: see `siblings`.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a run wants."""

    action: Literal["apply", "rollback"]
    bundle: str
    """File name of the bundle that is applied, or was, to make the environment that is returned to."""
    keep: bool = True
    """Whether the environment before is kept for `rollback`."""
    incoming: str = ""
    """Rollback: sha256 of the receipt of the environment that is returned to; empty when it has none."""


def journal_to_bytes(journal: Journal) -> bytes:
    """Write the journal as JSON."""
    return (json.dumps({"format": _FORMAT, **asdict(journal)}) + "\n").encode("ascii")


def read_journal(data: bytes) -> Journal | None:
    """Read a journal; None when it is not whole, as after a power cut while it was written, or of a newer format."""
    try:
        document = json.loads(data)
    except ValueError:
        return None
    match document:
        case {
            "format": 1,
            "action": "apply" | "rollback" as action,
            "bundle": str(bundle),
            "keep": bool(keep),
            "incoming": str(incoming),
        }:
            return Journal(action=action, bundle=bundle, keep=keep, incoming=incoming)
        case _:
            return None


def load_journal(path: Path) -> Journal | None:
    """Read the journal at `path`; None when there is none."""
    try:
        return read_journal(path.read_bytes())
    except FileNotFoundError:
        return None
