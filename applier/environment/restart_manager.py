"""Windows' Restart Manager, which knows the processes that have files open; by ctypes. The edge.

Source: restartmanager.h of the Windows SDK.
"""

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

_DWORD = ctypes.c_uint32
_KEY_LENGTH = 33
_MORE_DATA = 234


class _UniqueProcess(ctypes.Structure):
    _fields_ = [("pid", _DWORD), ("start_low", _DWORD), ("start_high", _DWORD)]


class ProcessInfo(ctypes.Structure):
    """RM_PROCESS_INFO; its letters are UTF-16 units, whatever `wchar_t` is where this is tested."""

    _fields_ = [
        ("process", _UniqueProcess),
        ("app_name", ctypes.c_uint16 * 256),
        ("service_name", ctypes.c_uint16 * 64),
        ("kind", ctypes.c_int32),
        ("status", _DWORD),
        ("session", _DWORD),
        ("restartable", ctypes.c_int32),
    ]


def _text(units: "ctypes.Array[ctypes.c_uint16]") -> str:
    return bytes(units).decode("utf-16-le", errors="replace").partition("\0")[0]


def _library() -> Any:
    if sys.platform == "win32":
        return ctypes.WinDLL("rstrtmgr")
    raise OSError("the Restart Manager is Windows'")


def _list(library: Any, session: Any) -> list[tuple[int, str]]:
    needed, count, reasons = ctypes.c_uint(0), ctypes.c_uint(0), _DWORD(0)
    infos = (ProcessInfo * 0)()
    while (
        status := library.RmGetList(session, ctypes.byref(needed), ctypes.byref(count), infos, ctypes.byref(reasons))
    ) == _MORE_DATA:  # also when a process came since we were told how many there are
        infos = (ProcessInfo * needed.value)()
        count = ctypes.c_uint(needed.value)
    if status:
        return []
    return [(info.process.pid, _text(info.app_name)) for info in infos[: count.value]]


def processes_with_open(files: Sequence[str], library: Any = None) -> list[tuple[int, str]]:
    """Give number and name of every process that has one of the files open; none when the system does not say."""
    library = library or _library()
    session, key = _DWORD(0), (ctypes.c_uint16 * _KEY_LENGTH)()
    if library.RmStartSession(ctypes.byref(session), 0, key):
        return []
    try:
        names = (ctypes.c_wchar_p * len(files))(*files)
        if library.RmRegisterResources(session, len(files), names, 0, None, 0, None):
            return []
        return _list(library, session)
    finally:
        library.RmEndSession(session)
