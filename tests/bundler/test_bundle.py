"""lock -> bundle: what is in it, that it is always the same, and what is never bundled."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from locks import Lock
from locks.index import SimpleIndex

from applier.bundle.contents import read_contents
from applier.bundle.reader import Bundle
from bundler.bundle import write_bundle
from bundler.download import WheelSources
from bundler.errors import OutputError, StoreError, WheelConflict
from bundler.runner import collect_runner
from bundler.store import Store
from compiler.write import to_bytes
from tests.bundles import (
    demo_wheels,
    fill_store,
    make_lock,
    nowhere,
    read_members,
    target_on,
    unused_http,
    write_bundle_of,
)
from tests.wheels import Wheel, make_wheel


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle; not to be changed."""
    return write_bundle_of(demo_lock(), demo_wheels(), tmp_path_factory.mktemp("bundle") / "bundle.zip").path


def demo_lock() -> Lock:
    """The lock of the demo wheels."""
    return make_lock(demo_wheels())


def test_a_bundle_holds_lock_wheels_runner_and_texts(bundle: Path) -> None:
    """The members are exactly those of the design: the lock byte for byte, the wheels byte for byte, and the rest."""
    members = read_members(bundle)
    runner = collect_runner(demo_lock().target).members

    assert members["pylock.toml"] == to_bytes(demo_lock())
    for wheel in demo_wheels():
        assert members[f"wheels/{wheel.filename}"] == wheel.data
    assert members.keys() - runner.keys() == {
        "START-HERE.txt",
        "__main__.py",
        "bundle.json",
        "licences.txt",
        "pylock.toml",
        "requirements.txt",
        "sbom.cdx.json",
        "wheels/demo-1.0-py3-none-any.whl",
        "wheels/extra-2.0-py3-none-any.whl",
    }
    assert {name: members[name] for name in runner} == runner


def test_wheels_are_stored_not_squeezed(bundle: Path) -> None:
    """Every member is stored, so that wheels are read in place."""
    with zipfile.ZipFile(bundle) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_list_of_contents_is_true(bundle: Path) -> None:
    """`bundle.json` lists every other member with its size and digest, and what the environment will take."""
    members = read_members(bundle)
    contents = read_contents(members["bundle.json"])
    listed = {member.name: (member.size_bytes, member.sha256) for member in contents.members}
    del members["bundle.json"]

    assert listed == {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in members.items()}
    assert [member.name for member in contents.members] == sorted(listed)
    assert (contents.stack, contents.stack_version, contents.target) == ("demo", "2026.11", demo_lock().target.name)
    assert contents.runner == collect_runner(demo_lock().target).versions
    assert contents.installed_files > 10
    assert contents.longest_path.endswith(".dist-info/entry_points.txt")


def test_the_applier_finds_it_whole(bundle: Path) -> None:
    """What the bundler writes, the applier reads and believes."""
    opened = Bundle.open(bundle)
    opened.verify()

    assert opened.lock == demo_lock()


PROGRAM = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from tests.bundles import demo_wheels, make_lock, write_bundle_of
write_bundle_of(make_lock(reversed(demo_wheels())), demo_wheels(), Path(sys.argv[1]))
"""


def test_the_same_lock_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    """Another process, folder, name, umask, time zone, hash seed and language: the sha256 is the same."""
    path = tmp_path / "called otherwise.zip"
    root = Path(__file__).parents[2]
    environ = {
        **os.environ,
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(root),
        "LANG": "tr_TR",
    }
    subprocess.run([sys.executable, "-c", PROGRAM, path, "077"], cwd=tmp_path, env=environ, check=True)

    assert path.read_bytes() == bundle.read_bytes()


def test_a_lock_of_no_packages_makes_a_bundle_like_any_other(tmp_path: Path) -> None:
    """A stack may have nothing to install on one platform; its bundle is whole all the same."""
    lock = make_lock([])
    written = write_bundle_of(lock, [], tmp_path / "bundle.zip")

    assert Bundle.open(written.path).contents == written.contents


def test_two_wheels_with_one_file_and_other_bytes_are_refused(tmp_path: Path) -> None:
    """A clash is found at the release engineer's desk, naming both owners; nothing is written."""
    wheels = [make_wheel(name, "1", files={"ns/__init__.py": name}) for name in "ab"]
    with pytest.raises(WheelConflict) as caught:
        write_bundle_of(make_lock(wheels), wheels, tmp_path / "out" / "bundle.zip")
    (problem,) = caught.value.problems

    assert "a-1-py3-none-any.whl" in problem.expected
    assert "b-1-py3-none-any.whl" in problem.found
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["store"]


def test_two_wheels_with_the_same_file_are_fine(tmp_path: Path) -> None:
    """The empty `__init__.py` that a family of wheels shares is no clash, and counts once."""
    wheels = [make_wheel(name, "1", files={"ns/__init__.py": "", f"ns/{name}.py": ""}) for name in "ab"]
    written = write_bundle_of(make_lock(wheels), wheels, tmp_path / "bundle.zip")

    assert written.contents.installed_files == 3 + 2 * len(("METADATA", "WHEEL", "RECORD", "INSTALLER"))


@pytest.mark.parametrize(
    ("platform", "refused"),
    [pytest.param("linux-x86_64", False, id="linux"), pytest.param("windows-x86_64", True, id="windows")],
)
def test_the_plan_is_made_for_the_target_not_for_this_machine(platform: str, refused: bool, tmp_path: Path) -> None:
    """Names that only Windows cannot keep apart are refused for Windows, wherever the bundle is written."""
    wheels = [make_wheel("a", "1", files={"Foo.py": ""}), make_wheel("b", "1", files={"foo.py": ""})]
    lock = make_lock(wheels, target=target_on(platform))
    if refused:
        with pytest.raises(WheelConflict, match="files-clash"):
            write_bundle_of(lock, wheels, tmp_path / "bundle.zip")
    else:
        assert write_bundle_of(lock, wheels, tmp_path / "bundle.zip").path.is_file()


@pytest.mark.parametrize(
    "wheel",
    [
        pytest.param(make_wheel("a", "1", record_rows=lambda rows: rows[1:]), id="RECORD incomplete"),
        pytest.param(make_wheel("a", "1", data_files={"data/bin/python": "x"}), id="over the interpreter"),
        pytest.param(make_wheel("a", "1", files={"../a.py": "x"}), id="out of the environment"),
    ],
)
def test_a_wheel_that_cannot_be_installed_is_not_bundled(wheel: Wheel, tmp_path: Path) -> None:
    """What the end user's applier would refuse never leaves the desk."""
    with pytest.raises(WheelConflict, match=r"a-1-py3-none-any\.whl"):
        write_bundle_of(make_lock([wheel]), [wheel], tmp_path / "bundle.zip")

    assert not (tmp_path / "bundle.zip").exists()


@pytest.mark.parametrize(
    "wheel",
    [
        pytest.param(make_wheel("a", "1", files={"torchao/__init__.py": ""}), id="package"),
        pytest.param(make_wheel("a", "1", files={"torchao.py": ""}), id="module"),
        pytest.param(make_wheel("a", "1", files={"torchao.cpython-311-x86_64-linux-gnu.so": b""}), id="extension"),
        pytest.param(make_wheel("a", "1", data_files={"purelib/torchao/x.py": ""}), id="purelib"),
        pytest.param(make_wheel("a", "1", data_files={"platlib/torchao.py": ""}), id="platlib"),
    ],
)
def test_a_wheel_of_another_name_that_brings_a_banned_import_is_not_bundled(wheel: Wheel, tmp_path: Path) -> None:
    """The blacklist holds by import name too; every such wheel is told, and nothing is written."""
    other = make_wheel("b", "1", files={"torch_ao/__init__.py": ""})
    lock = make_lock([wheel, other], blacklist={"torchao": "breaks lazy imports", "torch-ao": "another name"})
    with pytest.raises(WheelConflict) as caught:
        write_bundle_of(lock, [wheel, other], tmp_path / "bundle.zip")

    assert [(problem.code, problem.where.partition(":")[0]) for problem in caught.value.problems] == [
        ("blacklisted-import", wheel.filename),
        ("blacklisted-import", other.filename),
    ]
    assert "torchao (breaks lazy imports)" in caught.value.problems[0].expected
    assert not (tmp_path / "bundle.zip").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is a file, or a full disk, becomes a problem that names the place."""
    (tmp_path / "file").write_text("")
    store = fill_store(tmp_path / "store", demo_wheels())
    output = tmp_path / "file" / "bundle.zip"
    with pytest.raises(OutputError) as caught:
        write_bundle(demo_lock(), to_bytes(demo_lock()), output, store=store, open_sources=nowhere)

    assert caught.value.problems[0].code == "bundle-not-written"
    assert caught.value.problems[0].where.startswith(str(tmp_path / "file"))


def test_what_was_written_is_summed_up(tmp_path: Path) -> None:
    """The summary and its JSON give size, wheels, and what will be installed."""
    written = write_bundle_of(demo_lock(), demo_wheels(), tmp_path / "bundle.zip")
    size = written.path.stat().st_size

    assert written.summary() == (
        f"{written.path}: 2 wheels, {size / 1e6:,.1f} MB; installed {written.contents.installed_files} files, 0.0 MB"
    )
    assert written.to_dict() == {
        "path": str(written.path),
        "files": [str(written.path)],
        "base": None,
        "target": demo_lock().target.name,
        "size_bytes": size,
        "packages": 2,
        "installed_bytes": written.contents.installed_bytes,
        "installed_files": written.contents.installed_files,
    }


def test_nothing_is_written_when_a_wheel_is_missing(tmp_path: Path) -> None:
    """Without every wheel there is no bundle; an older one stays as it was."""
    output = tmp_path / "bundle.zip"
    output.write_bytes(b"older")
    folder = tmp_path / "wheels"
    folder.mkdir()
    lock = demo_lock()
    index = SimpleIndex(unused_http(), roots=(), find_links=(str(folder),))
    sources = WheelSources(http=unused_http(), indexes={"ordinary": index})
    with pytest.raises(StoreError, match="wheel-not-offered"):
        write_bundle(lock, to_bytes(lock), output, store=Store(tmp_path / "s"), open_sources=lambda *, patient: sources)

    assert output.read_bytes() == b"older"
