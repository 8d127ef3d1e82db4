"""Keys that sign, for tests only: signatures as `ssh-keygen` makes them, and those that it never would.

Signing in Python leaks the key through its timing; these keys are worth nothing.
"""

import base64
import hashlib
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from applier.signature import NAMESPACE
from applier.signature.ed25519 import _BASE, _ORDER, _encode, _times

SSH_KEYGEN = shutil.which("ssh-keygen")
needs_ssh_keygen = pytest.mark.skipif(SSH_KEYGEN is None, reason="there is no ssh-keygen on this machine")


def string(data: bytes) -> bytes:
    """An SSH string."""
    return struct.pack(">I", len(data)) + data


def armoured(blob: bytes) -> bytes:
    """A signature file around `blob`."""
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()


class SigningKey:
    """An Ed25519 key made of a seed."""

    def __init__(self, seed: bytes) -> None:
        digest = hashlib.sha512(hashlib.sha256(seed).digest() if len(seed) != 32 else seed).digest()
        self._secret = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
        self._prefix = digest[32:]
        assert _BASE is not None
        self.public_key = _encode(_times(self._secret, _BASE))

    def sign(self, message: bytes) -> bytes:
        """The raw signature. Source: RFC 8032, 5.1.6."""
        assert _BASE is not None
        nonce = int.from_bytes(hashlib.sha512(self._prefix + message).digest(), "little") % _ORDER
        r = _encode(_times(nonce, _BASE))
        k = int.from_bytes(hashlib.sha512(r + self.public_key + message).digest(), "little") % _ORDER
        return r + ((nonce + k * self._secret) % _ORDER).to_bytes(32, "little")

    @property
    def blob(self) -> bytes:
        """The public key as SSH has it."""
        return string(b"ssh-ed25519") + string(self.public_key)

    def line(self, principals: str = "me@example.org", options: str = "") -> str:
        """A line of an `allowed_signers` file."""
        return f"{principals} {options}{' ' if options else ''}ssh-ed25519 {base64.b64encode(self.blob).decode()}\n"

    def sshsig(self, message: bytes, **other: Any) -> bytes:
        """The signature file over `message`; `other` are fields that are not as they should be."""
        return armoured(self.sshsig_blob(message, **other))

    def sshsig_blob(
        self,
        message: bytes,
        *,
        namespace: str = NAMESPACE,
        hash_name: str = "sha512",
        reserved: bytes = b"",
        key: bytes | None = None,
        magic: bytes = b"SSHSIG",
        version: int = 1,
        kind: bytes = b"ssh-ed25519",
        behind: bytes = b"",
        behind_raw: bytes = b"",
    ) -> bytes:
        """What the armour holds; everything said is signed."""
        digest = hashlib.new(hash_name, message).digest()
        fields = (namespace.encode(), reserved, hash_name.encode())
        raw = self.sign(b"SSHSIG" + b"".join(map(string, (*fields, digest))))
        signature = string(kind) + string(raw) + behind_raw
        head = magic + version.to_bytes(4, "big") + string(self.blob if key is None else key)
        return head + b"".join(map(string, (*fields, signature))) + behind


ALICE, BOB = SigningKey(b"alice"), SigningKey(b"bob")


def ssh_keygen(*words: str, message: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run the system's ssh-keygen."""
    return subprocess.run([str(SSH_KEYGEN), *words], input=message, capture_output=True, check=False)


def make_key(path: Path, kind: str = "ed25519") -> Path:
    """Have ssh-keygen make a key without a passphrase at `path`."""
    assert ssh_keygen("-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)).returncode == 0
    return path


def line_of(key: Path, principals: str = "me@example.org", options: str = "") -> str:
    """The line of an `allowed_signers` file for a key that ssh-keygen made."""
    public = Path(f"{key}.pub").read_text("ascii").strip()
    return f"{principals} {options}{' ' if options else ''}{public}\n"
