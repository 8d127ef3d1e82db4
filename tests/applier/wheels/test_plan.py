"""The plan: every final path of every wheel, and everything that must not be installed."""

import io
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from installer.sources import WheelFile

from locks import LockedWheel, Problem

from applier.errors import BundleDamaged
from applier.wheels.plan import Plan, plan_wheels
from tests.bundles import locked, target_on
from tests.wheels import RecordRow, Wheel, make_wheel

SITE = "lib/python3.11/site-packages"


def stream_of(wheel: Wheel) -> BinaryIO:
    """The wheel's bytes as a file with its name."""
    stream = io.BytesIO(wheel.data)
    stream.name = wheel.filename
    return stream


def plan(*wheels: Wheel, platform: str = "linux-x86_64") -> Plan:
    """Plan wheels in the order given."""
    data = {wheel.filename: wheel for wheel in wheels}

    def open_stream(wheel: LockedWheel) -> BinaryIO:
        return stream_of(data[wheel.filename])

    return plan_wheels(map(locked, wheels), target_on(platform), open_stream)


def refused(*wheels: Wheel, platform: str = "linux-x86_64") -> tuple[Problem, ...]:
    """Plan wheels that cannot be installed; the problems."""
    with pytest.raises(BundleDamaged) as caught:
        plan(*wheels, platform=platform)
    return caught.value.problems


def rich() -> Wheel:
    """A wheel with every kind of file."""
    return make_wheel(
        "rich",
        "1",
        files={"rich/__init__.py": "x = 1\n"},
        entry_points="[console_scripts]\nrich = rich:main\n[gui_scripts]\nrich-gui = rich:main\n[other]\nno = rich:x\n",
        data_files={
            "scripts/tool": "#!python\n",
            "data/share/rich/a.txt": "a",
            "headers/rich.h": "h",
            "purelib/pure.py": "p",
            "platlib/plat.py": "q",
        },
    )


@pytest.mark.parametrize(
    ("platform", "site", "scripts", "headers", "suffix"),
    [
        pytest.param("linux-x86_64", SITE, "bin", "include/site/python3.11/rich", "", id="linux"),
        pytest.param("macos-arm64", SITE, "bin", "include/site/python3.11/rich", "", id="macos"),
        pytest.param("windows-x86_64", "Lib/site-packages", "Scripts", "Include/site/rich", ".exe", id="windows"),
    ],
)
def test_every_file_has_its_final_path(platform: str, site: str, scripts: str, headers: str, suffix: str) -> None:
    """Root, the five `.data` keys, generated scripts, INSTALLER and RECORD are all in the plan, and no more."""
    assert sorted(plan(rich(), platform=platform).files) == sorted(
        [
            f"{site}/rich/__init__.py",
            f"{site}/pure.py",
            f"{site}/plat.py",
            f"{site}/rich-1.dist-info/METADATA",
            f"{site}/rich-1.dist-info/WHEEL",
            f"{site}/rich-1.dist-info/entry_points.txt",
            f"{site}/rich-1.dist-info/INSTALLER",
            f"{site}/rich-1.dist-info/RECORD",
            f"{scripts}/rich{suffix}",
            f"{scripts}/rich-gui{suffix}",
            f"{scripts}/tool",
            f"{headers}/rich.h",
            "share/rich/a.txt",
        ]
    )


def test_a_wheel_for_one_platform_goes_to_the_same_place() -> None:
    """Platlib and purelib are one folder in a venv."""
    wheel = make_wheel("plat", "1", tag="cp311-cp311-linux_x86_64", files={"plat.py": ""})

    assert f"{SITE}/plat.py" in plan(wheel).files


def test_the_plan_knows_sizes_and_the_longest_path() -> None:
    """Sizes are those of the unpacked files; of several longest paths the first in the alphabet is given."""
    made = plan(make_wheel("a", "1", files={"x.py": "12345", "y.py": "123"}))

    assert made.files[f"{SITE}/x.py"].size_bytes == 5
    assert made.files[f"{SITE}/x.py"].owner == "a-1-py3-none-any.whl"
    assert made.size_bytes == 8 + sum(made.files[f"{SITE}/a-1.dist-info/{n}"].size_bytes for n in ("METADATA", "WHEEL"))
    assert made.longest_path == f"{SITE}/a-1.dist-info/INSTALLER"
    assert Plan(files={}).longest_path == ""


def test_bytecode_is_never_planned() -> None:
    """What a wheel ships in `__pycache__` is left out; a module of that name in a file's name is not."""
    wheel = make_wheel(
        "a",
        "1",
        files={
            "a/__init__.py": "",
            "a/__pycache__/__init__.cpython-311.pyc": "x",
            "__pycache__/b.pyc": "x",
            "a/__pycache__.py": "",
        },
    )

    assert {path for path in plan(wheel).files if "__pycache__" in path} == {f"{SITE}/a/__pycache__.py"}


@pytest.mark.parametrize("name", ["RECORD.jws", "RECORD.p7s"])
def test_signatures_of_record_are_left_out(name: str) -> None:
    """A signed wheel is fine; its signature stands in no RECORD, by the wheel specification, and is not installed."""
    wheel = make_wheel(
        "a", "1", files={"a.py": "", f"a-1.dist-info/{name}": "{}"}, record_rows=lambda rows: without(name, rows)
    )

    assert f"{SITE}/a-1.dist-info/{name}" not in plan(wheel).files


@pytest.mark.parametrize("name", ["INSTALLER", "REQUESTED", "direct_url.json"])
def test_what_an_installer_writes_is_never_taken_from_the_wheel(name: str) -> None:
    """Files that only an installer may write are dropped; INSTALLER is ours."""
    made = plan(make_wheel("a", "1", files={"a.py": "", f"a-1.dist-info/{name}": "pip"}))
    path = f"{SITE}/a-1.dist-info/{name}"

    assert (not made.files[path].digest) if name == "INSTALLER" else (path not in made.files)


# Two wheels, one path.


def test_the_same_bytes_are_shared() -> None:
    """Two wheels with the same file are planned once, for the first."""
    first, second = (make_wheel(name, "1", files={"nvidia/__init__.py": "", f"nvidia/{name}.py": ""}) for name in "ab")
    made = plan(first, second)

    assert made.files[f"{SITE}/nvidia/__init__.py"].owner == first.filename


def test_other_bytes_are_a_clash_naming_both_owners() -> None:
    """Two wheels with one path and other bytes cannot be installed together."""
    first, second = (make_wheel(name, "1", files={"ns/__init__.py": name}) for name in "ab")
    (problem,) = refused(first, second)

    assert str(problem) == (
        f"files-clash: {SITE}/ns/__init__.py: expected one owner, or the same bytes as in a-1-py3-none-any.whl, "
        "found other bytes in b-1-py3-none-any.whl (these two packages cannot be installed together)"
    )


@pytest.mark.parametrize(
    ("platform", "clashes"),
    [
        pytest.param("linux-x86_64", 0, id="linux keeps case"),
        pytest.param("windows-x86_64", 1, id="windows folds case"),
        pytest.param("macos-arm64", 1, id="macos folds case"),
    ],
)
def test_names_that_differ_by_case_clash_where_the_system_folds_it(platform: str, clashes: int) -> None:
    """One name in two spellings is a clash even with the same bytes, where it would be one file."""
    first, second = make_wheel("a", "1", files={"Foo.py": ""}), make_wheel("b", "1", files={"foo.py": ""})

    if clashes:
        assert [problem.code for problem in refused(first, second, platform=platform)] == ["files-clash"]
    else:
        assert plan(first, second, platform=platform).files.keys() >= {f"{SITE}/Foo.py", f"{SITE}/foo.py"}


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
@pytest.mark.parametrize(
    ("data_files", "entry_points"),
    [
        pytest.param({}, "[console_scripts]\ntool = b:main\n", id="two entry points"),
        pytest.param({"scripts/tool": "x", "scripts/tool.exe": "x"}, None, id="entry point and script"),
        pytest.param({"data/bin/tool": "x", "data/Scripts/tool.exe": "x"}, None, id="entry point and data"),
    ],
)
def test_scripts_clash_like_other_files(data_files: dict[str, str], entry_points: str | None, platform: str) -> None:
    """A script has one owner, however it comes to be: generated, shipped, or smuggled in as data."""
    first = make_wheel("a", "1", entry_points="[console_scripts]\ntool = a:main\n")
    second = make_wheel("b", "1", data_files=data_files, entry_points=entry_points)

    assert [problem.code for problem in refused(first, second, platform=platform)] == ["files-clash"]


def test_a_file_clashes_with_a_folder() -> None:
    """One wheel's file at the path of another's folder cannot be installed."""
    first, second = make_wheel("a", "1", files={"thing": "x"}), make_wheel("b", "1", files={"thing/__init__.py": ""})
    for pair in ((first, second), (second, first)):
        assert {problem.code for problem in refused(*pair)} == {"files-clash"}


@pytest.mark.parametrize("folder", ["bin", "lib", "include"])
def test_a_file_clashes_with_the_environments_own_folders(folder: str) -> None:
    """No wheel puts a file where the skeleton has a folder."""
    assert refused(make_wheel("a", "1", data_files={f"data/{folder}": "x"}))


def test_a_wheel_clashes_with_itself() -> None:
    """A wheel that brings one path from its root and from `.data`, with other bytes, is refused."""
    wheel = make_wheel("a", "1", files={"a.py": "1"}, data_files={"purelib/a.py": "2"})

    assert [problem.code for problem in refused(wheel)] == ["files-clash"]


def test_all_bad_wheels_and_clashes_are_told_at_once() -> None:
    """Nothing hides behind the first problem."""
    first, second = (make_wheel(name, "1", files={"ns.py": name}) for name in "ab")
    broken = make_wheel("c", "1", record_rows=lambda rows: rows[1:])

    assert [problem.code for problem in refused(broken, first, second)] == ["record-invalid", "files-clash"]


# Paths.


@pytest.mark.parametrize(
    ("data_file", "platform"),
    [
        pytest.param("scripts/python", "linux-x86_64", id="script over the interpreter"),
        pytest.param("scripts/python3.11", "linux-x86_64", id="script over its minor name"),
        pytest.param("data/bin/python", "linux-x86_64", id="data over the interpreter"),
        pytest.param("data/bin/activate", "linux-x86_64", id="data over activate"),
        pytest.param("data/pyvenv.cfg", "linux-x86_64", id="data over pyvenv.cfg"),
        pytest.param("data/lib64/x", "linux-x86_64", id="data through lib64"),
        pytest.param("data/.venvault-accelerator/x.py", "linux-x86_64", id="where workers load from"),
        pytest.param("data/venvault-receipt.json", "linux-x86_64", id="data over the receipt"),
        pytest.param("data/Scripts/python.exe", "windows-x86_64", id="data over the interpreter on Windows"),
        pytest.param("data/aux.txt", "windows-x86_64", id="a device on Windows"),
    ],
)
def test_the_environments_own_files_are_not_for_wheels(data_file: str, platform: str) -> None:
    """A wheel that would replace a file of the environment is refused, and the path is named."""
    (problem,) = refused(make_wheel("a", "1", data_files={data_file: "x"}), platform=platform)

    assert problem.code == "path-not-allowed"
    assert problem.where.startswith("a-1-py3-none-any.whl: '")
    assert problem.where.endswith(f"{data_file.rsplit('/', maxsplit=1)[-1]}'")


@pytest.mark.parametrize("name", ["python", "python3", "activate"])
@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
def test_entry_points_may_not_be_named_like_the_interpreter(name: str, platform: str) -> None:
    """A generated script never replaces the interpreter or the activation."""
    wheel = make_wheel("a", "1", entry_points=f"[console_scripts]\n{name} = a:main\n")

    assert [problem.code for problem in refused(wheel, platform=platform)] == ["path-not-allowed"]


@pytest.mark.parametrize(
    "path", ["../evil.py", "/evil.py", "a/../../evil.py", "a-1.data/data/../../evil", "a-1.data/scripts/../x"]
)
def test_a_wheel_never_leaves_its_folders(path: str) -> None:
    """A member that climbs out is refused, whatever it is written as."""
    problems = refused(make_wheel("a", "1", files={path: "x"}))

    assert {problem.where for problem in problems} == {f"a-1-py3-none-any.whl: {path!r}"}
    assert "path-not-allowed" in {problem.code for problem in problems}


def test_an_entry_point_never_leaves_the_scripts_folder() -> None:
    """The name of a generated script is a name, not a path."""
    wheel = make_wheel("a", "1", entry_points="[console_scripts]\n../evil = a:main\n")

    assert [problem.code for problem in refused(wheel)] == ["entry-points-invalid"]


# Wheels that are not as they should be.


def without(name: str, rows: list[RecordRow]) -> list[RecordRow]:
    """The rows but the one whose path ends in `name`."""
    return [row for row in rows if not row[0].endswith(name)]


def with_hash(text: str) -> Callable[[list[RecordRow]], list[RecordRow]]:
    """Give the first file another hash."""
    return lambda rows: [(rows[0][0], text, rows[0][2]), *rows[1:]]


@pytest.mark.parametrize("name", ["md5", "sha1", "sha224", "blake2b"])
def test_weak_hashes_are_refused(name: str) -> None:
    """A RECORD that goes by anything but sha256, sha384 or sha512 is not believed."""
    (problem,) = refused(make_wheel("a", "1", record_rows=with_hash(f"{name}=abc")))

    assert (problem.code, problem.found) == ("hash-too-weak", name)


@pytest.mark.parametrize(("name", "digits"), [("sha384", 64), ("sha512", 86)])
def test_strong_hashes_are_taken(name: str, digits: int) -> None:
    """The two other strong hashes of the wheel specification are as good."""
    made = plan(make_wheel("a", "1", files={"a.py": ""}, record_rows=with_hash(f"{name}={'A' * digits}")))
    file = made.files[f"{SITE}/a.py"]

    assert (file.algorithm, file.digest) == (name, "A" * digits)


@pytest.fixture
def bound() -> Iterator[None]:
    """Interrupt a test that would never end."""
    if sys.platform == "win32":
        yield
    else:
        former = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 3)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@pytest.mark.usefixtures("bound")
def test_a_file_named_like_the_data_folder_is_refused() -> None:
    """A member that is the `.data` folder itself ends in a problem, not in an endless loop inside `installer`."""
    wheel = make_wheel("a", "1", files={"a-1.data": "x"})
    try:
        (problem,) = refused(wheel)
    except KeyboardInterrupt:
        pytest.fail("installing it never ends")

    assert (problem.code, problem.where) == ("data-folder-invalid", f"{wheel.filename}: 'a-1.data'")


def test_installers_own_check_agrees_with_the_factory() -> None:
    """The wheels these tests call good are good to `installer`."""
    with zipfile.ZipFile(stream_of(rich())) as archive:
        WheelFile(archive).validate_record()
