"""Where things go in an environment, for any target: paths relative to it, with forward slashes. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from locks import Target

RECEIPT = "venvault-receipt.json"
OUTLINES = "venvault-outlines.jsonl"
"""What the environment's wheels hold, a line each."""
ACCELERATOR = ".venvault-accelerator"
"""Where the accelerator lies while an environment is made."""

# Source: venv's own layout, and what the interpreter looks for beside itself (`Modules/getpath.py`: `pyvenv.cfg`,
# `pybuilddir.txt`, on Windows `python311._pth`); any extension, as Windows runs `python.com` before `python.exe`.
_RESERVED_SCRIPT = re.compile(
    r"((pythonw?[\d.]*t?|activate|deactivate)(\..*)?|pyvenv\.cfg|pybuilddir\.txt)(\.exe)?", re.IGNORECASE
)
_RESERVED_ROOT = {"pyvenv.cfg", "lib64", "pip.conf", "pip.ini", RECEIPT, OUTLINES, ACCELERATOR}
_DRIVE = re.compile("[A-Za-z]:")
_WINDOWS_FORBIDDEN = re.compile(
    r'[<>:"|?*\x00-\x1f]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])( *\..*)?$',
    re.IGNORECASE,
)
# Another name that Windows may give a file: what is written to `PYVENV~1.CFG` lands in `pyvenv.cfg`.
_WINDOWS_ALIAS = re.compile(r"[^.]{1,6}~[0-9]{1,6}(\.[^.]{0,3})?")
# Control and format characters (bidirectional ones too), surrogates, line and paragraph separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_LONGEST_PART = 255
_LONGEST_PATH = {"linux": 4095, "darwin": 1023, "win32": 259}
"""Characters (bytes, but on Windows) that the system's calls take in a path, without its end mark."""


def is_windows(target: Target) -> bool:
    """Say whether the target's paths follow Windows' rules."""
    return target.platform.os_name == "nt"


def scripts_folder(target: Target) -> str:
    """Give the folder of executables."""
    return "Scripts" if is_windows(target) else "bin"


def scheme_paths(target: Target, distribution: str) -> Mapping[str, str]:
    """Give the folder of each installation scheme key for one distribution.

    Source: sysconfig's `venv` scheme; `headers` as pip has it.
    """
    library = "Lib/site-packages" if is_windows(target) else f"lib/python{target.python}/site-packages"
    include = "Include/site" if is_windows(target) else f"include/site/python{target.python}"
    return {
        "purelib": library,
        "platlib": library,
        "scripts": scripts_folder(target),
        "headers": f"{include}/{distribution}",
        "data": "",
    }


def folders_above(paths: Iterable[str]) -> set[str]:
    """Give every folder that the paths lie in, each with those above it."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def environment_folders(target: Target) -> set[str]:
    """Give every folder the environment has before any wheel is in it, itself left out."""
    return folders_above(folder.rstrip("/") + "/" for folder in scheme_paths(target, "").values() if folder)


def same_file_key(path: str, target: Target) -> str:
    """Give what two paths share when the target's file system takes them for one file."""
    return path if target.platform.sys_platform == "linux" else unicodedata.normalize("NFC", path).casefold()


def longest_path(target: Target) -> int:
    """Give how long a path may be on the target's system, the environment's own folder included."""
    return _LONGEST_PATH[target.platform.sys_platform]


def path_length(path: str, target: Target) -> int:
    """Give the length of `path` as the target's system counts it: UTF-16 units on Windows, else bytes."""
    return len(path.encode("utf-16-le")) // 2 if is_windows(target) else len(path.encode("utf-8"))


def _is_unseen(path: str) -> bool:
    return not path.isprintable() and any(unicodedata.category(letter) in _UNSEEN for letter in path)


def fault_in_name(path: str, target: Target) -> str | None:
    """Say why nothing on the target may be called `path`, wherever it lies; None when it may."""
    parts = path.split("/")
    if not path or path.startswith("/") or "\\" in path or _DRIVE.match(path) or {"", ".", ".."} & set(parts):
        return "a path that leaves the environment, or is not plain"
    if _is_unseen(path):
        return "a control or format character"
    if not path.isascii() and not unicodedata.is_normalized("NFC", path):
        return "a name that is not in Unicode's composed form"
    if path_length(path, target) > _LONGEST_PART and any(path_length(part, target) > _LONGEST_PART for part in parts):
        return f"a name of more than {_LONGEST_PART} characters"
    if is_windows(target) and any(_WINDOWS_FORBIDDEN.search(part) for part in parts):
        return "a name that Windows does not allow"
    if is_windows(target) and any(_WINDOWS_ALIAS.fullmatch(part) for part in parts):
        return "a name that Windows gives to another file"
    return None


def fault_in_path(path: str, target: Target) -> str | None:
    """Say why a wheel may not put a file at `path`; None when it may."""
    if fault := fault_in_name(path, target):
        return fault
    if path_length(path, target) > longest_path(target):
        return f"a path of more than {longest_path(target)} characters"
    folder, _, name = path.rpartition("/")
    in_scripts = same_file_key(folder, target) == same_file_key(scripts_folder(target), target)
    if in_scripts and _RESERVED_SCRIPT.fullmatch(name):
        return "a file of the environment itself"
    if same_file_key(path.partition("/")[0], target) in _RESERVED_ROOT:
        return "a file of the environment itself"
    return None
