"""Where files may go in an environment, on each system."""

import pytest

from applier.environment.scheme import fault_in_path, is_windows, same_file_key, scheme_paths, scripts_folder
from tests.bundles import target_on

LINUX, WINDOWS, MACOS = "linux-x86_64", "windows-x86_64", "macos-arm64"
EVERYWHERE = (LINUX, "linux-aarch64", WINDOWS, MACOS)

LEAVES = "a path that leaves the environment, or is not plain"
OWN = "a file of the environment itself"
WINDOWS_SAYS_NO = "a name that Windows does not allow"


@pytest.mark.parametrize("platform", EVERYWHERE)
@pytest.mark.parametrize(
    "path",
    [
        "lib/python3.11/site-packages/numpy/__init__.py",
        "lib/python3.11/site-packages/a b/ü.txt",
        "bin/pip",
        "Scripts/demo.exe",
        "bin/pythonic",
        "bin/python-config",
        "bin/ipython3",
        "bin/reactivate",
        "bin/sub/python",
        "share/python",
        "share/activate",
        "share/pyvenv.cfg",
        "console.txt",
        "lib64x/y",
        "..a/b..c",
    ],
)
def test_ordinary_paths_are_allowed(path: str, platform: str) -> None:
    """Names that only resemble forbidden ones may be written on every system."""
    assert fault_in_path(path, target_on(platform)) is None


@pytest.mark.parametrize("platform", EVERYWHERE)
@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "a/..",
        "..",
        ".",
        "",
        "a//b",
        "a/",
        "/etc/passwd",
        "./a",
        "a/./b",
        "a\\b",
        "..\\x",
        "C:/x",
        "c:x",
    ],
)
def test_paths_that_are_not_plain_are_refused(path: str, platform: str) -> None:
    """Nothing leaves the environment, and no path can be read in two ways."""
    assert fault_in_path(path, target_on(platform)) == LEAVES


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        pytest.param("bin/python", LINUX, id="interpreter"),
        pytest.param("bin/python3", LINUX, id="interpreter by major"),
        pytest.param("bin/python3.11", LINUX, id="interpreter by minor"),
        pytest.param("bin/python3.13t", LINUX, id="free-threaded interpreter"),
        pytest.param("bin/activate", LINUX, id="activation"),
        pytest.param("bin/activate.fish", LINUX, id="activation for another shell"),
        pytest.param("bin/Activate.ps1", LINUX, id="activation for PowerShell"),
        pytest.param("bin/deactivate", LINUX, id="deactivation"),
        pytest.param("bin/Python", LINUX, id="interpreter in capitals"),
        pytest.param("Scripts/python.exe", WINDOWS, id="interpreter on Windows"),
        pytest.param("scripts/PYTHONW.EXE", WINDOWS, id="windowed interpreter in capitals"),
        pytest.param("Scripts/activate.bat", WINDOWS, id="activation on Windows"),
        pytest.param("Scripts/deactivate.bat", WINDOWS, id="deactivation on Windows"),
        pytest.param("BIN/python", MACOS, id="folder in capitals on macOS"),
        pytest.param("pyvenv.cfg", LINUX, id="the venv's mark"),
        pytest.param("bin/pyvenv.cfg", LINUX, id="a mark that the interpreter reads first"),
        pytest.param("bin/pybuilddir.txt", LINUX, id="the interpreter's build folder"),
        pytest.param("Scripts/python311._pth", WINDOWS, id="the interpreter's search path"),
        pytest.param("Scripts/Python3.dll", WINDOWS, id="the interpreter's library"),
        pytest.param("Scripts/python.com", WINDOWS, id="what Windows runs before python.exe"),
        pytest.param("PYVENV.CFG", WINDOWS, id="the venv's mark in capitals"),
        pytest.param("PyVenv.cfg", MACOS, id="the venv's mark on macOS"),
        pytest.param("lib64/x.py", LINUX, id="through the link lib64"),
        pytest.param("venvault-receipt.json", LINUX, id="the receipt"),
        pytest.param("venvault-outlines.jsonl", LINUX, id="the outlines"),
        pytest.param("Venvault-Receipt.json", WINDOWS, id="the receipt in capitals"),
    ],
)
def test_the_environments_own_files_are_refused(path: str, platform: str) -> None:
    """No wheel replaces the interpreter, the activation scripts, the venv's mark or the receipt."""
    assert fault_in_path(path, target_on(platform)) == OWN


@pytest.mark.parametrize(
    "path",
    [
        "Lib/con",
        "Lib/CON.txt",
        "nul",
        "Lib/com1.py",
        "Lib/LPT\u00b2",
        "Lib/prn.a.b",
        "aux/x.py",
        "Lib/a.",
        "Lib/a ",
        "Lib/a:b",
        "Lib/com0",
        "Lib/CONIN$",
        "Lib/nul .txt",
        "Lib/a<b",
        "Lib/a?b",
        "Lib/a*b",
        "Lib/a|b",
        'Lib/a"b',
    ],
)
def test_names_windows_does_not_allow_are_refused_there_alone(path: str) -> None:
    """Devices, streams and forbidden characters are refused on Windows targets and nowhere else."""
    assert fault_in_path(path, target_on(WINDOWS)) == WINDOWS_SAYS_NO
    assert fault_in_path(path, target_on(LINUX)) is None


@pytest.mark.parametrize("platform", EVERYWHERE)
@pytest.mark.parametrize(
    ("path", "fault"),
    [
        pytest.param("a\0b", "a control or format character", id="NUL"),
        pytest.param("Lib/a\x1fb", "a control or format character", id="control character"),
        pytest.param("a\x7f", "a control or format character", id="delete"),
        pytest.param("a\x9bb", "a control or format character", id="control character beyond ASCII"),
        pytest.param("a\u202egnp.exe", "a control or format character", id="right to left"),
        pytest.param("a\u200d", "a control or format character", id="joiner that nobody sees"),
        pytest.param("a\u2028b", "a control or format character", id="line separator"),
        pytest.param("e\u0301", "a name that is not in Unicode's composed form", id="decomposed"),
        pytest.param("x/" + "a" * 256, "a name of more than 255 characters", id="part too long"),
    ],
)
def test_names_that_hide_something_are_refused(path: str, fault: str, platform: str) -> None:
    """What cannot be seen, or has two spellings, is in no name on any system."""
    assert fault_in_path(path, target_on(platform)) == fault


@pytest.mark.parametrize(
    ("path", "platform", "fault"),
    [
        pytest.param("PYVENV~1.CFG", WINDOWS, "a name that Windows gives to another file", id="short name"),
        pytest.param("Lib/PROGRA~1/x", WINDOWS, "a name that Windows gives to another file", id="short folder"),
        pytest.param("Lib/a~b.py", WINDOWS, None, id="tilde"),
        pytest.param("Lib/longer-name~1.py", WINDOWS, None, id="no short name"),
        pytest.param("PYVENV~1.CFG", LINUX, None, id="short name elsewhere"),
        pytest.param("x/" + "\u00e9" * 128, LINUX, "a name of more than 255 characters", id="bytes count on Linux"),
        pytest.param("x/" + "\u00e9" * 128, WINDOWS, None, id="letters count on Windows"),
        pytest.param("/".join(["a" * 99] * 3), WINDOWS, "a path of more than 259 characters", id="path on Windows"),
        pytest.param("/".join(["a" * 99] * 3), MACOS, None, id="path on macOS"),
        pytest.param("/".join(["a" * 99] * 11), MACOS, "a path of more than 1023 characters", id="path too long there"),
    ],
)
def test_each_system_has_limits_of_its_own(path: str, platform: str, fault: str | None) -> None:
    """Short names and lengths are judged as the target's system has them."""
    assert fault_in_path(path, target_on(platform)) == fault


@pytest.mark.parametrize(
    ("first", "second", "platform", "same"),
    [
        pytest.param("a/B", "a/b", LINUX, False, id="case counts on Linux"),
        pytest.param("a/B", "a/b", WINDOWS, True, id="case does not count on Windows"),
        pytest.param("a/B", "a/b", MACOS, True, id="case does not count on macOS"),
        pytest.param("a/\u00c9", "a/\u00e9", WINDOWS, True, id="case beyond ASCII"),
        pytest.param("\u00e9", "e\u0301", MACOS, True, id="composed and decomposed on macOS"),
        pytest.param("\u00e9", "e\u0301", LINUX, False, id="composed and decomposed on Linux"),
    ],
)
def test_two_paths_are_one_file_where_the_system_says_so(first: str, second: str, platform: str, same: bool) -> None:
    """Paths share a key exactly where the target's file system cannot keep them apart."""
    target = target_on(platform)

    assert (same_file_key(first, target) == same_file_key(second, target)) is same


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        pytest.param(
            LINUX,
            {
                "purelib": "lib/python3.12/site-packages",
                "platlib": "lib/python3.12/site-packages",
                "scripts": "bin",
                "headers": "include/site/python3.12/demo",
                "data": "",
            },
            id="posix",
        ),
        pytest.param(
            WINDOWS,
            {
                "purelib": "Lib/site-packages",
                "platlib": "Lib/site-packages",
                "scripts": "Scripts",
                "headers": "Include/site/demo",
                "data": "",
            },
            id="windows",
        ),
    ],
)
def test_schemes_are_those_of_venv(platform: str, expected: dict[str, str]) -> None:
    """Every scheme key has the folder that sysconfig gives it in a venv."""
    target = target_on(platform, python="3.12")

    assert scheme_paths(target, "demo") == expected
    assert scripts_folder(target) == expected["scripts"]
    assert is_windows(target) is (platform == WINDOWS)
