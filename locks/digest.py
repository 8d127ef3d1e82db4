"""sha256, the one digest used everywhere: of bytes, of files, of what a lock follows from."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

_CHUNK_BYTES = 8 << 20
"""Large, so that a thread that hashes seldom waits for one that runs Python."""
_SHA256 = re.compile("[0-9a-f]{64}")
_UNORDERED = ("requirements", "from-index", "allow", "undated")
"""The arrays of a manifest whose order means nothing."""


def sha256_of_stream(stream: BinaryIO) -> tuple[str, int]:
    """Read `stream` to its end; give the hex digest and the bytes read."""
    digest = hashlib.sha256()
    size_bytes = 0
    buffer = bytearray(_CHUNK_BYTES)
    view = memoryview(buffer)
    while count := stream.readinto(buffer):  # type: ignore[attr-defined]  # binary files have it, typeshed's BinaryIO not
        digest.update(view[:count])
        size_bytes += count
    return digest.hexdigest(), size_bytes


def sha256_of_file(path: Path) -> tuple[str, int]:
    """Hash the file at `path`; give the hex digest and the size in bytes."""
    with path.open("rb") as stream:
        return sha256_of_stream(stream)


def sha256_of_bytes(data: bytes) -> str:
    """Give the hex digest of `data`."""
    return hashlib.sha256(data).hexdigest()


def is_sha256(text: str) -> bool:
    """Say whether `text` is a sha256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


def _without_order(value: Any) -> Any:
    """Give a document with the arrays sorted whose order means nothing."""
    if isinstance(value, dict):
        return {
            key: sorted(item, key=str) if key in _UNORDERED and isinstance(item, list) else _without_order(item)
            for key, item in value.items()
        }
    return [_without_order(item) for item in value] if isinstance(value, list) else value


def manifest_sha256(content: Mapping[str, Any], variant: str) -> str:
    """Digest what the targets of `variant` follow from in a parsed manifest; which targets there are is none of it."""

    def without_axes(table: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in table.items() if key not in ("platforms", "python")}

    own = {"stack": without_axes(content["stack"]), "variants": {variant: without_axes(content["variants"][variant])}}
    document = _without_order({**content, **own})
    return sha256_of_bytes(json.dumps(document, sort_keys=True, default=str).encode())
