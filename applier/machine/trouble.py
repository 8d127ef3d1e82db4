"""Why no GPU answers, and what to do: the driver's error and the surroundings in, a sentence out. Pure.

Source: NVML API reference, nvmlReturn_t; CUDA driver API, CUresult.
"""

from dataclasses import dataclass
from enum import IntEnum

from .surroundings import Surroundings

_GIVE_GPU = "start the container with --gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility"


class NvmlError(IntEnum):
    """The answers of NVML that have a meaning of their own."""

    NO_PERMISSION = 4
    DRIVER_NOT_LOADED = 9
    LIBRARY_NOT_FOUND = 12
    GPU_IS_LOST = 15
    LIB_RM_VERSION_MISMATCH = 18
    GPU_NOT_FOUND = 28


CUDA_NO_DEVICE = 100
CUDA_MISMATCHES = (803, 804)
"""System driver mismatch, and forward compatibility tried on a device that does not support it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with the driver or the GPUs."""

    code: str
    found: str
    hint: str
    stops: bool = False
    """Nothing is worth applying before it is mended: the GPU is there, and no program can use it."""


def _no_library(around: Surroundings) -> Trouble:
    if around.jetson:
        hint = "update to JetPack 6 or newer; PyTorch for a Jetson older than Thor comes from NVIDIA"
        return Trouble(code="jetson-without-nvml", found="a Jetson whose JetPack has no NVML", hint=hint)
    if around.wsl:
        hint = "install a current NVIDIA driver in Windows, none in WSL, then run 'wsl --update'"
        return Trouble(code="wsl-without-driver", found="WSL without the library of the Windows driver", hint=hint)
    if around.container and around.kernel_driver:
        found = f"the host has NVIDIA driver {around.kernel_driver}, but this container was not given the GPU"
        return Trouble(code="container-without-gpu", found=found, hint=_GIVE_GPU)
    if around.container:
        hint = f"if the host has an NVIDIA GPU, {_GIVE_GPU}"
        return Trouble(code="no-driver", found="no NVIDIA driver in this container", hint=hint)
    if around.kernel_driver:
        found = f"the kernel module of NVIDIA driver {around.kernel_driver} is loaded, but its library is not installed"
        return Trouble(code="driver-library-missing", found=found, hint="install the libraries of the same driver")
    return Trouble(code="no-driver", found="no NVIDIA driver", hint="if there is an NVIDIA GPU, install its driver")


def _mismatch(around: Surroundings) -> Trouble:
    anew = "start the container anew, so that it gets the host's libraries"
    return Trouble(
        code="driver-library-mismatch",
        found="the NVIDIA driver's library and its kernel module are of different versions",
        hint=anew if around.container else "restart the machine",
        stops=True,
    )


def fails(words: str) -> Trouble:
    """Say that the driver is there and fails, in its own words."""
    hint = "run nvidia-smi; restart the machine, or install the driver again"
    return Trouble(code="driver-fails", found=f"the NVIDIA driver fails: {words}", hint=hint)


def gpu_lost(name: str) -> Trouble:
    """Say that a GPU has gone."""
    hint = "restart the machine; if it comes back, look at its power and seating"
    return Trouble(code="gpu-lost", found=f"{name} does not answer any more", hint=hint)


def no_gpu(around: Surroundings) -> Trouble:
    """Say that the driver knows no GPU."""
    hint = _GIVE_GPU if around.container else "look whether the GPU is seated, switched on and given to this system"
    return Trouble(code="no-gpu", found="the NVIDIA driver lists no GPU", hint=hint)


def no_cuda_library(around: Surroundings) -> Trouble:
    """Say that NVML answers, and CUDA does not."""
    hint = _GIVE_GPU if around.container else "install the CUDA library of the same driver (libcuda)"
    return Trouble(code="no-cuda-library", found="the NVIDIA driver is there without its CUDA library", hint=hint)


def of_nvml(code: int, words: str, around: Surroundings) -> Trouble:
    """Put an error of NVML into a sentence; `words` are NVML's own."""
    match code:
        case NvmlError.LIBRARY_NOT_FOUND:
            return _no_library(around)
        case NvmlError.DRIVER_NOT_LOADED:
            found = "the NVIDIA driver is installed, but its kernel module is not loaded"
            hint = "restart the machine; if that does not help, install the driver again (Secure Boot may keep it out)"
            return Trouble(code="driver-not-loaded", found=found, hint=hint)
        case NvmlError.LIB_RM_VERSION_MISMATCH:
            return _mismatch(around)
        case NvmlError.NO_PERMISSION:
            hint = "join the group that /dev/nvidia0 belongs to (often video or render), then log in again"
            return Trouble(code="no-permission", found="no permission to use the NVIDIA devices", hint=hint)
        case NvmlError.GPU_IS_LOST:
            return gpu_lost("a GPU")
        case NvmlError.GPU_NOT_FOUND:
            return no_gpu(around)
        case _:
            return fails(words)


def of_cuda(code: int, around: Surroundings) -> Trouble:
    """Put an error of the CUDA driver's start into a sentence."""
    if code == CUDA_NO_DEVICE:
        return no_gpu(around)
    return _mismatch(around) if code in CUDA_MISMATCHES else fails(f"CUDA error {code}")
