"""This machine, as far as a bundle cares: system, Python, C library, driver and GPUs. The edge; `fit` decides."""

import os
import platform
import sys
import sysconfig
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

NO_GPU = "no GPU"


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
        return ", ".join(gpu.name for gpu in self.gpus) or NO_GPU

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
    gpus: list[Gpu] = []
    driver, note = "", "the driver lists no GPU"
    try:
        driver = str(nvml.nvmlSystemGetDriverVersion())
        gpus.extend(_read_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
    except nvml.NVMLError as error:  # a GPU that is lost must not hide the driver, nor the GPUs before it
        note = f"the NVIDIA driver fails: {error}"
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
    return driver, tuple(gpus), "" if gpus else note


def _implementation() -> str:
    """Name the implementation; a free-threaded build takes wheels of its own, and so counts as another."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return f"free-threaded {sys.implementation.name}" if free_threaded else sys.implementation.name


def _machine() -> str:
    """Name the machine as Python sees it: a 32-bit Python on a 64-bit system takes 32-bit wheels."""
    return platform.machine() if sys.maxsize > 2**32 else f"32-bit Python on {platform.machine()}"


def look_at_machine() -> Machine:
    """Gather the facts; never fails."""
    import pynvml

    driver, gpus, note = read_gpus(pynvml)
    return Machine(
        sys_platform=sys.platform,
        machine=_machine(),
        implementation=_implementation(),
        python=sys.version_info[:3],
        glibc=_glibc(),
        macos=_two_numbers(platform.mac_ver()[0]),
        driver=driver,
        gpus=gpus,
        gpu_note=note,
    )
