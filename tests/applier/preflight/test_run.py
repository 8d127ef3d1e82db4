"""Preflight whole: everything is looked at, everything is told, nothing is touched."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from applier.apply import apply_bundle
from applier.bundle.sources import Sources
from applier.environment.holders import Holder
from applier.environment.scheme import scheme_paths
from applier.preflight.run import Preflight, preflight
from tests.bundles import make_bundle, running_machine, running_target, truncate
from tests.reporters import Told

MACHINE = running_machine()
SUPERUSER = hasattr(os, "geteuid") and os.geteuid() == 0
ELSEWHERE = Path("/nowhere/at/all")
SITE = scheme_paths(running_target(), "x")["purelib"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle; not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("preflight") / "bundle-cpu.zip")


@pytest.fixture
def environment(bundle: Path, tmp_path: Path) -> Path:
    """What that bundle makes."""
    apply_bundle(bundle, tmp_path / "env", machine=MACHINE, running_prefix=ELSEWHERE)
    return tmp_path / "env"


def look(bundle: Path, into: Path, users: tuple[Holder, ...] = (), **changes: object) -> Preflight:
    """Look at bundle and place, on this machine but for the changes, and with these processes."""
    machine = replace(MACHINE, **changes)  # type: ignore[arg-type]  # each row's values fit their fields
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("applier.preflight.use.find_holders", lambda _: users)
        return preflight(bundle, into, machine=machine, running_prefix=ELSEWHERE, ahead=True)


def told(found: Preflight, level: str) -> list[str]:
    """The codes of one level."""
    return [finding.code for finding in found.findings if finding.level == level]


def add_by_hand(environment: Path, name: str) -> None:
    """Install something as a user would."""
    folder = environment / SITE / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


def snapshot(folder: Path) -> Iterator[tuple[str, int]]:
    """Every path below a folder, with the time it was last changed."""
    return ((str(path), path.lstat().st_mtime_ns) for path in sorted(folder.rglob("*")))


def test_nothing_is_touched(bundle: Path, environment: Path) -> None:
    """Neither the environment nor anything beside it changes."""
    before = list(snapshot(environment.parent))
    found = look(bundle, environment)

    assert told(found, "stop") == told(found, "warn") == []
    assert list(snapshot(environment.parent)) == before


def test_everything_wrong_is_told_at_once(bundle: Path, environment: Path) -> None:
    """Machine, users and lost packages come out together, whatever stops."""
    add_by_hand(environment, "by-hand")
    found = look(
        bundle, environment, users=(Holder(pid=7, name="python"),), python=(3, 10, 0), glibc=(2, 5), macos=(9, 0)
    )

    assert "python-does-not-fit" in told(found, "stop")
    assert "packages-lost" in told(found, "warn")
    assert "environment-in-use" in told(found, "stop" if os.name == "nt" else "warn")
    assert [package.requirement() for package in found.lost] == ["by-hand==1.0"]


@pytest.mark.parametrize("beside", ["", ".venvault-previous"], ids=["in it", "in the one before"])
def test_a_bundle_in_the_environment_that_goes_is_refused(beside: str, bundle: Path, environment: Path) -> None:
    """With --destroy-first nothing would be left to install from; else it would be gone with the next apply."""
    folder = environment.with_name(environment.name + beside)
    folder.mkdir(exist_ok=True)
    (environment.parent / "link").symlink_to(folder)
    inside = environment.parent / "link" / "bundle.zip"
    inside.write_bytes(bundle.read_bytes())
    found = look(inside, environment)

    assert told(found, "stop") == ["place-not-allowed"]
    assert [finding.what for finding in found.findings if finding.level == "stop"] == [str(inside)]


def test_a_base_in_the_environment_that_goes_is_refused(environment: Path, tmp_path: Path) -> None:
    """What an update takes from there would be gone when it is needed."""
    base = make_bundle(environment / "base.zip")
    update = make_bundle(tmp_path / "update.zip", since=base)
    found = preflight(update, environment, machine=MACHINE, running_prefix=ELSEWHERE, sources=Sources(bases=(base,)))

    assert [finding.what for finding in found.findings if finding.level == "stop"] == [str(base)]


def test_a_damaged_bundle_does_not_hide_the_place(bundle: Path, tmp_path: Path) -> None:
    """What can be judged without the bundle is judged."""
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundle.read_bytes())
    truncate(cut, 1000)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    found = look(cut, tmp_path / "work")

    assert told(found, "stop") == ["bundle-damaged", "place-not-allowed"]
    assert found.bundle is None
    assert told(look(cut, tmp_path / "env"), "ok") == ["place-writable"]


def test_an_environment_that_is_not_ours_is_lost_whole(bundle: Path, tmp_path: Path) -> None:
    """Without a receipt everything installed counts as the user's own."""
    (tmp_path / "env" / SITE).mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /somewhere\n")
    add_by_hand(tmp_path / "env", "numpy")

    assert [package.name for package in look(bundle, tmp_path / "env").lost] == ["numpy"]


def test_what_is_lost_is_written_down_when_it_is_lost(bundle: Path, environment: Path) -> None:
    """`apply` leaves the list beside the environment, and says so before; without such packages there is none."""
    told = Told()
    saved = environment.with_name("env.venvault-lost.txt")
    apply_bundle(bundle, environment, machine=MACHINE, running_prefix=ELSEWHERE)
    assert not saved.exists()

    add_by_hand(environment, "by-hand")
    apply_bundle(bundle, environment, machine=MACHINE, running_prefix=ELSEWHERE, reporter=told)

    assert saved.read_text("utf-8").splitlines()[1:] == ["by-hand==1.0"]
    assert any(line.startswith("warn  packages-lost  ") for line in told.warnings)
    assert not (environment / SITE / "by-hand-1.0.dist-info").exists()


@pytest.mark.skipif(os.name == "nt" or SUPERUSER, reason="the superuser may look anywhere")
def test_a_place_that_cannot_be_looked_at_is_told(bundle: Path, tmp_path: Path) -> None:
    """A folder closed to us stops, and is no traceback."""
    (tmp_path / "closed" / "env").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    try:
        assert told(look(bundle, tmp_path / "closed" / "env"), "stop") == ["place-not-readable"]
    finally:
        (tmp_path / "closed").chmod(0o700)
