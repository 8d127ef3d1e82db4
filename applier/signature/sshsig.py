"""SSH signatures, as `ssh-keygen -Y sign` writes them: Ed25519 keys only. Pure.

Source: OpenSSH, PROTOCOL.sshsig; RFC 4251, section 5 (string), RFC 8709, sections 4 and 6 (key and signature).
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from . import ed25519

NAMESPACE = "venvault-bundle@v1"
"""What a bundle's signature is for, so that one that was made for anything else is none."""

MAX_BYTES = 1 << 12
"""More than any signature that is ours."""

KEY_TYPE = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
_LINE_CHARACTERS = 70


class SignatureInvalid(ValueError):
    """Not the signature of anybody over these bytes; says why."""


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def take_string(data: bytes) -> tuple[bytes, bytes]:
    """Split an SSH string from what is behind it. Raises SignatureInvalid."""
    if len(data) < 4 or len(data) - 4 < (length := int.from_bytes(data[:4])):
        raise SignatureInvalid("data that is cut short")
    return data[4 : 4 + length], data[4 + length :]


def read_public_key(blob: bytes) -> bytes:
    """Read an SSH public key; give the 32 bytes of an Ed25519 one. Raises SignatureInvalid."""
    kind, rest = take_string(blob)
    if kind != KEY_TYPE.encode():
        raise SignatureInvalid(f"a key of type {kind.decode('ascii', 'backslashreplace')}")
    key, rest = take_string(rest)
    if rest or not ed25519.is_public_key(key):
        raise SignatureInvalid("a key that is no sound Ed25519 key")
    return key


def fingerprint(public_key: bytes) -> str:
    """Give a key's fingerprint, as SSH tools show it."""
    digest = hashlib.sha256(_string(KEY_TYPE.encode()) + _string(public_key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature that was read, and not yet verified."""

    public_key: bytes
    """The 32 bytes of the key that it says it is of."""
    hash_name: str
    raw: bytes
    """The 64 bytes of the Ed25519 signature."""

    def is_over(self, message: bytes) -> bool:
        """Say whether that key signed `message`, for our namespace."""
        fields = (NAMESPACE.encode(), b"", self.hash_name.encode(), _HASHES[self.hash_name](message).digest())
        return ed25519.verify(self.public_key, self.raw, _MAGIC + b"".join(map(_string, fields)))


def _armour(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    lines = (text[at : at + _LINE_CHARACTERS] + b"\n" for at in range(0, len(text), _LINE_CHARACTERS))
    return _BEGIN + b"".join(lines) + _END


def _unarmour(data: bytes) -> bytes:
    """Give what the armour holds; what is not byte for byte as ssh-keygen writes it is none."""
    text = data.removeprefix(_BEGIN).removesuffix(_END).replace(b"\n", b"")
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise SignatureInvalid("no SSH signature") from None
    if _armour(blob) != data:
        raise SignatureInvalid("no SSH signature as ssh-keygen writes it")
    return blob


def read_signature(data: bytes) -> Signature:
    """Read a signature file, all of which must be one signature for our namespace.

    Raises:
        SignatureInvalid: it is none, of another version, key type, hash or namespace, or has bytes too many.
    """
    if len(data) > MAX_BYTES:
        raise SignatureInvalid(f"more than {MAX_BYTES} bytes")
    blob = _unarmour(data)
    if blob[: len(_MAGIC)] != _MAGIC or blob[len(_MAGIC) : len(_MAGIC) + 4] != _VERSION.to_bytes(4):
        raise SignatureInvalid("an SSH signature of another version")
    rest = blob[len(_MAGIC) + 4 :]
    fields = []
    for _ in range(5):
        field, rest = take_string(rest)
        fields.append(field)
    key, namespace, reserved, hash_name, signature = fields
    if namespace != NAMESPACE.encode():
        raise SignatureInvalid(f"a signature for {namespace.decode('ascii', 'backslashreplace')!r}")
    if rest or reserved:
        raise SignatureInvalid("an SSH signature with more in it")
    if hash_name.decode("ascii", "replace") not in _HASHES:
        raise SignatureInvalid("a signature over another hash than sha512 or sha256")
    return Signature(public_key=read_public_key(key), hash_name=hash_name.decode(), raw=_read_raw(signature))


def _read_raw(blob: bytes) -> bytes:
    kind, rest = take_string(blob)
    raw, rest = take_string(rest)
    if kind != KEY_TYPE.encode() or len(raw) != 64 or rest:
        raise SignatureInvalid("an SSH signature that is no Ed25519 signature")
    return raw
