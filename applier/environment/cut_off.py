"""What a run that was killed left in the files that the new environment had in common with the old one.

A run that ends in any other way looks at them itself: see `sharing`. Stamps go with it; what stays is the receipt.
"""

import os
from pathlib import Path

from .receipt_file import receipt_if_any
from .tree import read_files


def _is_one_file(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except (OSError, ValueError):  # ValueError: a path that no system has, as a damaged receipt may name
        return False


def altered_in_common(environment: Path, staging: Path) -> list[str]:
    """Give the files that both have, and that are not what the receipt of `environment` says, sorted.

    Nothing without a receipt that can be read: nothing is taken from such an environment.
    """
    receipt = receipt_if_any(environment)
    files = receipt.files if receipt else {}
    common = [path for path in files if _is_one_file(f"{environment}/{path}", f"{staging}/{path}")]
    return sorted(path for path, found in read_files(environment, common).items() if found != files[path])
