"""Where things go in an environment, for any target: paths relative to it, with forward slashes. Pure."""

import re
import unicodedata
from collections.abc import Mapping

from locks import Target

RECEIPT = "venvault-receipt.json"

# Source: venv's own layout; a wheel that brings one of these would replace the interpreter or its activation.
_RESERVED_SCRIPT = re.compile(r"(pythonw?[\d.]*t?|activate(\..*)?|deactivate(\..*)?)(\.exe)?", re.IGNORECASE)
_RESERVED_ROOT = {"pyvenv.cfg", "lib64", RECEIPT}
_WINDOWS_FORBIDDEN = re.compile(
    r'[<>:"|?*\x00-\x1f]|[. ]$|^(con|prn|aux|nul|(com|lpt)[1-9\u00b9\u00b2\u00b3])(\..*)?$', re.IGNORECASE
)


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


def environment_folders(target: Target) -> set[str]:
    """Give every folder the environment has before any wheel is in it, itself left out."""
    folders = (folder.rstrip("/").split("/") for folder in scheme_paths(target, "").values() if folder)
    return {"/".join(parts[:depth]) for parts in folders for depth in range(1, len(parts) + 1)}


def same_file_key(path: str, target: Target) -> str:
    """Give what two paths share when the target's file system takes them for one file."""
    return path if target.platform.sys_platform == "linux" else unicodedata.normalize("NFC", path).casefold()


def fault_in_path(path: str, target: Target) -> str | None:
    """Say why a wheel may not put a file at `path`; None when it may."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in parts):
        return "a path that leaves the environment, or is not plain"
    if is_windows(target) and any(_WINDOWS_FORBIDDEN.search(part) for part in parts):
        return "a name that Windows does not allow"
    folder, _, name = path.rpartition("/")
    in_scripts = same_file_key(folder, target) == same_file_key(scripts_folder(target), target)
    if in_scripts and _RESERVED_SCRIPT.fullmatch(name):
        return "a file of the environment itself"
    if same_file_key(parts[0], target) in _RESERVED_ROOT:
        return "a file of the environment itself"
    return None
