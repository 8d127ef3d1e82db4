"""This machine, as far as a bundle cares: system, Python, C library, driver and GPUs. The edge; `fit` decides."""

import os
import platform
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    compute_capability: str
    """As "8.6"; empty when the driver does not tell."""
    memory_bytes: int
    """0 where memory is shared with the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts, as found."""

    sys_platform: str
    machine: str
    implementation: str
    python: tuple[int, int, int]
    glibc: tuple[int, int] | None = None
    macos: tuple[int, int] | None = None
    driver: str = ""
    """NVIDIA driver version; empty when there is none."""
    gpus: tuple[Gpu, ...] = ()
    gpu_note: str = ""
    """Why no GPU was found, in words; empty when one was."""

    def gpu_words(self) -> str:
        """Name the GPUs, or say "no GPU"."""
        return ", ".join(gpu.name for gpu in self.gpus) or "no GPU"

    def to_dict(self) -> dict[str, Any]:
        """Give the facts as a JSON-ready mapping."""
        return asdict(self)


def _two_numbers(text: str) -> tuple[int, int] | None:
    try:
        major, minor, *_ = (*text.split("."), "0")
        return int(major), int(minor)
    except ValueError:
        return None


def _glibc() -> tuple[int, int] | None:
    if sys.platform == "linux":
        with suppress(ValueError, OSError):  # another C library
            return _two_numbers((os.confstr("CS_GNU_LIBC_VERSION") or "").removeprefix("glibc "))
    return None


def _read_gpu(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    try:
        capability = "{}.{}".format(*nvml.nvmlDeviceGetCudaComputeCapability(handle))
    except nvml.NVMLError:
        capability = ""
    try:
        memory_bytes = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    except nvml.NVMLError:  # unified memory: Jetson, GB10
        memory_bytes = 0
    return Gpu(name=nvml.nvmlDeviceGetName(handle), compute_capability=capability, memory_bytes=memory_bytes)


def read_gpus(nvml: Any) -> tuple[str, tuple[Gpu, ...], str]:
    """Ask NVML (the module `pynvml`) for driver, GPUs, and why there are none."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return "", (), f"no NVIDIA driver answers: {error}"
    try:
        driver = str(nvml.nvmlSystemGetDriverVersion())
        gpus = tuple(_read_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
        return driver, gpus, "" if gpus else "the driver lists no GPU"
    except nvml.NVMLError as error:
        return "", (), f"the NVIDIA driver fails: {error}"
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def look_at_machine() -> Machine:
    """Gather the facts; never fails."""
    import pynvml

    driver, gpus, note = read_gpus(pynvml)
    return Machine(
        sys_platform=sys.platform,
        machine=platform.machine(),
        implementation=sys.implementation.name,
        python=sys.version_info[:3],
        glibc=_glibc(),
        macos=_two_numbers(platform.mac_ver()[0]),
        driver=driver,
        gpus=gpus,
        gpu_note=note,
    )
