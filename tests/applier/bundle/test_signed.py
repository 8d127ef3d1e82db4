"""A signed bundle: what a signature catches that nothing else does, and that nothing is read before it holds."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from applier.bundle.layout import CONTENTS, MAX_SIGNATURES, signature_member
from applier.bundle.reader import Bundle
from applier.errors import BundleDamaged
from applier.signature import Trust, TrustedKey
from bundler.archive import write_archive
from tests.bundles import bare_members, edit_contents, flip_bit, put_member, read_members, relist, remove_member
from tests.signing import ALICE, BOB, SigningKey
from tests.wheels import make_wheel

DEMO = make_wheel("demo", "1.0")
SIGNATURE = signature_member(1)
TRUST = Trust(
    where="/keys",
    keys=(TrustedKey(principals="alice", public_key=ALICE.public_key),),
    now=datetime(2026, 11, 30, tzinfo=UTC),
)


def sign(bundle: Path, *keys: SigningKey) -> Path:
    """Sign the bundle that is there, as its maker would."""
    data = read_members(bundle)[CONTENTS]
    for number, key in enumerate(keys, start=1):
        put_member(bundle, signature_member(number), key.sshsig(data))
    return bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle, signed by Alice."""
    path = tmp_path / "bundle.zip"
    write_archive(path, bare_members(DEMO))
    return sign(path, ALICE)


def codes(bundle: Path, trust: Trust | None = TRUST) -> set[str]:
    """What the bundle is refused for."""
    with pytest.raises(BundleDamaged) as caught:
        Bundle.open(bundle, trust).verify()
    return {problem.code for problem in caught.value.problems}


def test_a_bundle_of_a_trusted_signer_is_opened(bundle: Path) -> None:
    """It says who made it, by the machine's own name for that key."""
    opened = Bundle.open(bundle, TRUST)
    opened.verify()

    assert [signer.principals for signer in opened.signers] == ["alice"]


def test_several_signatures_lie_side_by_side(bundle: Path) -> None:
    """Each is a member of its own, which ssh-keygen can be given."""
    sign(bundle, *[BOB] * (MAX_SIGNATURES - 1), ALICE)
    signers = Bundle.open(bundle, TRUST).signers

    assert [signer.principals for signer in signers] == [""] * (MAX_SIGNATURES - 1) + ["alice"]


def test_a_signature_is_no_hindrance_without_keys(bundle: Path) -> None:
    """A machine that knows no keys takes signed bundles as it takes others."""
    assert [signer.principals for signer in Bundle.open(bundle).signers] == [""]


def _forge(bundle: Path) -> None:
    """Change lock and wheel and list of members, all to match: only who signed can tell."""
    signature = read_members(bundle)[SIGNATURE]
    write_archive(bundle, bare_members(make_wheel("demo", "1.0", files={"demo.py": "evil = True\n"})))
    Bundle.open(bundle).verify()
    put_member(bundle, SIGNATURE, signature)


def _forge_and_sign(bundle: Path) -> None:
    _forge(bundle)
    sign(bundle, BOB)


def _relist_with_the_signature(bundle: Path) -> None:
    """List the signature among the members that it signs."""
    relist(bundle)


HOSTILE: list[tuple[str, Callable[[Path], object], str]] = [
    ("signature taken away", lambda path: remove_member(path, SIGNATURE), "signature-missing"),
    ("lock and wheel changed to match", _forge, "signature-invalid"),
    ("lock and wheel changed and signed by another", _forge_and_sign, "signature-unknown"),
    ("signed by another", lambda path: sign(path, BOB), "signature-unknown"),
    ("list of members changed", lambda path: edit_contents(path, stack="other"), "signature-invalid"),
    ("list spelled in another way", edit_contents, "signature-invalid"),
    ("serial put up", lambda path: edit_contents(path, serial=99), "signature-invalid"),
    ("signature listed", _relist_with_the_signature, "signature-invalid"),
    ("signature of nothing", lambda path: put_member(path, SIGNATURE, b""), "signature-invalid"),
    ("signature by another name", lambda path: put_member(path, "bundle.json.sig.1", b""), "bundle-damaged"),
    ("one signature too many", lambda path: put_member(path, "bundle.json.sig.10", b""), "bundle-damaged"),
    ("a second, bad one", lambda path: put_member(path, signature_member(2), b"x"), "signature-invalid"),
    ("endless signature", lambda path: put_member(path, SIGNATURE, b"A" * (1 << 20)), "signature-invalid"),
    ("keys of its own", lambda path: put_member(path, "allowed_signers", BOB.line().encode()), "bundle-damaged"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(*row[1:], id=row[0]) for row in HOSTILE])
def test_what_was_not_signed_so_is_refused(change: Callable[[Path], object], code: str, bundle: Path) -> None:
    """Whatever is changed in a signed bundle, a machine with keys refuses it."""
    change(bundle)

    assert codes(bundle) == {code}


@pytest.mark.parametrize(
    "data",
    [b"{", b"[" * 100_000, b'{"format": 99}', b"\xff", b'{"format": 1}'],
    ids=["cut", "deep", "newer", "no text", "empty"],
)
def test_nothing_is_read_before_the_signature_holds(data: bytes, bundle: Path) -> None:
    """Of an unsigned `bundle.json` nothing is parsed: the only thing told is that nobody known signed it."""
    remove_member(bundle, SIGNATURE)
    put_member(bundle, CONTENTS, data)

    assert codes(bundle) == {"signature-missing"}
    assert codes(bundle, None) == {"bundle-contents-invalid"}


def test_every_flipped_bit_of_a_signature_is_noticed(bundle: Path) -> None:
    """With keys and without, not a bit of the signature's member can be flipped: its checksum tells."""
    whole = bundle.read_bytes()
    start = whole.index(b"-----BEGIN SSH")
    for place in range(start - 45, whole.index(b"pylock.toml", start) - 30):
        for trust in (TRUST, None):
            flip_bit(bundle, place, place % 8)
            assert codes(bundle, trust)
            bundle.write_bytes(whole)


def test_a_serial_is_read(bundle: Path) -> None:
    """It is a whole number of 63 bits; a bundle without one has 0."""
    assert Bundle.open(bundle).contents.serial == 0

    remove_member(bundle, SIGNATURE)
    edit_contents(bundle, serial=7)
    assert Bundle.open(bundle).contents.serial == 7

    for bad in (-1, 1 << 63, "7", 1.5, True, 10**4000):
        edit_contents(bundle, serial=bad)
        assert codes(bundle, None) == {"bundle-contents-invalid"}


def test_the_same_key_signs_the_same_bytes(tmp_path: Path) -> None:
    """Ed25519 has no chance in it: a signed bundle is reproducible too."""
    paths = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for path in paths:
        write_archive(path, bare_members(DEMO))
        sign(path, ALICE)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert json.loads(read_members(paths[0])[CONTENTS])["members"]
