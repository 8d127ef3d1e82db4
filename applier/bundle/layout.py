"""The bundle's layout, owned by its reader: what its members are called, and where a wheel store has a wheel. Pure."""

import re
from pathlib import Path

from locks.pylock import WHEELS_FOLDER

CONTENTS = "bundle.json"
LOCK = "pylock.toml"
MAIN = "__main__.py"
REQUIREMENTS = "requirements.txt"
START_HERE = "START-HERE.txt"
SBOM = "sbom.cdx.json"
LICENCES = "licences.txt"
RUNNER = "runner"
MAX_SIGNATURES = 9
_SIGNATURE = re.compile(rf"{re.escape(CONTENTS)}\.sig(?:\.[2-{MAX_SIGNATURES}])?")
FILES_FOLDER = "files"
ACCELERATOR_FOLDER = "accelerator"
BESIDE = "apply.pyz"
"""The runner as a file of its own, which lies beside bundles that cannot start themselves."""


def wheel_member(filename: str) -> str:
    """Give the member name of a wheel; the same as its path in the lock."""
    return f"{WHEELS_FOLDER}/{filename}"


def file_member(path: str) -> str:
    """Give the member name of an extra file."""
    return f"{FILES_FOLDER}/{path}"


def accelerator_member(filename: str) -> str:
    """Give the member name of the accelerator's wheel, which is not in the lock and never in the environment."""
    return f"{ACCELERATOR_FOLDER}/{filename}"


def is_bulk(name: str) -> bool:
    """Say whether a member is one of the large ones, wheels and extra files, whose digests the lock has too."""
    return name.startswith((f"{WHEELS_FOLDER}/", f"{FILES_FOLDER}/"))


def signature_member(number: int) -> str:
    """Give the member name of a signature over `bundle.json`, which cannot list it; they count from 1."""
    return f"{CONTENTS}.sig" if number == 1 else f"{CONTENTS}.sig.{number}"


def is_signature(name: str) -> bool:
    """Say whether a member is a signature by its name."""
    return _SIGNATURE.fullmatch(name) is not None


def stored_wheel(store: Path, sha256: str) -> Path:
    """Give where a wheel lies in a wheel store, which may be on either side."""
    return store / sha256[:2] / f"{sha256}.whl"
