"""The same answer as `ssh-keygen -Y verify` gives, about the same bytes and the same file of keys; both ways."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from locks import Error

from applier.signature import NAMESPACE, judge_signatures, read_signature
from applier.signature.places import read_trust
from applier.signature.sshsig import fingerprint
from tests.signing import ALICE, BOB, line_of, make_key, needs_ssh_keygen, ssh_keygen

pytestmark = needs_ssh_keygen
MESSAGE = b"the bytes of bundle.json\n"
GOOD = ALICE.sshsig(MESSAGE)


def ours(keys: Path, signature: bytes, message: bytes) -> bool:
    """What venvault says."""
    try:
        trust = read_trust(keys, datetime.now(UTC))
        judge_signatures({"sig": signature}, message, trust, bundle="b.zip")
    except Error:
        return False
    return True


def theirs(keys: Path, signature: bytes, message: bytes) -> bool:
    """What ssh-keygen says."""
    path = keys.with_name("message.sig")
    path.write_bytes(signature)
    words = ("-Y", "verify", "-f", str(keys), "-I", "me@example.org", "-n", NAMESPACE, "-s", str(path))
    return ssh_keygen(*words, message=message).returncode == 0


CASES: dict[str, tuple[str, bytes, bytes, bool]] = {
    "trusted": (ALICE.line(), GOOD, MESSAGE, True),
    "one of several keys": (BOB.line() + ALICE.line(), GOOD, MESSAGE, True),
    "sha256": (ALICE.line(), ALICE.sshsig(MESSAGE, hash_name="sha256"), MESSAGE, True),
    "our namespace": (ALICE.line(options=f'namespaces="git,{NAMESPACE}"'), GOOD, MESSAGE, True),
    "a pattern": (ALICE.line(options='namespaces="venvault-*"'), GOOD, MESSAGE, True),
    "in its time": (ALICE.line(options='valid-after="20200101",valid-before="22000101"'), GOOD, MESSAGE, True),
    "unknown": (BOB.line(), GOOD, MESSAGE, False),
    "altered bytes": (ALICE.line(), GOOD, MESSAGE + b" ", False),
    "altered signature": (ALICE.line(), ALICE.sshsig(b""), MESSAGE, False),
    "another namespace": (ALICE.line(), ALICE.sshsig(MESSAGE, namespace="git"), MESSAGE, False),
    "a key for another namespace": (ALICE.line(options='namespaces="git"'), GOOD, MESSAGE, False),
    "a forbidden namespace": (ALICE.line(options=f'namespaces="*,!{NAMESPACE}"'), GOOD, MESSAGE, False),
    "expired": (ALICE.line(options='valid-before="20200101"'), GOOD, MESSAGE, False),
    "not yet valid": (ALICE.line(options='valid-after="22000101"'), GOOD, MESSAGE, False),
    "good after expired": (ALICE.line(options='valid-before="20200101"') + ALICE.line(), GOOD, MESSAGE, True),
    "good before expired": (ALICE.line() + ALICE.line(options='valid-before="20200101"'), GOOD, MESSAGE, True),
    "authority": (ALICE.line(options="cert-authority"), GOOD, MESSAGE, False),
    "another key inside": (ALICE.line(), BOB.sshsig(MESSAGE, key=ALICE.blob), MESSAGE, False),
    "no signature": (ALICE.line(), b"yes\n", MESSAGE, False),
    "no keys": ("", GOOD, MESSAGE, False),
}


@pytest.mark.parametrize(
    ("keys", "signature", "message", "expected"), [pytest.param(*row, id=name) for name, row in CASES.items()]
)
def test_ssh_keygen_says_the_same(keys: str, signature: bytes, message: bytes, expected: bool, tmp_path: Path) -> None:
    """An administrator who does not believe our code can ask theirs."""
    path = tmp_path / "keys"
    path.write_text(keys)

    assert ours(path, signature, message) is expected
    assert theirs(path, signature, message) is expected


@pytest.mark.parametrize("options", [(), ("-O", "hashalg=sha256"), ("-O", "hashalg=sha512")])
def test_what_ssh_keygen_signs_is_read(options: tuple[str, ...], tmp_path: Path) -> None:
    """Its signature, its line of keys and its fingerprint are ours."""
    key = make_key(tmp_path / "key")
    signature = ssh_keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, *options, message=MESSAGE).stdout
    keys = tmp_path / "keys"
    keys.write_text(line_of(key))

    assert ours(keys, signature, MESSAGE)
    assert theirs(keys, signature, MESSAGE)
    assert fingerprint(read_signature(signature).public_key) in ssh_keygen("-lf", str(key)).stdout.decode()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.replace(b"SIGNATURE", b"SIGNATURF"), id="armour"),
        pytest.param(lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], id="a bit"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
    ],
)
def test_what_was_altered_is_refused_by_both(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Neither lets an altered signature through."""
    keys = tmp_path / "keys"
    keys.write_text(ALICE.line())

    assert not ours(keys, change(GOOD), MESSAGE)
    assert not theirs(keys, change(GOOD), MESSAGE)
