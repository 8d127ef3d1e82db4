"""`apply` on a machine with keys: who must have signed, which place counts, and going back to an older bundle."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from applier.bundle.layout import CONTENTS, signature_member
from applier.errors import MachineUnfit
from applier.machine.handover import hand_over, start_again
from applier.signature import Trust
from applier.signature.places import read_trust
from applier.signature.sshsig import fingerprint
from compiler.cli import venvault
from tests.bundles import edit_contents, make_bundle, put_member, read_members, running_machine
from tests.events import result_of
from tests.signing import ALICE, BOB, SigningKey


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A machine with a home of its own, and a bundle with its runner."""

    home: Path
    bundle: Path

    @property
    def environment(self) -> Path:
        return self.home / "env"

    def set_keys(self, text: str, folder: str = ".config/venvault") -> Path:
        """Write a file of keys, in the user's place unless another is given."""
        path = self.home / folder / "allowed_signers"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def apply(self, *args: str | Path, **environ: str) -> Result:
        """Run `venvault apply`."""
        words = ["apply", self.bundle, "--into", self.environment, "--yes", *args]
        return CliRunner().invoke(venvault, list(map(str, words)), env=environ)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle; not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("trust") / "bundle-cpu.zip")


@pytest.fixture
def desk(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The machine, without any keys."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "VENVAULT_ALLOWED_SIGNERS", "PROGRAMDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("APPDATA", str(home / ".config"))
    return Desk(home=home, bundle=Path(shutil.copy(original, tmp_path)))


def sign(bundle: Path, key: SigningKey) -> None:
    """Sign the bundle that is there."""
    put_member(bundle, signature_member(1), key.sshsig(read_members(bundle)[CONTENTS]))


def number(bundle: Path, serial: int) -> None:
    """Give a bundle a serial."""
    edit_contents(bundle, serial=serial)


def test_a_bundle_of_a_trusted_signer_is_applied(desk: Desk) -> None:
    """It is said who signed, by the name that this machine has for the key."""
    desk.set_keys(ALICE.line("alice@x"))
    sign(desk.bundle, ALICE)
    result = desk.apply()

    assert result.exit_code == 0, result.output
    assert "signed by alice@x (SHA256:" in result.stderr


def test_with_keys_an_unsigned_bundle_is_refused(desk: Desk) -> None:
    """Nothing is touched, and the exit status is that of a bundle that is not what it should be."""
    keys = desk.set_keys(ALICE.line())
    result = desk.apply("--json")
    (problem,) = result_of(result.stdout)["problems"]

    assert result.exit_code == 3
    assert problem["code"] == "signature-missing"
    assert str(keys) in problem["expected"]
    assert not desk.environment.exists()


def test_with_keys_a_strangers_bundle_is_refused_by_check_too(desk: Desk) -> None:
    """`--check` says what `apply` would."""
    desk.set_keys(ALICE.line())
    sign(desk.bundle, BOB)

    assert desk.apply("--check").exit_code == 3
    assert "signature-unknown" in desk.apply("--check").output


def test_without_keys_it_is_said_that_nobody_was_asked(desk: Desk) -> None:
    """A signature that is not checked must not look like one that is."""
    sign(desk.bundle, ALICE)
    result = desk.apply("--check")

    assert result.exit_code == 0
    assert "which is not checked: no keys are set up here" in result.stderr


def test_the_place_that_is_named_counts(desk: Desk) -> None:
    """The option before the variable, the variable before the user's own place; an empty variable is none."""
    alice, bob = desk.set_keys(ALICE.line(), "alice"), desk.set_keys(BOB.line(), "bob")
    desk.set_keys(BOB.line())
    sign(desk.bundle, ALICE)

    assert desk.apply("--check").exit_code == 3
    assert desk.apply("--check", VENVAULT_ALLOWED_SIGNERS="").exit_code == 3
    assert desk.apply("--check", VENVAULT_ALLOWED_SIGNERS=str(alice)).exit_code == 0
    assert desk.apply("--check", "--allowed-signers", alice, VENVAULT_ALLOWED_SIGNERS=str(bob)).exit_code == 0
    assert desk.apply("--check", "--allowed-signers", bob, VENVAULT_ALLOWED_SIGNERS=str(alice)).exit_code == 3


def test_keys_that_cannot_be_read_stop_everything(desk: Desk) -> None:
    """A file that is named and not there, or broken, does not count as none."""
    desk.set_keys("me@x cert-authority " + ALICE.line().split(" ", 1)[1])
    sign(desk.bundle, ALICE)

    assert desk.apply("--check").exit_code == 1
    assert "allowed-signers-invalid" in desk.apply("--check").output
    assert desk.apply("--check", "--allowed-signers", "none").exit_code == 1


def test_an_older_bundle_is_refused_unless_asked(desk: Desk) -> None:
    """The serial is kept beside the environment, outlives it, and does not go down when an older one was asked for."""
    desk.set_keys(ALICE.line())

    def apply(serial: int, *args: str) -> int:
        number(desk.bundle, serial)
        sign(desk.bundle, ALICE)
        return desk.apply(*args).exit_code

    assert apply(7) == 0
    assert apply(7, "--check") == 0
    assert apply(6, "--check") == 1
    before = sorted(desk.home.rglob("*"))
    assert apply(6) == 1
    assert apply(0) == 1
    assert sorted(desk.home.rglob("*")) == before

    shutil.rmtree(desk.environment)
    assert apply(6) == 1
    assert "bundle-older" in desk.apply().stderr
    assert apply(6, "--allow-older") == 0
    assert apply(6) == 1
    assert apply(8) == 0
    assert json.loads((desk.home / "env.venvault-serials.json").read_text())["serials"] == {"demo": 8}


def test_a_serial_that_a_kill_kept_from_being_written_is_written_the_next_time(desk: Desk) -> None:
    """Applied again, a bundle is in place already, and its serial is kept all the same."""
    number(desk.bundle, 7)
    serials = desk.home / "env.venvault-serials.json"
    desk.apply()
    serials.unlink()

    assert "already in place" in desk.apply().stdout
    assert json.loads(serials.read_text())["serials"] == {"demo": 7}


def test_a_damaged_record_of_serials_is_told_before_anything_is_done(desk: Desk) -> None:
    """What was applied before cannot be told, so nothing is, with --allow-older or without."""
    (desk.home / "env.venvault-serials.json").write_text("{")

    for args in ((), ("--allow-older",), ("--check",)):
        result = desk.apply(*args)
        assert result.exit_code == 1
        assert "serials-invalid" in result.output
    assert not desk.environment.exists()


def test_keys_beside_the_bundle_or_in_it_count_for_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brings the bundle brings the folder it lies in."""
    desk.set_keys(ALICE.line())
    sign(desk.bundle, BOB)
    for folder in (desk.bundle.parent, desk.bundle.parent / "venvault"):
        folder.mkdir(exist_ok=True)
        (folder / "allowed_signers").write_text(BOB.line())
    monkeypatch.chdir(desk.bundle.parent)

    assert desk.apply("--check").exit_code == 3


def inspect(desk: Desk, *args: str) -> str:
    """Run `venvault inspect`."""
    result = CliRunner().invoke(venvault, ["inspect", str(desk.bundle), *args])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_inspect_says_who_signed(desk: Desk) -> None:
    """By the machine's name for the key, else by the key alone; it refuses nobody."""
    assert "none: its hashes tell damage, not who made it" in inspect(desk)

    number(desk.bundle, 7)
    sign(desk.bundle, ALICE)
    assert f"{fingerprint(ALICE.public_key)}, a key that is not trusted here" in inspect(desk)

    desk.set_keys(BOB.line())
    assert f"{fingerprint(ALICE.public_key)}, a key that is not trusted here" in inspect(desk)

    desk.set_keys(ALICE.line("alice@x"))
    assert f"alice@x ({fingerprint(ALICE.public_key)})" in inspect(desk)
    document = result_of(inspect(desk, "--json"))
    assert document["serial"] == 7
    assert document["signatures"] == [{"fingerprint": fingerprint(ALICE.public_key), "principals": "alice@x"}]


def test_of_a_folder_only_what_is_trusted_is_chosen(desk: Desk) -> None:
    """A stranger's bundle beside a good one is passed over, however well it fits."""
    desk.set_keys(ALICE.line())
    sign(desk.bundle, ALICE)
    stranger = desk.bundle.with_name("a-better-one.zip")
    shutil.copy(desk.bundle, stranger)
    sign(stranger, BOB)
    words = ["apply", str(desk.bundle.parent), "--into", str(desk.environment), "--check"]
    result = CliRunner().invoke(venvault, words)

    assert result.exit_code == 0, result.output
    assert "passed over: signature-unknown: " in result.stderr
    assert "bundle-cpu.zip is the one for this machine" in result.stderr


def test_a_strangers_bundle_starts_no_other_python(desk: Desk) -> None:
    """Handing over runs the bundle's own code, so it is not even looked which Python that would need."""
    sign(desk.bundle, BOB)
    trust = read_trust(desk.set_keys(ALICE.line()), datetime.now(UTC))

    def hand(trusted: Trust | None) -> None:
        missing = desk.home / "no python"
        machine = running_machine()
        hand_over(desk.bundle, desk.environment, machine, named=missing, flags=(), report=print, trust=trusted)

    hand(trust)
    with pytest.raises(MachineUnfit, match="no python"):
        hand(None)


def test_the_runner_beside_a_bundle_is_not_started_where_there_are_keys(desk: Desk) -> None:
    """Nobody signed that file; what lies in a signed bundle is signed with it."""
    beside = desk.bundle.with_name("apply.pyz")
    beside.touch()

    assert start_again(desk.bundle)[0] == str(beside)
    assert start_again(desk.bundle, signed_only=True) == [str(desk.bundle), "apply"]


def test_volumes_start_no_other_python_where_there_are_keys(desk: Desk) -> None:
    """No volume is a program, and the runner beside them is nobody's: the user is told what is left."""
    desk.bundle.with_name("apply.pyz").touch()
    with pytest.raises(MachineUnfit, match=r"nobody signed apply\.pyz"):
        start_again(desk.bundle.with_name("in-volumes.zip"), signed_only=True)
