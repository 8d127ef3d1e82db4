"""Who tells of GPUs when NVML does not: the program nvidia-smi, then the CUDA driver through ctypes. The edge."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .gpus import Gpu, Reading, two_numbers_of
from .surroundings import Surroundings
from .trouble import of_cuda

_TIMEOUT_S = 10
_WSL_FOLDER = "/usr/lib/wsl/lib"
# Old versions know no compute_cap, and then answer nothing at all.
_QUESTIONS = ("driver_version,memory.total,name,compute_cap", "driver_version,memory.total,name")
_CAPABILITY = re.compile(r"\d+\.\d+")
_CUDA_VERSION = re.compile(r"CUDA(?: UMD)? Version *: *(\d+)\.(\d+)")
_MIB = 1 << 20

# Source: CUDA driver API, CUdevice_attribute.
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76


def _find_smi() -> str | None:
    folders = [_WSL_FOLDER]
    if sys.platform == "win32":
        roots = (os.environ.get(name, "") for name in ("SYSTEMROOT", "PROGRAMFILES"))
        folders = [
            str(Path(root, end)) for root, end in zip(roots, ("System32", "NVIDIA Corporation/NVSMI"), strict=True)
        ]
    return shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path=os.pathsep.join(folders))


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the driver's own program
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def parse_smi(answer: str) -> tuple[str, tuple[Gpu, ...]]:
    """Read nvidia-smi's rows of driver, memory in MiB, name and, as a rule, capability; "[N/A]" stands for unknown."""
    driver, gpus = "", []
    for line in answer.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) < 3:
            continue
        version, memory, name, capability = (*fields, "")[:4]
        driver = driver or (version if version[:1].isdigit() else "")
        gpus.append(
            Gpu(
                name=name,
                compute_capability=capability if _CAPABILITY.fullmatch(capability) else "",
                memory_bytes=int(memory) * _MIB if memory.isdigit() else 0,
            )
        )
    return driver, tuple(gpus)


def ask_nvidia_smi() -> Reading:
    """Run nvidia-smi, if it is there; it answers nothing when it fails."""
    smi = _find_smi()
    if smi is None:
        return Reading()
    for question in _QUESTIONS:
        driver, gpus = parse_smi(_run([smi, f"--query-gpu={question}", "--format=csv,noheader,nounits"]))
        if gpus:
            break
    told = _CUDA_VERSION.search(_run([smi])) if gpus else None
    cuda = (int(told[1]), int(told[2])) if told else None
    return Reading(source="nvidia-smi", driver=driver, cuda=cuda, gpus=gpus)


def load_cuda() -> Any:
    """Load the CUDA driver's library; None when there is none."""
    names = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", f"{_WSL_FOLDER}/libcuda.so.1")
    for name in names:
        try:
            return ctypes.CDLL(name)  # no difference to WinDLL on 64 bits
        except OSError:
            continue
    return None


def _read_device(cuda: Any, index: int) -> Gpu | None:
    device, number = ctypes.c_int(), ctypes.c_int()
    if cuda.cuDeviceGet(ctypes.byref(device), index):
        return None
    name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
    if cuda.cuDeviceGetName(name, len(name), device):
        name.value = b"GPU %d" % index
    if cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device):
        memory.value = 0
    parts = [
        str(number.value)
        for attribute in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)
        if not cuda.cuDeviceGetAttribute(ctypes.byref(number), attribute, device)
    ]
    capability = ".".join(parts) if len(parts) == 2 else ""
    words = name.value.decode("utf-8", "replace")
    return Gpu(name=words, compute_capability=capability, memory_bytes=memory.value)


def ask_cuda(cuda: Any, around: Surroundings) -> Reading:
    """Ask the CUDA driver; no context is made, so no GPU memory is taken. `cuda` as of `load_cuda`."""
    if cuda is None:
        return Reading()
    version, count = ctypes.c_int(), ctypes.c_int()
    if cuda.cuDriverGetVersion(ctypes.byref(version)):
        version.value = 0
    code = cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count))
    if code:
        return Reading(source="libcuda", cuda=two_numbers_of(version.value), trouble=of_cuda(code, around))
    gpus = tuple(gpu for index in range(count.value) if (gpu := _read_device(cuda, index)))
    return Reading(source="libcuda", cuda=two_numbers_of(version.value), gpus=gpus)
