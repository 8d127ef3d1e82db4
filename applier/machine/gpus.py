"""The GPUs and their driver, by whoever tells: NVML first, then nvidia-smi, then the CUDA driver itself."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from .surroundings import Surroundings
from .trouble import NvmlError, Trouble, gpu_lost, no_cuda_library, no_gpu, of_nvml


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    compute_capability: str
    """As "8.6"; empty when the driver does not tell."""
    memory_bytes: int
    """0 where memory is shared with the system. With MIG, that of the whole card."""
    trouble: Trouble | None = None
    """What keeps this one from computing; None when nothing is known to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one teller told."""

    source: str = ""
    """Its name; empty when it is not there at all."""
    driver: str = ""
    cuda: tuple[int, int] | None = None
    gpus: tuple[Gpu, ...] = ()
    trouble: Trouble | None = None

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is left to ask others for."""
        return self.cuda is not None and bool(self.gpus) and all(gpu.compute_capability for gpu in self.gpus)

    def filled_by(self, other: "Reading") -> "Reading":
        """Add what another teller knows; the first one's word stands."""
        gpus = self.gpus or other.gpus
        if len(self.gpus) == len(other.gpus) == 1:  # several may be numbered otherwise
            gpus = (_filled(self.gpus[0], other.gpus[0]),)
        if other.gpus and not self.gpus:  # who finds GPUs shows that the first one's trouble was its own
            source, trouble = other.source, other.trouble
        else:
            source = self.source or other.source
            trouble = self.trouble if self.source else other.trouble or self.trouble
        return Reading(
            source=source,
            driver=self.driver or other.driver,
            cuda=self.cuda or other.cuda,
            gpus=gpus,
            trouble=trouble,
        )


def _filled(gpu: Gpu, other: Gpu) -> Gpu:
    return replace(
        gpu,
        compute_capability=gpu.compute_capability or other.compute_capability,
        memory_bytes=gpu.memory_bytes or other.memory_bytes,
    )


def two_numbers_of(cuda_version: int) -> tuple[int, int] | None:
    """Read CUDA's own way of writing its version, 12040 for 12.4; 0: none."""
    return (cuda_version // 1000, cuda_version % 1000 // 10) if cuda_version > 0 else None


def _text(value: str | bytes) -> str:
    """Take text; older modules named `pynvml` give bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _idle_mig(nvml: Any, handle: Any) -> Trouble | None:
    """Say when a GPU is cut into instances (MIG) and has none: then CUDA sees nothing of it."""
    try:
        if nvml.nvmlDeviceGetMigMode(handle)[0] != 1:
            return None
        count = nvml.nvmlDeviceGetMaxMigDeviceCount(handle)
    except nvml.NVMLError:  # no MIG on this kind of GPU
        return None
    for index in range(count):
        with suppress(nvml.NVMLError):
            nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)
            return None
    hint = "create an instance (nvidia-smi mig -cgi ... -C), or switch MIG off"
    return Trouble(code="mig-without-instance", found="MIG is on, and there is no instance", hint=hint)


def _read_gpu(nvml: Any, index: int, around: Surroundings) -> Gpu:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        name = _text(nvml.nvmlDeviceGetName(handle))
    except nvml.NVMLError as error:  # one lost GPU must not hide the others
        name, code = f"GPU {index}", error.value
        lost = gpu_lost(name) if code == NvmlError.GPU_IS_LOST else of_nvml(code, str(error), around)
        return Gpu(name=name, compute_capability="", memory_bytes=0, trouble=lost)
    try:
        capability = "{}.{}".format(*nvml.nvmlDeviceGetCudaComputeCapability(handle))
    except nvml.NVMLError:
        capability = ""
    try:
        memory_bytes = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    except nvml.NVMLError:  # unified memory: Jetson, GB10
        memory_bytes = 0
    trouble = _idle_mig(nvml, handle)
    return Gpu(name=name, compute_capability=capability, memory_bytes=memory_bytes, trouble=trouble)


def _cuda_of(nvml: Any, around: Surroundings) -> tuple[tuple[int, int] | None, Trouble | None]:
    """Ask for the CUDA the driver speaks; the first version of this call makes up an answer without libcuda."""
    try:
        return two_numbers_of(nvml.nvmlSystemGetCudaDriverVersion_v2()), None
    except nvml.NVMLError as error:
        return None, no_cuda_library(around) if error.value == NvmlError.LIBRARY_NOT_FOUND else None


def _ask(nvml: Any, around: Surroundings) -> Reading:
    cuda, trouble = _cuda_of(nvml, around)
    driver, gpus = "", list[Gpu]()
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        gpus = [_read_gpu(nvml, index, around) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError as error:
        trouble = of_nvml(error.value, str(error), around)
    if not gpus and trouble is None:
        trouble = no_gpu(around)
    return Reading(source="NVML", driver=driver, cuda=cuda, gpus=tuple(gpus), trouble=trouble)


def _no_nvml(around: Surroundings) -> Reading:
    return Reading(driver=around.kernel_driver, trouble=of_nvml(NvmlError.LIBRARY_NOT_FOUND, "", around))


def read_nvml(nvml: Any, around: Surroundings) -> Reading:
    """Ask NVML (the module `pynvml`, or None when its library is not there); never fails."""
    if nvml is None:
        return _no_nvml(around)
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        if error.value == NvmlError.LIBRARY_NOT_FOUND:
            return _no_nvml(around)
        return Reading(source="NVML", driver=around.kernel_driver, trouble=of_nvml(error.value, str(error), around))
    try:
        return _ask(nvml, around)
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def first_answers(tellers: Iterable[Callable[[], Reading]]) -> Reading:
    """Ask one after the other until everything is known."""
    reading = Reading()
    for ask in tellers:
        reading = reading.filled_by(ask())
        if reading.is_whole:
            break
    return reading
