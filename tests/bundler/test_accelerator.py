"""The accelerator's way into a bundle: pinned for each target, fetched like a wheel, left out with a word."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.utils import parse_wheel_filename

from locks import LockedWheel, Target
from locks.digest import is_sha256
from locks.index import Http, SimpleIndex, read_pip_settings
from locks.target import PLATFORMS

from applier.bundle.layout import CONTENTS, LOCK, SBOM, accelerator_member
from bundler.accelerator import accelerator_for
from compiler.cli import venvault
from compiler.write import to_bytes
from tests.bundles import (
    demo_wheels,
    fill_store,
    flip_bit,
    locked,
    make_lock,
    read_members,
    target_on,
    write_bundle_of,
)
from tests.reporters import Told
from tests.wheels import make_wheel

WHEEL = make_wheel("isal", "1.9.1", files={"isal/isal_zlib.py": ""})
PINNED = [(platform, python) for platform in PLATFORMS for python in ("3.11", "3.12", "3.13", "3.14")]


def pin_of(target: Target) -> LockedWheel:
    """The accelerator for a target that has one."""
    pin = accelerator_for(target)
    assert pin is not None
    return pin


@pytest.mark.parametrize(("platform", "python"), PINNED)
def test_every_target_has_one_that_fits(platform: str, python: str) -> None:
    """The pinned wheel is of one release, for that system and Python, and has a digest."""
    target = target_on(platform, python=python)
    pin = pin_of(target)
    name, version, _, tags = parse_wheel_filename(pin.filename)

    assert (name, str(version)) == ("isal", "1.9.1") == (pin.name, str(pin.version))
    assert tags & set(target.tags())
    assert is_sha256(pin.sha256)
    assert 100_000 < pin.size_bytes < 1_000_000


def test_pins_are_what_they_are_for() -> None:
    """No two targets share a wheel, and a target that nobody pinned has none."""
    assert len({pin_of(target_on(platform, python=python)).sha256 for platform, python in PINNED}) == len(PINNED)
    assert accelerator_for(target_on("linux-x86_64", python="3.15")) is None


@pytest.mark.registry
def test_the_index_has_what_is_pinned() -> None:
    """Name, size and sha256 of every pin are those on the index that pip is configured for."""
    settings = read_pip_settings()
    index = SimpleIndex(Http(settings), roots=tuple(settings.index_urls))
    offered = {link.filename: link for link in index.links(pin_of(target_on("linux-x86_64")).name)}
    for platform, python in PINNED:
        pin = pin_of(target_on(platform, python=python))

        assert (offered[pin.filename].sha256, offered[pin.filename].size_bytes) == (pin.sha256, pin.size_bytes)


def test_it_is_listed_and_not_locked(tmp_path: Path) -> None:
    """bundle.json and the bill of materials tell of it; the lock, which pip and uv read, does not."""
    wheels = demo_wheels()
    path = write_bundle_of(make_lock(wheels), [*wheels, WHEEL], tmp_path / "b.zip", accelerator=locked(WHEEL)).path
    members = read_members(path)

    assert members[accelerator_member(WHEEL.filename)] == WHEEL.data
    assert json.loads(members[CONTENTS])["runner"]["isal"] == "1.9.1"
    assert any(component["name"] == "isal" for component in json.loads(members[SBOM])["components"])
    assert b"isal" not in members[LOCK]


def test_one_that_cannot_be_had_is_done_without(tmp_path: Path) -> None:
    """The bundle is the one without it, byte for byte, and that is said."""
    wheels, told = demo_wheels(), Told()
    lock = make_lock(wheels)
    plain = write_bundle_of(lock, wheels, tmp_path / "plain.zip").path
    path = write_bundle_of(lock, wheels, tmp_path / "b.zip", accelerator=locked(WHEEL), reporter=told).path

    assert path.read_bytes() == plain.read_bytes()
    assert any(line.startswith("left out") and WHEEL.filename in line for line in told.warnings)


def test_one_that_rotted_in_the_store_is_done_without(tmp_path: Path) -> None:
    """Found while it is copied, and not to be had again: the wheels are all there, so there is a bundle."""
    wheels, told = demo_wheels(), Told()
    lock = make_lock(wheels)
    plain = write_bundle_of(lock, wheels, tmp_path / "plain.zip").path
    rotting = tmp_path / "rotting"
    flip_bit(fill_store(rotting / "store", [WHEEL]).path(WHEEL.sha256), 100)
    path = write_bundle_of(lock, wheels, rotting / "b.zip", accelerator=locked(WHEEL), reporter=told).path

    assert path.read_bytes() == plain.read_bytes()
    assert [line.partition(":")[0] for line in told.warnings] == [
        "damaged in the store",
        "left out of the bundle, which is applied more slowly",
    ]


def test_without_a_network_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that has every wheel is enough: the index is tried once, without a pause, and a word is said."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"waited for {seconds} s"))
    lock = make_lock(demo_wheels(), target=target_on("linux-x86_64"))
    fill_store(tmp_path / "store", demo_wheels())
    (tmp_path / lock.filename).write_bytes(to_bytes(lock))
    command = ["bundle", tmp_path / lock.filename, "--store", tmp_path / "store", "-o", tmp_path / "b.zip"]
    result = CliRunner().invoke(venvault, [*map(str, command)])

    assert result.exit_code == 0, result.output
    assert (tmp_path / "b.zip").is_file()
    assert "left out of the bundle, which is applied more slowly: http://127.0.0.1" in result.stderr
