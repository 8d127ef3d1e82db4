"""START-HERE.txt: true of its bundle, and in the words of the applier's page."""

from dataclasses import replace
from pathlib import Path

import pytest

from locks import ExitCode, Limits, Lock, LockedFile
from locks.sizes import in_words
from locks.target import PLATFORMS

from applier.bundle.contents import Base, Member
from applier.bundle.layout import START_HERE
from applier.bundle.reader import Bundle
from applier.wheels.place import PlannedFile
from applier.wheels.plan import Plan
from bundler.start_here import page_sections, start_here_text
from tests.bundles import demo_wheels, make_lock, target_on, write_bundle_of
from tests.wheels import make_wheel

DEMO, EXTRA = make_wheel("demo", "1.0"), make_wheel("extra", "2.0+cu124")
PLAN = Plan(
    files={
        path: PlannedFile(path=path, owner=DEMO.filename, size_bytes=2 * 10**9)
        for path in ("demo.py", "share/deep/file")
    }
)
BASE = Base(
    stack="demo",
    stack_version="2026.10",
    target="cu124-linux-x86_64-py311",
    lock_sha256="0" * 64,
    wheels=(Member(name="wheels/a.whl", size_bytes=3 * 10**9, sha256="0" * 64),),
)


def lock_for(platform: str = "linux-x86_64", python: str = "3.11") -> Lock:
    """A lock of two wheels."""
    return make_lock([EXTRA, DEMO], target=target_on(platform, variant="cu124", python=python))


def first_page(lock: Lock, *, base: Base | None = None, is_beside: bool = False) -> str:
    """START-HERE.txt of a lock's bundle."""
    return start_here_text(lock, PLAN, base=base, is_beside=is_beside)


@pytest.mark.parametrize(
    ("platform", "launcher"),
    [pytest.param("linux-x86_64", "python3.11", id="posix"), pytest.param("windows-x86_64", "py -3.11", id="windows")],
)
def test_the_first_page_has_three_lines_to_run(platform: str, launcher: str) -> None:
    """START-HERE names the stack and target, and gives commands that can be copied."""
    lines = first_page(lock_for(platform)).splitlines()

    assert lines[0] == f"demo 2026.11 for cu124 ({platform}, Python 3.11)"
    commands = [line.strip() for line in lines if line.startswith(f"    {launcher}")]
    assert [line.split("  ")[0] for line in commands] == [
        f"{launcher} bundle-cu124.zip --check",
        f"{launcher} bundle-cu124.zip",
        f"{launcher} bundle-cu124.zip verify",
    ]


def test_the_first_page_tells_sizes_needs_and_every_exit_code() -> None:
    """A stranger learns how big it is, what the machine must have, and what each kind of failure means."""
    limits = Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0"), ptx=("9.0",))
    text = first_page(replace(lock_for(), limits=limits))

    packed = in_words(DEMO.size_bytes + EXTRA.size_bytes)
    assert f"2 packages, {packed} packed. Installed: 2 files, 4.00 GB; as much again" in text
    assert "    system         Linux x86_64, glibc 2.28 or newer\n    Python         CPython 3.11\n" in text
    assert "    NVIDIA driver  525.60.13 or newer\n" in text
    assert "    GPU            compute capability 8.6, 9.0, or newer than 9.0\n" in text
    assert {f"    {code.value}  " in text for code in ExitCode if code} == {True}


def test_the_first_page_speaks_to_its_system() -> None:
    """For Windows: its line ends, its folders, and how long the folder's path may be; elsewhere none of it."""
    windows, linux = (first_page(lock_for(f"{name}-x86_64")) for name in ("windows", "linux"))

    assert windows.replace("\r\n", "").isprintable()
    assert r".venv\Scripts\python.exe" in windows
    assert f"at most {259 - len('.venvault-previous') - 1 - len('share/deep/file')} characters" in windows
    assert linux.replace("\n", "").isprintable()
    assert ".venv/bin/python" in linux
    assert "characters" not in linux


WAYS = {
    "linux-x86_64": "right-click in the folder and choose Open in Terminal",
    "linux-aarch64": "right-click in the folder and choose Open in Terminal",
    "windows-x86_64": "open the folder, click its address line, type cmd and press Enter",
    "macos-arm64": "right-click the folder, choose Services, then New Terminal at Folder",
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_first_page_opens_one_terminal(platform: str) -> None:
    """Once, before the commands, in the way of the bundle's own system; of another system there is no word."""
    text = " ".join(first_page(lock_for(platform)).split())

    assert text.lower().count("open a terminal") == 1
    assert f"Open a terminal in the folder of bundle-cu124.zip: {WAYS[platform]}. Then type one of: py" in text
    assert not [way for way in WAYS.values() if way in text and way != WAYS[platform]]


def test_the_first_page_tells_where_extra_files_are() -> None:
    """Whoever gets a model finds it; without any there is no word about it."""
    file = LockedFile(path="models/a.bin", size_bytes=3 * 10**9, sha256="0" * 64)

    assert "(1, 3.00 GB) lie in its share/demo folder" in first_page(replace(lock_for(), files=(file,)))
    assert "share/" not in first_page(lock_for())


@pytest.mark.parametrize("base", [None, BASE], ids=["whole", "update"])
@pytest.mark.parametrize("is_beside", [False, True])
@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
def test_the_first_page_keeps_within_a_window(platform: str, base: Base | None, *, is_beside: bool) -> None:
    """No line is longer than 120 characters, and none has a sign that only a Markdown page has."""
    limits = Limits(driver=(525, 60, 13), compute_capabilities=("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"))
    text = first_page(replace(lock_for(platform), limits=limits), base=base, is_beside=is_beside)

    assert max(map(len, text.splitlines())) <= 120
    assert not {"`", "|", "<!--", "**"} & set(text.split())
    assert "`" not in text


def words(text: str) -> str:
    """A text without the marks of Markdown and tables, its line ends as spaces."""
    rows = [line.strip("| ").replace(" | ", " ") for line in text.splitlines() if not line.startswith("|---")]
    return " ".join(" ".join(rows).replace("`", "").split())


@pytest.mark.parametrize(
    ("base", "is_beside", "used", "start"),
    [
        pytest.param(None, False, set[str](), "python3.11 bundle-cu124.zip", id="plain"),
        pytest.param(None, True, {"beside"}, "python3.11 apply.pyz", id="volumes"),
        pytest.param(BASE, False, {"update"}, "python3.11 update-cu124.zip", id="update"),
        pytest.param(BASE, True, {"beside", "update"}, "python3.11 apply.pyz", id="update in volumes"),
    ],
)
def test_the_first_page_says_what_the_appliers_page_says(
    base: Base | None, *, is_beside: bool, used: set[str], start: str
) -> None:
    """Each marked section of that page is in it, word by word, where the bundle is such a one; no other."""
    text = words(first_page(lock_for(), base=base, is_beside=is_beside))
    sections = {
        name: words(section).replace("python bundle-cpu.zip", start) for name, section in page_sections().items()
    }
    sections["codes"] = sections["codes"].removeprefix("it ends with meaning ")
    always = {"replaced", "trouble", "codes"}

    assert sections.keys() == always | {"beside", "update", "terminal"}
    assert {name for name, section in sections.items() if section in text} == always | used
    assert f" {start} --check " in text
    assert f"{start} rollback" in first_page(lock_for(), base=base, is_beside=is_beside), "in one line"


def test_an_update_says_what_it_builds_upon() -> None:
    """By the name the older bundle has, and how much of it comes from there."""
    text = first_page(lock_for(), base=BASE)

    assert "the bundle of demo 2026.10 (cu124-linux-x86_64-py311), which has 1 of its packages (3.00 GB)." in text


@pytest.mark.parametrize(("volume_bytes", "is_beside"), [(None, False), (1 << 30, False), (1 << 18, True)])
def test_the_page_in_a_bundle_is_for_the_form_it_has(
    volume_bytes: int | None, *, is_beside: bool, tmp_path: Path
) -> None:
    """Only what really was cut is started by apply.pyz, which is there then."""
    lock = make_lock(demo_wheels(), target=target_on("linux-x86_64"))
    written = write_bundle_of(lock, demo_wheels(), tmp_path / "bundle.zip", volume_bytes=volume_bytes)
    with Bundle.open(written.archive.files[0]).open_member(START_HERE) as stream:
        text = stream.read().decode("utf-8")

    assert (written.beside is not None, "COPY ALL FILES" in text, "apply.pyz --check" in text) == (is_beside,) * 3
