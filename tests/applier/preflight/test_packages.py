"""Packages that somebody added by hand, found by their metadata."""

from pathlib import Path

import pytest

from applier.preflight.packages import Package, added_by_hand, installed_packages, lost_path, save_lost

METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n\nName: not this one\n"


def put(environment: Path, folder: str, name: str, version: str, *, address: str = "", file: str = "METADATA") -> None:
    """Put a distribution's metadata into an environment."""
    place = environment / folder
    place.mkdir(parents=True)
    (place / file).write_text(METADATA.format(name, version))
    if address:
        (place / "direct_url.json").write_text(address)


@pytest.mark.parametrize("site", ["lib/python3.11/site-packages", "lib/python3.9/site-packages", "Lib/site-packages"])
def test_every_kind_of_metadata_is_read(site: str, tmp_path: Path) -> None:
    """Wheels, old eggs and installations from an address, of any Python; remains of a removal are none."""
    put(tmp_path, f"{site}/Big_Name-1.0.dist-info", "Big.Name", "1.0")
    put(tmp_path, f"{site}/old-2.0.egg-info", "old", "2.0", file="PKG-INFO")
    put(tmp_path, f"{site}/mine-3.dist-info", "mine", "3", address='{"url": "file:///src/mine", "dir_info": {}}')
    put(tmp_path, f"{site}/odd-4.dist-info", "odd", "4", address="[1")
    put(tmp_path, f"{site}/odder-5.dist-info", "odder", "5", address="[]")
    (tmp_path / site / "gone-1.dist-info").mkdir()

    assert installed_packages(tmp_path) == (
        Package(name="big-name", version="1.0"),
        Package(name="mine", version="3", address="file:///src/mine"),
        Package(name="odd", version="4"),
        Package(name="odder", version="5"),
        Package(name="old", version="2.0"),
    )


def test_metadata_that_is_no_utf_8_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Old tools wrote what the author's editor did; the package is lost all the same, and told."""
    put(tmp_path, "lib/python3.11/site-packages/old-2.0.egg-info", "old", "2.0", file="PKG-INFO", address="{}")
    place = tmp_path / "lib/python3.11/site-packages/old-2.0.egg-info"
    (place / "PKG-INFO").write_bytes(b"Author: Andr\xe9\n" + METADATA.format("old", "2.0").encode())
    (place / "direct_url.json").write_bytes(b'{"url": "file:///Andr\xe9"}')

    assert installed_packages(tmp_path) == (Package(name="old", version="2.0", address="file:///Andr\ufffd"),)


def test_nothing_installed_is_nothing(tmp_path: Path) -> None:
    """An empty environment has no packages."""
    assert installed_packages(tmp_path) == ()


def test_what_the_receipt_does_not_have_was_added() -> None:
    """Another version than the receipt's counts too: it is not what the bundle put there."""
    same, moved, new = (Package(name=name, version="1") for name in ("same", "moved", "new"))

    assert added_by_hand([same, moved, new], {"same": "1", "moved": "2", "absent": "1"}) == (moved, new)


def test_the_list_can_be_installed_from(tmp_path: Path) -> None:
    """Each line is a requirement, after one that says what the list is."""
    place = tmp_path / ".venv"
    save_lost(place, [Package(name="a", version="1"), Package(name="b", version="2", address="file:///b")])

    assert lost_path(place).read_text("utf-8").splitlines() == [
        "# in .venv before it was replaced, and not from its bundle",
        "a==1",
        "b @ file:///b",
    ]


@pytest.mark.parametrize(
    ("package", "line"),
    [
        pytest.param(Package(name="a", version="1\n -e ."), "a==1\\n -e .", id="folded header"),
        pytest.param(Package(name="a", version="1", address="\ud800"), "a @ \\ud800", id="half a letter"),
    ],
)
def test_a_package_is_one_line_of_the_list(package: Package, line: str, tmp_path: Path) -> None:
    """Metadata and address are whatever somebody wrote there; no line is made of them that asks for something else."""
    save_lost(tmp_path / ".venv", [package])

    assert lost_path(tmp_path / ".venv").read_text("utf-8").splitlines()[1:] == [line]
