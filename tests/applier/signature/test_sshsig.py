"""SSH signatures: ours are read and hold, all others are refused, to the last bit."""

import base64
from typing import Any

import pytest

from applier.signature import SignatureInvalid, read_signature
from applier.signature.sshsig import fingerprint
from tests.signing import ALICE, BOB, armoured, string

MESSAGE = b"the bytes of bundle.json"
SIGNATURE = ALICE.sshsig(MESSAGE)


@pytest.mark.parametrize("hash_name", ["sha512", "sha256"])
def test_a_signature_holds_over_its_bytes_alone(hash_name: str) -> None:
    """It says whose it is, and holds for what was signed and for nothing else."""
    signature = read_signature(ALICE.sshsig(MESSAGE, hash_name=hash_name))

    assert signature.public_key == ALICE.public_key
    assert signature.is_over(MESSAGE)
    assert not signature.is_over(MESSAGE + b"\n")
    assert not signature.is_over(b"")


def test_a_key_is_shown_as_ssh_shows_it() -> None:
    """The fingerprint is the one that `ssh-keygen -l` told of this key."""
    assert fingerprint(ALICE.public_key) == "SHA256:WeXpogacdCqvmaxuNZFUpT1Te6ZU/j7aPAocB0T2i8o"


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "another namespace": ({"namespace": "git"}, "for 'git'"),
    "a longer namespace": ({"namespace": "venvault-bundle@v1\0"}, "for "),
    "no namespace": ({"namespace": ""}, "for ''"),
    "another version": ({"version": 2}, "another version"),
    "another magic": ({"magic": b"SSHSIH"}, "another version"),
    "a weak hash": ({"hash_name": "sha1"}, "another hash"),
    "something reserved": ({"reserved": b"x"}, "more in it"),
    "something behind": ({"behind": b"x"}, "more in it"),
    "something behind the raw signature": ({"behind_raw": b"x"}, "no Ed25519 signature"),
    "another type of signature": ({"kind": b"ssh-rsa"}, "no Ed25519 signature"),
    "another type of key": ({"key": string(b"ssh-rsa") + string(bytes(32))}, "type ssh-rsa"),
    "a security key": ({"key": string(b"sk-ssh-ed25519@openssh.com") + string(bytes(32))}, "type sk-ssh"),
    "a key with more": ({"key": ALICE.blob + b"x"}, "no sound"),
    "a key of no point": ({"key": string(b"ssh-ed25519") + string(b"\2" + bytes(31))}, "no sound"),
    "a key of low order": ({"key": string(b"ssh-ed25519") + string(b"\1" + bytes(31))}, "no sound"),
    "a short key": ({"key": string(b"ssh-ed25519") + string(bytes(31))}, "no sound"),
    "no key": ({"key": b""}, "cut short"),
    "a type that moves the cursor": ({"key": string(b"\x1b[2J\xff")}, "type"),
}


@pytest.mark.parametrize(("other", "why"), [pytest.param(*row, id=name) for name, row in OTHERS.items()])
def test_what_is_not_ours_is_refused(other: dict[str, Any], why: str) -> None:
    """A signature that says something else is none, though the key made it over just that."""
    with pytest.raises(SignatureInvalid, match=why):
        read_signature(ALICE.sshsig(MESSAGE, **other))


ARMOURS = {
    "empty": b"",
    "no armour": base64.b64encode(ALICE.sshsig_blob(MESSAGE)),
    "no last line": SIGNATURE[:-30],
    "no last newline": SIGNATURE[:-1],
    "something before": b"\n" + SIGNATURE,
    "something behind": SIGNATURE + b"\n",
    "two": SIGNATURE * 2,
    "carriage returns": SIGNATURE.replace(b"\n", b"\r\n"),
    "another width": SIGNATURE.replace(b"\n", b"", 2),
    "spaces": SIGNATURE.replace(b"\n", b" \n", 2),
    "another alphabet": SIGNATURE.replace(b"U1NIU0", b"U1NI-_"),
    "not ASCII": SIGNATURE.replace(b"U1", "\u00fc".encode()),
    "of nothing": armoured(b""),
    "of a few bytes": armoured(b"SSHSIG\0\0\0\1"),
    "cut": armoured(ALICE.sshsig_blob(MESSAGE)[:-1]),
    "of a length beyond the end": armoured(b"SSHSIG\0\0\0\1\xff\xff\xff\xff"),
    "endless": SIGNATURE + b"A" * 5000,
}


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in ARMOURS.items()])
def test_what_ssh_keygen_would_not_write_is_refused(data: bytes) -> None:
    """There is one way to write a signature down."""
    with pytest.raises(SignatureInvalid):
        read_signature(data)


def test_every_flipped_bit_of_a_signature_is_noticed() -> None:
    """Not one bit can be flipped, of the armour, the fields or the signature itself."""
    for place in range(len(SIGNATURE) * 8):
        flipped = bytearray(SIGNATURE)
        flipped[place // 8] ^= 1 << place % 8
        try:
            signature = read_signature(bytes(flipped))
        except SignatureInvalid:
            continue
        assert not signature.is_over(MESSAGE)


def test_a_signature_with_another_key_in_it_does_not_hold() -> None:
    """The key it names is the one it is verified by."""
    assert not read_signature(ALICE.sshsig(MESSAGE, key=BOB.blob)).is_over(MESSAGE)
