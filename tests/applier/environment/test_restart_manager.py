"""The Restart Manager's calls, with a double in its place: sizes, order, a list that grows while we ask.

What Windows itself answers was not tried here.
"""

import ctypes
from typing import Any

import pytest

from applier.environment.restart_manager import ProcessInfo, processes_with_open


class FakeLibrary:
    """Answers as rstrtmgr.dll is documented to."""

    def __init__(self, processes: list[tuple[int, str]], *, refuse: str = "", more_later: int = 0) -> None:
        self._processes = processes
        self._refuse = refuse
        self._more_later = more_later
        self.calls: list[str] = []
        self.files: list[str] = []

    def _answer(self, name: str) -> int:
        self.calls.append(name)
        return 5 if name == self._refuse else 0

    def RmStartSession(self, session: Any, flags: int, key: Any) -> int:  # noqa: N802  # Windows' name
        session._obj.value = 3
        assert len(key) == 33
        return self._answer("start")

    def RmRegisterResources(self, session: Any, count: int, files: Any, *more: object) -> int:  # noqa: N802
        assert (session.value, more) == (3, (0, None, 0, None))
        self.files = list(files)
        assert len(self.files) == count
        return self._answer("register")

    def RmGetList(self, session: Any, needed: Any, count: Any, infos: Any, reasons: Any) -> int:  # noqa: N802
        there = self._processes[: len(self._processes) - self._more_later]
        self._more_later = 0
        needed._obj.value = len(there)
        if len(infos) < len(there):
            self._answer("list")
            return 234
        for info, (pid, name) in zip(infos, there, strict=False):
            info.process.pid = pid
            units = name.encode("utf-16-le")
            ctypes.memmove(info.app_name, units, len(units))
        count._obj.value = len(there)
        return self._answer("list")

    def RmEndSession(self, session: Any) -> int:  # noqa: N802
        return self._answer("end")


def test_a_process_is_told_as_the_sdk_lays_it_out() -> None:
    """The structure has the size that 64-bit and 32-bit Windows use."""
    assert ctypes.sizeof(ProcessInfo) == 668


@pytest.mark.parametrize("more_later", [0, 1], ids=["at once", "one came meanwhile"])
def test_every_process_is_given(more_later: int) -> None:
    """Numbers and names, beyond ASCII too, however many there are by the time they are told."""
    library = FakeLibrary([(7, "studio"), (8, "Größe 環境")], more_later=more_later)

    assert processes_with_open(["a.dll", "b.pyd"], library) == [(7, "studio"), (8, "Größe 環境")]
    assert library.files == ["a.dll", "b.pyd"]
    assert library.calls[:2] == ["start", "register"]
    assert library.calls[-1] == "end"


def test_nobody_is_given_when_nobody_has_them_open() -> None:
    """An empty list needs no second question."""
    library = FakeLibrary([])

    assert processes_with_open([], library) == []
    assert library.calls == ["start", "register", "list", "end"]


@pytest.mark.parametrize("refuse", ["start", "register", "list"])
def test_a_system_that_does_not_say_is_no_failure(refuse: str) -> None:
    """Names are a help; without them the environment is in use all the same. The session is closed."""
    library = FakeLibrary([], refuse=refuse)

    assert processes_with_open(["a.dll"], library) == []
    assert ("end" in library.calls) == (refuse != "start")
