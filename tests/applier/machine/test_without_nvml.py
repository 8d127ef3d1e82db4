"""GPUs by nvidia-smi and by the CUDA driver, where NVML does not answer."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from applier.machine.gpus import Gpu, Reading
from applier.machine.surroundings import Surroundings
from applier.machine.without_nvml import ask_cuda, ask_nvidia_smi, parse_smi

HERE = Surroundings()


@pytest.mark.parametrize(
    ("answer", "driver", "gpus"),
    [
        pytest.param("", "", [], id="nothing"),
        pytest.param("No devices were found\n", "", [], id="no devices"),
        pytest.param(
            "550.54.15, 24564, NVIDIA GeForce RTX 4090, 8.9\n550.54.15, 8192, NVIDIA GeForce GTX 1080, 6.1\n",
            "550.54.15",
            [("NVIDIA GeForce RTX 4090", "8.9", 24564 << 20), ("NVIDIA GeForce GTX 1080", "6.1", 8 << 30)],
            id="two cards",
        ),
        pytest.param("450.80.02, 16160, Tesla V100\n", "450.80.02", [("Tesla V100", "", 16160 << 20)], id="old"),
        pytest.param(
            "540.3.0, [N/A], Orin (nvgpu), [N/A]\n", "540.3.0", [("Orin (nvgpu)", "", 0)], id="JetPack 6 tells little"
        ),
        pytest.param("580.00, [Not Supported], NVIDIA Thor, 11.0\n", "580.00", [("NVIDIA Thor", "11.0", 0)], id="Thor"),
        pytest.param("[N/A], 1024, card, 8.6\n", "", [("card", "8.6", 1 << 30)], id="no driver version"),
    ],
)
def test_rows_of_nvidia_smi(answer: str, driver: str, gpus: list[tuple[str, str, int]]) -> None:
    """Each row is a GPU; what stands in brackets is not known."""
    expected = tuple(Gpu(name=name, compute_capability=cap, memory_bytes=size) for name, cap, size in gpus)

    assert parse_smi(answer) == (driver, expected)


def put_smi(folder: Path, script: str) -> None:
    """Put a program called nvidia-smi there."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


HEADER = "| NVIDIA-SMI 550.54.15     Driver Version: 550.54.15     CUDA Version: 12.4     |"
OLD_SMI = f"""\
case "$1" in
*compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
--query*) echo "450.80.02, 16160, Tesla V100";;
*) echo "{HEADER}";;
esac"""


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("exit 9", Reading(source="nvidia-smi"), id="it fails"),
        pytest.param(
            OLD_SMI,
            Reading(
                source="nvidia-smi",
                driver="450.80.02",
                cuda=(12, 4),
                gpus=(Gpu(name="Tesla V100", compute_capability="", memory_bytes=16160 << 20),),
            ),
            id="an old one",
        ),
    ],
)
def test_nvidia_smi_is_run(script: str, expected: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program on the path is asked; an old one that knows no capability is asked again without."""
    put_smi(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert ask_nvidia_smi() == expected


def test_without_nvidia_smi_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program, no answer."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert ask_nvidia_smi() == Reading()


def test_an_nvidia_smi_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not end in time answered nothing."""

    def hangs(_command: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", options["timeout"])

    put_smi(tmp_path, "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", hangs)

    assert ask_nvidia_smi().gpus == ()


@dataclass(frozen=True, kw_only=True)
class FakeCuda:
    """A CUDA driver of two GPUs, of which calls may fail; arguments are passed as ctypes does."""

    version: int = 12040
    init: int = 0
    failing: frozenset[str] = frozenset()

    def _answer(self, name: str, pointer: Any, value: int | bytes) -> int:
        if name not in self.failing:
            pointer._obj.value = value
        return 1 if name in self.failing else 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        return self._answer("version", version, self.version)

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.init

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        return self._answer("count", count, 2)

    def cuDeviceGet(self, device: Any, index: int) -> int:  # noqa: N802
        return self._answer(f"device {index}", device, index)

    def cuDeviceGetName(self, buffer: Any, length: int, device: Any) -> int:  # noqa: N802
        buffer.value = b"card %d" % device.value
        return 1 if "name" in self.failing else 0

    def cuDeviceTotalMem_v2(self, memory: Any, device: Any) -> int:  # noqa: N802
        return self._answer("memory", memory, 24 << 30)

    def cuDeviceGetAttribute(self, number: Any, attribute: int, device: Any) -> int:  # noqa: N802
        return self._answer("attribute", number, {75: 8, 76: 6}[attribute])


def cards(*rows: tuple[str, str, int]) -> tuple[Gpu, ...]:
    """GPUs, each as name, capability and memory."""
    return tuple(Gpu(name=name, compute_capability=capability, memory_bytes=size) for name, capability, size in rows)


@pytest.mark.parametrize(
    ("cuda", "version", "gpus"),
    [
        pytest.param(FakeCuda(), (12, 4), cards(("card 0", "8.6", 24 << 30), ("card 1", "8.6", 24 << 30)), id="whole"),
        pytest.param(
            FakeCuda(failing=frozenset({"device 0"})), (12, 4), cards(("card 1", "8.6", 24 << 30)), id="one is gone"
        ),
        pytest.param(
            FakeCuda(failing=frozenset({"version", "attribute", "memory", "name"})),
            None,
            cards(("GPU 0", "", 0), ("GPU 1", "", 0)),
            id="it tells little",
        ),
    ],
)
def test_the_cuda_driver_tells(cuda: FakeCuda, version: tuple[int, int] | None, gpus: tuple[Gpu, ...]) -> None:
    """Name, capability and memory of each GPU; what fails stays empty."""
    assert ask_cuda(cuda, HERE) == Reading(source="libcuda", cuda=version, gpus=gpus)


@pytest.mark.parametrize(
    ("cuda", "code"),
    [
        pytest.param(FakeCuda(init=100), "no-gpu", id="no device"),
        pytest.param(FakeCuda(init=803), "driver-library-mismatch", id="driver mismatch"),
        pytest.param(FakeCuda(init=804), "driver-library-mismatch", id="compatibility package on a GeForce"),
        pytest.param(FakeCuda(init=999), "driver-fails", id="unknown"),
        pytest.param(FakeCuda(failing=frozenset({"count"})), "driver-fails", id="cannot count"),
    ],
)
def test_a_cuda_driver_that_does_not_start_says_why(cuda: FakeCuda, code: str) -> None:
    """The CUDA it speaks is known even then, and the error is a sentence."""
    reading = ask_cuda(cuda, HERE)

    assert (reading.cuda, reading.gpus) == ((12, 4), ())
    assert reading.trouble is not None
    assert reading.trouble.code == code


def test_without_a_cuda_driver_nothing_is_said() -> None:
    """No library, no answer."""
    assert ask_cuda(None, HERE) == Reading()
