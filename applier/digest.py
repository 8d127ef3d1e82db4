"""sha256 as RECORD and the receipt spell it. Imports nothing heavy: workers use it too."""

import base64
import hashlib


def recorded(digest: bytes) -> str:
    """Give a digest in RECORD's spelling: urlsafe base64 without padding."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


class FileDigest:
    """What identifies a file, as its bytes pass: their number, their sha256, and the digest that RECORD has of them."""

    def __init__(self, algorithm: str) -> None:
        """Take RECORD's `algorithm`, as hashlib calls it; empty when RECORD has nothing."""
        self.size_bytes = 0
        self._sha256 = hashlib.sha256()
        self._other = hashlib.new(algorithm) if algorithm not in ("", "sha256") else None

    def update(self, chunk: "bytes | memoryview") -> None:
        """Take the next bytes."""
        self.size_bytes += len(chunk)
        self._sha256.update(chunk)
        if self._other is not None:
            self._other.update(chunk)

    @property
    def sha256(self) -> str:
        """The sha256, in RECORD's spelling."""
        return recorded(self._sha256.digest())

    @property
    def as_recorded(self) -> str:
        """The digest by RECORD's algorithm, in its spelling."""
        return recorded((self._other or self._sha256).digest())
