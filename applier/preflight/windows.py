"""What only Windows has: the limit on paths, the C++ runtime, access that the mode bits do not tell. The edge."""

import ctypes
import sys
from pathlib import Path

RUNTIME = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")
"""The Microsoft Visual C++ runtime that wheels are built against; python.exe brings the first two at most."""

if sys.platform == "win32":
    import winreg

    _FILE_SYSTEM = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    # Source: Win32 API, CreateFileW and file access rights: FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY.
    _MAY_ADD = 0x2 | 0x4
    _SHARE_ALL = 0x1 | 0x2 | 0x4
    _OPEN_EXISTING = 3
    _FOLDERS_TOO = 0x02000000
    _INVALID_HANDLE = ctypes.c_void_p(-1).value

    def long_paths_enabled() -> bool:
        """Say whether programs that ask for it, as Python does, may use paths of more than 259 characters."""
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _FILE_SYSTEM) as key:
                return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
        except OSError:
            return False

    def missing_runtime() -> tuple[str, ...]:
        """Give the libraries of the C++ runtime that cannot be loaded."""
        missing = []
        for name in RUNTIME:
            try:
                ctypes.WinDLL(name)
            except OSError:
                missing.append(name)
        return tuple(missing)

    def may_add_to(folder: Path) -> bool:
        """Say whether files and folders may be made in a folder: it is opened for that, and nothing is made."""
        create_file = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
        create_file.restype = ctypes.c_void_p
        create_file.argtypes = [ctypes.c_wchar_p, *[ctypes.c_uint32] * 2, ctypes.c_void_p, *[ctypes.c_uint32] * 2]
        create_file.argtypes += [ctypes.c_void_p]
        handle = create_file(str(folder), _MAY_ADD, _SHARE_ALL, None, _OPEN_EXISTING, _FOLDERS_TOO, None)
        if handle == _INVALID_HANDLE:
            return False
        ctypes.WinDLL("kernel32").CloseHandle(ctypes.c_void_p(handle))
        return True
