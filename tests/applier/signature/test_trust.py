"""Who is trusted: the machine's keys decide, and nothing in a bundle does."""

from datetime import UTC, datetime

import pytest

from applier.errors import BundleDamaged
from applier.signature import Signer, Trust, TrustedKey, judge_signatures
from applier.signature.keys import read_keys
from applier.signature.sshsig import fingerprint
from tests.signing import ALICE, BOB

MESSAGE = b"the bytes of bundle.json"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BY_ALICE = {"bundle.json.sig": ALICE.sshsig(MESSAGE)}
BY_BOTH = {"bundle.json.sig": BOB.sshsig(MESSAGE), "bundle.json.sig.2": ALICE.sshsig(MESSAGE)}


def trust(*lines: str) -> Trust:
    """What a file of these lines trusts."""
    keys = tuple(key for key in read_keys("".join(lines)) if isinstance(key, TrustedKey))
    return Trust(where="/keys", keys=keys, now=NOW)


def judge(signatures: dict[str, bytes], trusted: Trust | None) -> tuple[Signer, ...]:
    """Judge signatures over the message."""
    return judge_signatures(signatures, MESSAGE, trusted, bundle="b.zip")


def test_a_trusted_key_is_named_as_the_machine_names_it() -> None:
    """The name is the file's, the fingerprint the key's."""
    (signer,) = judge(BY_ALICE, trust(BOB.line("bob"), ALICE.line("alice@x")))

    assert str(signer) == f"alice@x ({fingerprint(ALICE.public_key)})"


def test_one_trusted_signature_is_enough() -> None:
    """While keys are replaced, a bundle is signed with both, and machines know one."""
    bob, alice = judge(BY_BOTH, trust(ALICE.line("alice")))

    assert (bob.principals, alice.principals) == ("", "alice")


def test_one_line_that_counts_is_enough() -> None:
    """A key whose time was prolonged by another line counts."""
    old = ALICE.line("old", options='valid-before="20260101Z"')

    assert judge(BY_ALICE, trust(old, ALICE.line("new")))[0].principals == "new"


def test_without_keys_nobody_is_known() -> None:
    """Where no keys are set up, unsigned bundles pass, and of signed ones it is not said who made them."""
    assert judge({}, None) == ()
    assert judge(BY_ALICE, None) == (Signer(public_key=ALICE.public_key),)


REFUSED = {
    "unsigned": ({}, trust(ALICE.line()), "signature-missing", "none"),
    "unsigned, no key at all": ({}, trust(), "signature-missing", "none"),
    "of a stranger": (BY_ALICE, trust(BOB.line()), "signature-unknown", "SHA256:"),
    "no key at all": (BY_ALICE, trust(), "signature-unknown", "SHA256:"),
    "for another purpose": (BY_ALICE, trust(ALICE.line(options='namespaces="git"')), "signature-unknown", "'git' only"),
    "expired": (
        BY_ALICE,
        trust(ALICE.line(options='valid-before="20261001Z"')),
        "signature-unknown",
        "not valid after",
    ),
    "too early": (
        BY_ALICE,
        trust(ALICE.line(options='valid-after="20271001Z"')),
        "signature-unknown",
        "not valid before",
    ),
    "of other bytes": ({"s": ALICE.sshsig(b"")}, trust(ALICE.line()), "signature-invalid", "over other bytes"),
    "no signature": ({"s": b"yes"}, trust(ALICE.line()), "signature-invalid", "no SSH signature"),
    "in a stranger's name": ({"s": BOB.sshsig(MESSAGE, key=ALICE.blob)}, trust(ALICE.line()), "signature-invalid", ""),
    "one good, one bad": (BY_ALICE | {"s": b"yes"}, trust(ALICE.line()), "signature-invalid", ""),
    "bad, without keys": ({"s": ALICE.sshsig(b"")}, None, "signature-invalid", "over other bytes"),
    "of another namespace": ({"s": ALICE.sshsig(MESSAGE, namespace="git")}, None, "signature-invalid", "'git'"),
}


@pytest.mark.parametrize(
    ("signatures", "trusted", "code", "found"), [pytest.param(*row, id=name) for name, row in REFUSED.items()]
)
def test_what_is_not_trusted_is_refused(
    signatures: dict[str, bytes], trusted: Trust | None, code: str, found: str
) -> None:
    """Each with its own code and exit status 3."""
    with pytest.raises(BundleDamaged) as caught:
        judge(signatures, trusted)

    (problem,) = caught.value.problems
    assert (problem.code, caught.value.exit_code) == (code, 3)
    assert found in problem.found
    assert problem.found.isprintable()
