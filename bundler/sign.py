"""Signing at the desk, by `ssh-keygen` and whatever agent or card it reaches; no secret key is ever read here."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from locks import Problem

from applier.bundle.layout import MAX_SIGNATURES, signature_member
from applier.signature import NAMESPACE, SignatureInvalid, read_signature

from .errors import OutputError


def _failed(key: Path, expected: str, found: str, hint: str = "") -> OutputError:
    return OutputError(Problem(code="not-signed", where=str(key), expected=expected, found=found, hint=hint))


def _sign(key: Path, message: bytes) -> bytes:
    """Have `message` signed with the key at `key`: a secret one, or the public one of a key that an agent holds."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE]
    try:
        done = subprocess.run(command, input=message, capture_output=True, check=False)  # noqa: S603
    except OSError as error:
        hint = "install the OpenSSH client"
        raise _failed(key, "to start ssh-keygen", error.strerror or str(error), hint) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise _failed(key, "ssh-keygen to sign with this key", said)
    try:
        is_good = read_signature(done.stdout).is_over(message)
    except SignatureInvalid as error:
        hint = "make one with: ssh-keygen -t ed25519"
        raise _failed(key, "an Ed25519 key that is no security key's", str(error), hint) from None
    if not is_good:
        raise _failed(key, "a signature that holds", "another")
    return done.stdout


def sign_contents(keys: Iterable[Path], message: bytes) -> dict[str, bytes]:
    """Have `message`, the bytes of `bundle.json`, signed with each key; give the members that hold the signatures.

    Raises:
        OutputError: a key does not sign, or is none that a bundle can be verified with; or there are too many.
    """
    chosen = tuple(keys)
    if len(chosen) > MAX_SIGNATURES:
        raise _failed(chosen[MAX_SIGNATURES], f"at most {MAX_SIGNATURES} keys", str(len(chosen)))
    return {signature_member(number): _sign(key, message) for number, key in enumerate(chosen, start=1)}
