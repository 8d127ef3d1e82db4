"""Where the trusted keys are: the place that is named, the user's, the system's, in this order; never in between."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from applier.errors import ApplyRefused
from applier.signature.places import default_places, find_trust
from tests.signing import ALICE, BOB

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOME, CONF = Path("/home/me").absolute(), Path("/conf").absolute()


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [
        ("linux", {}, [HOME / ".config", Path("/etc")]),
        ("darwin", {}, [HOME / ".config", Path("/etc")]),
        ("linux", {"XDG_CONFIG_HOME": str(CONF)}, [CONF, Path("/etc")]),
        ("linux", {"XDG_CONFIG_HOME": ""}, [HOME / ".config", Path("/etc")]),
        ("win32", {"APPDATA": "/roaming", "PROGRAMDATA": "/all"}, [Path("/roaming"), Path("/all")]),
        ("win32", {}, []),
    ],
)
def test_the_users_place_comes_before_the_systems(system: str, environ: dict[str, str], expected: list[Path]) -> None:
    """Each system has its customary folders."""
    found = default_places(system, environ, HOME)

    assert found == tuple(folder / "venvault" / "allowed_signers" for folder in expected)


def test_a_relative_config_folder_is_passed_over() -> None:
    """The current folder may be a stranger's."""
    assert default_places("linux", {"XDG_CONFIG_HOME": "conf"}, HOME)[0].is_relative_to(HOME)


def test_the_first_file_that_is_there_counts(tmp_path: Path) -> None:
    """What is named goes before all, and one that is not there is not looked for."""
    own, system = tmp_path / "own", tmp_path / "system"
    places = (own, system)

    assert find_trust(None, places, NOW) is None

    system.write_text(ALICE.line())
    trust = find_trust(None, places, NOW)
    assert trust is not None
    assert (trust.where, [key.public_key for key in trust.keys]) == (str(system), [ALICE.public_key])

    own.write_text(BOB.line())
    trust = find_trust(None, places, NOW)
    assert trust is not None
    assert trust.where == str(own)

    trust = find_trust(system, places, NOW)
    assert trust is not None
    assert trust.where == str(system)


def test_a_file_that_is_named_and_not_there_trusts_nobody(tmp_path: Path) -> None:
    """A wrong name is no reason to go on without keys."""
    with pytest.raises(ApplyRefused, match=r"allowed-signers-invalid.*No such file"):
        find_trust(tmp_path / "none", (), NOW)


@pytest.mark.parametrize("data", [b"\xff\n", b"x" * (1 << 20) + b"\n", b"me@x ssh-ed25519 AAAA\n"])
def test_a_file_that_cannot_be_read_trusts_nobody(data: bytes, tmp_path: Path) -> None:
    """One line that cannot be read is enough: it may have meant to forbid."""
    path = tmp_path / "keys"
    path.write_bytes(data + ALICE.line().encode())
    with pytest.raises(ApplyRefused, match="allowed-signers-invalid"):
        find_trust(path, (), NOW)


def test_a_folder_in_the_place_of_the_file_is_not_passed_over(tmp_path: Path) -> None:
    """What is there and cannot be read as keys is refused, not taken for no keys."""
    with pytest.raises(ApplyRefused, match="allowed-signers-invalid"):
        find_trust(None, (tmp_path,), NOW)


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    """Who set up no key trusts no bundle."""
    path = tmp_path / "keys"
    path.touch()
    trust = find_trust(path, (), NOW)

    assert trust is not None
    assert trust.keys == ()


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    """The keys may lie on a share that is away just now, which is no reason to trust everybody."""
    path = tmp_path / "keys"
    path.symlink_to(tmp_path / "away")
    with pytest.raises(ApplyRefused, match="allowed-signers-invalid"):
        find_trust(None, (path,), NOW)


@pytest.mark.parametrize(
    "text", ["\ufeff# ours\r\n{key}\r\n", "# ours \u2028 {other}\n{key}\n", "# ours \x0c {other}\n{key}"]
)
def test_lines_end_where_they_end_for_ssh_keygen(text: str, tmp_path: Path) -> None:
    """An editor's mark at the start is none of the first line, and a comment goes on to the line feed."""
    path = tmp_path / "keys"
    path.write_bytes(text.format(key=ALICE.line().strip(), other=BOB.line().strip()).encode())
    trust = find_trust(path, (), NOW)

    assert trust is not None
    assert [key.public_key for key in trust.keys] == [ALICE.public_key]
