"""This machine's facts, with an NVML that behaves as told."""

import json
import os
import platform
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from applier.machine.facts import Gpu, Machine, look_at_machine, read_gpus


class NVMLError(Exception):
    """What pynvml raises."""


@dataclass
class FakeNvml:
    """Stands in for the module `pynvml`; the functions named in `failing` raise."""

    names: tuple[str, ...] = ("NVIDIA RTX A",)
    failing: frozenset[str] = frozenset()
    calls: list[str] = field(default_factory=list)
    NVMLError: type[Exception] = NVMLError

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise NVMLError(f"{name} fails")

    def nvmlInit(self) -> None:  # noqa: N802
        self._called("init")

    def nvmlShutdown(self) -> None:  # noqa: N802
        self._called("shutdown")

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        self._called("driver")
        return "580.65.06"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self._called("count")
        return len(self.names)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        self._called("handle")
        return index

    def nvmlDeviceGetCudaComputeCapability(self, handle: int) -> tuple[int, int]:  # noqa: N802
        self._called("capability")
        return 8, 6 + handle

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:  # noqa: N802
        self._called("memory")
        return SimpleNamespace(total=(handle + 1) << 30)

    def nvmlDeviceGetName(self, handle: int) -> str:  # noqa: N802
        self._called("name")
        return self.names[handle]


def test_every_gpu_is_listed() -> None:
    """Two GPUs come out in order, each with its capability and memory."""
    nvml = FakeNvml(names=("first", "second"))

    assert read_gpus(nvml) == (
        "580.65.06",
        (
            Gpu(name="first", compute_capability="8.6", memory_bytes=1 << 30),
            Gpu(name="second", compute_capability="8.7", memory_bytes=2 << 30),
        ),
        "",
    )
    assert nvml.calls[-1] == "shutdown"


@pytest.mark.parametrize(
    ("failing", "names", "driver", "gpus", "note"),
    [
        pytest.param({"init"}, ("a",), "", 0, "no NVIDIA driver answers: init fails", id="no driver"),
        pytest.param({"driver"}, ("a",), "", 0, "the NVIDIA driver fails: driver fails", id="library mismatch"),
        pytest.param({"handle"}, ("a",), "580.65.06", 0, "the NVIDIA driver fails: handle fails", id="lost GPU"),
        pytest.param(set(), (), "580.65.06", 0, "the driver lists no GPU", id="driver without GPU"),
        pytest.param({"memory"}, ("a",), "580.65.06", 1, "", id="unified memory"),
        pytest.param({"capability"}, ("a",), "580.65.06", 1, "", id="capability not told"),
        pytest.param({"shutdown"}, ("a",), "580.65.06", 1, "", id="shutdown fails"),
        pytest.param({"driver", "shutdown"}, ("a",), "", 0, "the NVIDIA driver fails: driver fails", id="all fails"),
    ],
)
def test_whatever_fails_becomes_a_fact(
    failing: set[str], names: tuple[str, ...], driver: str, gpus: int, note: str
) -> None:
    """A driver that fails, at any call, is told in words and never raises."""
    found = read_gpus(FakeNvml(names=names, failing=frozenset(failing)))

    assert (found[0], len(found[1]), found[2]) == (driver, gpus, note)


def test_what_the_driver_does_not_tell_stays_empty() -> None:
    """Memory shared with the system counts as 0, an unknown capability as empty."""
    _, gpus, _ = read_gpus(FakeNvml(failing=frozenset({"memory", "capability"})))

    assert gpus == (Gpu(name="NVIDIA RTX A", compute_capability="", memory_bytes=0),)


def test_looking_at_this_machine_gives_its_facts() -> None:
    """The facts are the running interpreter's, JSON-ready, and a missing GPU has a reason."""
    machine = look_at_machine()

    assert machine.python == sys.version_info[:3]
    assert (machine.sys_platform, machine.machine) == (sys.platform, platform.machine())
    assert machine.implementation == "cpython"
    assert bool(machine.gpus) != bool(machine.gpu_note)
    assert (machine.macos is not None) == (sys.platform == "darwin")
    json.dumps(machine.to_dict())


@pytest.mark.parametrize(
    ("system", "answer", "expected"),
    [
        pytest.param("linux", "glibc 2.35", (2, 35), id="glibc"),
        pytest.param("linux", "glibc 2.31.9000", (2, 31), id="a snapshot of glibc"),
        pytest.param("linux", None, None, id="no answer"),
        pytest.param("linux", "musl", None, id="another C library"),
        pytest.param("linux", ValueError("unrecognized configuration name"), None, id="unknown question"),
        pytest.param("darwin", "glibc 2.35", None, id="not on Linux"),
    ],
)
def test_glibc_is_known_only_where_it_is(
    system: str, answer: object, expected: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The C library's version is two numbers; another library, or another system, has none."""

    def confstr(name: str) -> object:
        assert name == "CS_GNU_LIBC_VERSION"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    monkeypatch.setattr(sys, "platform", system)

    assert look_at_machine().glibc == expected


def test_gpus_in_words() -> None:
    """GPUs are named one after the other; none is "no GPU"."""
    gpus = tuple(Gpu(name=name, compute_capability="", memory_bytes=0) for name in ("A", "B"))
    bare = Machine(sys_platform="linux", machine="x86_64", implementation="cpython", python=(3, 11, 0))

    assert bare.gpu_words() == "no GPU"
    assert Machine(
        sys_platform="linux", machine="x86_64", implementation="cpython", python=(3, 11, 0), gpus=gpus
    ).gpu_words() == ("A, B")
