"""`bundle --sign`: ssh-keygen signs, and what comes of it is what `apply` asks for."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from applier.bundle.layout import CONTENTS
from applier.bundle.reader import Bundle
from applier.bundle.sources import Sources, open_whole
from applier.signature import NAMESPACE
from applier.signature.places import read_trust
from bundler.errors import OutputError
from bundler.sign import sign_contents
from compiler.cli import venvault
from compiler.write import to_bytes
from tests.bundles import demo_wheels, fill_store, make_lock, read_members, write_bundle_of
from tests.signing import line_of, make_key, needs_ssh_keygen, ssh_keygen

NOW = datetime.now(UTC)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key that ssh-keygen made."""
    return make_key(tmp_path / "key")


@needs_ssh_keygen
def test_a_signed_bundle_is_what_its_target_asks_for(key: Path, tmp_path: Path) -> None:
    """From the command line to the reader: signed twice, numbered, in volumes, and as an update."""
    (tmp_path / "keys").write_text(line_of(key, "release@x"))
    lock, wheels = make_lock(demo_wheels()), demo_wheels()
    (tmp_path / "pylock.toml").write_bytes(to_bytes(lock))
    fill_store(tmp_path / "store", wheels)
    other = make_key(tmp_path / "other")
    words = ["bundle", tmp_path / "pylock.toml", "--store", tmp_path / "store", "--sign", other, "--sign", key]
    words += ["--serial", "12", "--no-accelerator"]
    trust = read_trust(tmp_path / "keys", NOW)

    whole = CliRunner().invoke(venvault, [*map(str, words), "-o", str(tmp_path / "a.zip")])
    split = CliRunner().invoke(venvault, [*map(str, words), "--split", "300K", "-o", str(tmp_path / "b.zip")])
    update = CliRunner().invoke(
        venvault, [*map(str, words), "--since", str(tmp_path / "a.zip"), "-o", str(tmp_path / "u.zip")]
    )
    bundles = [open_whole(tmp_path / f"{name}.zip", Sources(trust=trust), print) for name in "abu"]

    assert [result.exit_code for result in (whole, split, update)] == [0, 0, 0], whole.output
    assert (tmp_path / "b.zip.001").exists()
    assert not read_members(tmp_path / "u.zip").keys() >= {f"wheels/{wheel.filename}" for wheel in wheels}
    for bundle in bundles:
        bundle.verify()
        assert [signer.principals for signer in bundle.signers] == ["", "release@x"]
        assert bundle.contents.serial == 12


@needs_ssh_keygen
def test_ssh_keygen_verifies_what_lies_in_the_bundle(key: Path, tmp_path: Path) -> None:
    """The second opinion: two members taken out, and no code of ours."""
    bundle = write_bundle_of(make_lock(demo_wheels()), demo_wheels(), tmp_path / "a.zip", signing_keys=[key]).path
    members = read_members(bundle)
    (tmp_path / "keys").write_text(line_of(key))
    (tmp_path / "sig").write_bytes(members["bundle.json.sig"])
    words = ("-Y", "verify", "-f", str(tmp_path / "keys"), "-I", "me@example.org", "-n", NAMESPACE)
    done = ssh_keygen(*words, "-s", str(tmp_path / "sig"), message=members[CONTENTS])

    assert done.returncode == 0, done.stderr


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An agent that holds a key, of which the public half alone is on disk."""
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.skip("there is no ssh-agent on this machine")
    key, socket = make_key(tmp_path / "held"), f"/tmp/venvault-test-{os.getpid()}"  # sockets' short names
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        subprocess.run(["ssh-add", "-q", str(key)], check=True)
        key.unlink()
        yield Path(f"{key}.pub")
    finally:
        process.terminate()
        process.communicate()
        Path(socket).unlink(missing_ok=True)


@needs_ssh_keygen
def test_an_agent_signs(agent: Path) -> None:
    """Given a public key, the agent that holds the other half is asked; there is no secret on disk."""
    assert sign_contents([agent], b"message").keys() == {"bundle.json.sig"}


@needs_ssh_keygen
@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_key_of_another_type_is_refused_at_the_desk(kind: str, tmp_path: Path) -> None:
    """No target could verify it."""
    with pytest.raises(OutputError, match=r"not-signed.*Ed25519"):
        sign_contents([make_key(tmp_path / "key", kind)], b"message")


@needs_ssh_keygen
def test_a_key_that_is_not_there_leaves_no_bundle(tmp_path: Path) -> None:
    """What ssh-keygen says is passed on, and nothing is written."""
    with pytest.raises(OutputError, match=r"not-signed.*No such file"):
        write_bundle_of(make_lock(demo_wheels()), demo_wheels(), tmp_path / "a.zip", signing_keys=[tmp_path / "no key"])

    assert not (tmp_path / "a.zip").exists()


def test_without_ssh_keygen_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signing needs the OpenSSH client; verifying does not."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="install the OpenSSH client"):
        sign_contents([tmp_path / "key"], b"message")


def test_a_bundle_that_nobody_signs_has_no_signature(tmp_path: Path) -> None:
    """Unsigned and unnumbered, a bundle is as it always was."""
    path = write_bundle_of(make_lock(demo_wheels()), demo_wheels(), tmp_path / "a.zip").path

    assert Bundle.open(path).signers == ()
    assert b'"serial"' not in read_members(path)[CONTENTS]


@pytest.mark.parametrize("serial", ["-1", "x", str(1 << 63)])
def test_a_serial_is_a_number_of_63_bits(serial: str) -> None:
    """Anything else is a mistake in the command."""
    assert CliRunner().invoke(venvault, ["bundle", "--serial", serial]).exit_code == 2


def test_at_most_nine_sign() -> None:
    """The members that a reader allows have one digit."""
    assert CliRunner().invoke(venvault, ["bundle", *["--sign", "key"] * 10]).exit_code == 2


def test_too_many_keys_are_refused_before_one_signs(tmp_path: Path) -> None:
    """Who builds upon us has no command line to be stopped by."""
    with pytest.raises(OutputError, match="at most 9 keys"):
        sign_contents([tmp_path / f"key{number}" for number in range(10)], b"contents")
