"""sha256 as RECORD and the receipt spell it. Imports nothing heavy: workers use it too."""

import base64


def recorded(digest: bytes) -> str:
    """Give a digest in RECORD's spelling: urlsafe base64 without padding."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
