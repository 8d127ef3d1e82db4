"""Measuring a bundle from its lists: sizes, reasons, and what it says of wheels that are none."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from applier.bundle.reader import Bundle
from applier.errors import BundleDamaged
from applier.inspecting.inspection import Inspection, Package
from applier.inspecting.measure import inspect_bundle
from applier.inspecting.page import to_page
from applier.inspecting.text import to_text
from bundler.archive import write_archive
from compiler.cli import venvault
from tests.applier.inspecting.inspected import MODEL, inspection_of_everything, wheels
from tests.bundles import bare_members, demo_wheels, make_bundle
from tests.wheels import Wheel


@pytest.fixture
def found(tmp_path: Path) -> Inspection:
    """An inspection of the bundle that has everything."""
    return inspection_of_everything(tmp_path)


def test_packages_come_largest_first_with_their_sizes(found: Inspection) -> None:
    """Sizes are those of the installed files, bytecode left out, and of the wheel."""
    by_name: dict[str, Package] = {package.name: package for package in found.packages}
    sizes = [package.installed_bytes for package in found.packages]

    assert [package.name for package in found.packages] == ["nvidia-cublas-cu12", "torch", "numpy", "tiny"]
    assert sizes == sorted(sizes, reverse=True)
    assert 500 < by_name["numpy"].installed_bytes < 999
    assert {package.name: package.packed_bytes for package in found.packages} == {
        wheel.name: wheel.size_bytes for wheel in wheels()
    }


def test_nvidias_part_is_told_wherever_it_is(found: Inspection) -> None:
    """A whole package of NVIDIA's, and a library in another's wheel."""
    by_name: dict[str, Package] = {package.name: package for package in found.packages}

    assert by_name["torch"].nvidia_bytes == 1000
    assert by_name["nvidia-cublas-cu12"].nvidia_bytes == 9000
    assert found.nvidia_bytes == 10_000
    assert {name: package.kind for name, package in by_name.items()} == {
        "torch": "named",
        "nvidia-cublas-cu12": "cuda",
        "numpy": "brought",
        "tiny": "named",
    }


def test_the_graph_goes_both_ways(found: Inspection) -> None:
    """What a package requires, and what requires it."""
    by_name: dict[str, Package] = {package.name: package for package in found.packages}

    assert by_name["torch"].requires == ("numpy", "nvidia-cublas-cu12")
    assert by_name["numpy"].required_by == ("torch",)


def test_everything_is_there_for_programs(found: Inspection) -> None:
    """The JSON form has target, needs, packages, checks, files, left out, drops and signatures, and is JSON."""
    document = json.loads(json.dumps(found.to_dict()))

    assert document["target"] == "cu124-linux-x86_64-py311"
    assert document["needs"]["NVIDIA driver"] == "525.60.13 or newer"
    assert document["nvidia_bytes"] == 10_000
    assert document["packages"][0]["name"] == "nvidia-cublas-cu12"
    assert document["files"][0]["size_bytes"] == len(MODEL)
    assert [len(document[key]) for key in ("checks", "left_out", "drops", "blacklist", "signatures")] == [1, 1, 1, 1, 0]
    assert document["other_members"].keys() == {"__main__.py", "pylock.toml"}


@pytest.mark.parametrize("data", [pytest.param(b"no zip", id="no zip"), pytest.param(wheels()[0].data[:-30], id="cut")])
def test_a_wheel_that_is_none_is_told(data: bytes, tmp_path: Path) -> None:
    """Not even inspecting ends in a traceback; the wheel is named."""
    wheel = Wheel(filename="torch-1-py3-none-any.whl", data=data, metadata=b"")
    write_archive(tmp_path / "bundle.zip", bare_members(wheel))
    with pytest.raises(BundleDamaged, match=r"wheel-misframed: torch-1-py3-none-any\.whl"):
        inspect_bundle(Bundle.open(tmp_path / "bundle.zip"))


def test_an_update_says_what_it_leaves_to_its_base(tmp_path: Path) -> None:
    """A wheel that is not here is no smaller one: it is named with its base, and the rest is measured."""
    demo, extra = demo_wheels()
    base = make_bundle(tmp_path / "base.zip", demo)
    update = make_bundle(tmp_path / "update.zip", demo, extra, since=base)
    found = inspect_bundle(Bundle.open(update))
    text = to_text(found)

    assert {package.name: package.is_here for package in found.packages} == {"demo": False, "extra": True}
    assert f"left to {found.contents.base.name if found.contents.base else ''}\n  demo 1.0: " in text
    assert "smaller ones" not in text
    assert to_page(found).count('class="tile') == 1


def test_a_bundle_in_volumes_is_measured_where_it_lies(tmp_path: Path) -> None:
    """By any of its names, with the packages that one file has."""
    whole = inspect_bundle(Bundle.open(make_bundle(tmp_path / "a" / "bundle.zip")))
    split = make_bundle(tmp_path / "b" / "bundle.zip", volume_bytes=1 << 20)
    done = CliRunner().invoke(venvault, ["inspect", f"{split}.002"])

    found = inspect_bundle(Bundle.open(split))
    assert found.packages == whole.packages
    assert done.stdout == to_text(found) + "\n"


@pytest.mark.parametrize("is_there", [True, False], ids=["altered", "gone"])
def test_a_bundle_that_changes_while_it_is_measured_is_told(is_there: bool, tmp_path: Path) -> None:
    """A stick may be pulled, or the file be copied anew."""
    path = make_bundle(tmp_path / "b.zip")
    bundle = Bundle.open(path)
    if is_there:
        path.write_bytes(path.read_bytes() + b"x")
    else:
        path.unlink()
    with pytest.raises(BundleDamaged) as caught:
        inspect_bundle(bundle)

    assert [problem.code for problem in caught.value.problems] == ["file-changed" if is_there else "bundle-damaged"]
