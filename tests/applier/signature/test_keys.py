"""`allowed_signers`: what a line says is read as ssh-keygen reads it, and what cannot be read is told."""

from datetime import UTC, datetime

import pytest

from applier.signature.keys import TrustedKey, read_keys
from tests.signing import ALICE, BOB

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def read_one(text: str) -> TrustedKey:
    """Read a file of one key."""
    (key,) = read_keys(text)
    assert isinstance(key, TrustedKey)
    return key


def test_a_file_is_read_line_by_line() -> None:
    """Comments, empty lines and comments of keys do not matter; every key is there with its principals."""
    text = f"# ours\n\n{ALICE.line('a@x,b@x')}  \n{BOB.line()[:-1]} a comment of words\n"
    keys = list(read_keys(text))

    assert keys == [
        TrustedKey(principals="a@x,b@x", public_key=ALICE.public_key),
        TrustedKey(principals="me@example.org", public_key=BOB.public_key),
    ]


def test_keys_of_other_types_are_passed_over() -> None:
    """A file that serves others too may hold keys that can sign no bundle."""
    others = "a ssh-rsa AAAAB3NzaC1yc2E=\nb sk-ssh-ed25519@openssh.com AAAA\nc ecdsa-sha2-nistp256 AAAA\n"

    assert [type(key) for key in read_keys(others + ALICE.line())] == [TrustedKey]


def test_principals_may_be_quoted() -> None:
    """Quotes keep a principal with spaces together."""
    assert read_one(ALICE.line('"Release Team"')).principals == "Release Team"


BAD = {
    "no key": "me@example.org\n",
    "no type": f"me@example.org {ALICE.line().split()[-1]}\n",
    "cut key": ALICE.line()[:-9] + "\n",
    "key of another type inside": ALICE.line().replace(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "ssh-ed25519 AAAAB3NzaC1yc2E="
    ),
    "authority": ALICE.line(options="cert-authority"),
    "authority among others": ALICE.line(options='namespaces="x",cert-authority'),
    "unknown option": ALICE.line(options="no-touch-required"),
    "option twice": ALICE.line(options='namespaces="a",namespaces="b"'),
    "option without a value": ALICE.line(options="namespaces"),
    "option of nothing": ALICE.line(options='namespaces=""'),
    "option that is not closed": ALICE.line(options='namespaces="a'),
    "option without quotes": ALICE.line(options="namespaces=a"),
    "quotes that do not end": ALICE.line('me@example.org"'),
    "time that is none": ALICE.line(options='valid-after="tomorrow"'),
    "time of no day": ALICE.line(options='valid-after="20261332"'),
    "time of half a minute": ALICE.line(options='valid-after="2026113012"'),
    "time beyond all": ALICE.line(options='valid-before="00000101"'),
}


@pytest.mark.parametrize("line", [pytest.param(line, id=name) for name, line in BAD.items()])
def test_a_line_that_cannot_be_read_is_told_by_its_number(line: str) -> None:
    """It may have meant to forbid something, so it is not passed over."""
    fault, key = list(read_keys(line + ALICE.line()))

    assert isinstance(fault, tuple)
    assert fault[0] == 1
    assert isinstance(key, TrustedKey)


@pytest.mark.parametrize(
    ("namespaces", "counts"),
    [
        ("venvault-bundle@v1", True),
        ("git,venvault-bundle@v1", True),
        ("venvault-*", True),
        ("venvault-bundle@v?", True),
        ("*", True),
        ("git", False),
        ("venvault-bundle@v2", False),
        ("venvault-bundle@v", False),
        ("venvault.bundle@v1", False),
        ("*,!venvault-bundle@v1", False),
        ("!venvault-*,*", False),
        ("!git", False),
        ("!git,*", True),
    ],
)
def test_a_key_counts_for_its_namespaces(namespaces: str, counts: bool) -> None:
    """Patterns allow and, with a mark before them, forbid; none forbids by itself what no other allows."""
    key = read_one(ALICE.line(options=f'namespaces="{namespaces}"'))

    assert (key.objection(NOW) is None) is counts


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ('valid-after="202611301200utc"', True),
        ('valid-after="202611301201UTC"', False),
        ("", True),
        ('valid-after="20261130Z"', True),
        ('valid-after="202611301200Z"', True),
        ('valid-after="20261130120001Z"', False),
        ('valid-after="20261201Z"', False),
        ('valid-before="20261130Z"', False),
        ('valid-before="202611301201Z"', True),
        ('valid-before="20261201Z",valid-after="20261101Z"', True),
        ('valid-before="20261115Z",valid-after="20261101Z"', False),
        ('VALID-BEFORE="20261115Z"', False),
        ('valid-before="20250101"', False),
        ('valid-after="20250101"', True),
    ],
)
def test_a_key_counts_in_its_time(options: str, counts: bool) -> None:
    """Before and after it, the key is no reason to trust anything."""
    assert (read_one(ALICE.line(options=options)).objection(NOW) is None) is counts
