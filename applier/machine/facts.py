"""This machine, as far as a bundle cares: system, Python, C library, driver and GPUs. The edge; `fit` decides."""

import ctypes
import os
import platform
import sys
import sysconfig
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from .gpus import Gpu, Reading, first_answers, read_nvml
from .surroundings import look_around
from .trouble import Trouble
from .without_nvml import ask_cuda, ask_nvidia_smi, load_cuda

NO_GPU = "no GPU"


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
    cuda: tuple[int, int] | None = None
    """The newest CUDA that the driver speaks; None when it does not tell."""
    gpus: tuple[Gpu, ...] = ()
    trouble: Trouble | None = None
    """Why no GPU was found, or why those found may not compute; None when all is well."""
    source: str = ""
    """Who told of the GPUs: "NVML", "nvidia-smi" or "libcuda"."""

    @property
    def gpu_note(self) -> str:
        """Say why no GPU was found; empty when one was."""
        return self.trouble.found if self.trouble and not self.gpus else ""

    def gpu_words(self) -> str:
        """Name the GPUs, or say "no GPU"."""
        return ", ".join(gpu.name for gpu in self.gpus) or NO_GPU

    def driver_words(self) -> str:
        """Give the driver's version and its CUDA, or say "none"."""
        if self.cuda is None:
            return self.driver or "none"
        return "{} (CUDA {}.{})".format(self.driver or "of a version not told", *self.cuda)

    def python_words(self) -> str:
        """Name the running Python, as "cpython 3.11"."""
        return "{} {}.{}".format(self.implementation, *self.python)

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


def _implementation() -> str:
    """Name the implementation; a free-threaded build takes wheels of its own, and so counts as another."""
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return f"free-threaded {sys.implementation.name}" if free_threaded else sys.implementation.name


def _machine() -> str:
    """Name the machine as Python sees it: a 32-bit Python on a 64-bit system takes 32-bit wheels."""
    return platform.machine() if sys.maxsize > 2**32 else f"32-bit Python on {platform.machine()}"


def _load_nvml() -> Any:
    """Import NVML's module, or give None where its library is not.

    The library is looked for first: the module is 300 kB, which a bundle's runner compiles anew at each start.
    """
    if sys.platform != "win32":
        try:
            ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            return None
    import pynvml

    return pynvml


def look_at_gpus() -> Reading:
    """Ask for driver and GPUs whoever may know; never fails."""
    around = look_around()
    tellers = (lambda: read_nvml(_load_nvml(), around), ask_nvidia_smi, lambda: ask_cuda(load_cuda(), around))
    return first_answers(tellers)


def look_at_machine() -> Machine:
    """Gather the facts; never fails."""
    reading = look_at_gpus()
    return Machine(
        sys_platform=sys.platform,
        machine=_machine(),
        implementation=_implementation(),
        python=sys.version_info[:3],
        glibc=_glibc(),
        macos=_two_numbers(platform.mac_ver()[0]),
        driver=reading.driver,
        cuda=reading.cuda,
        gpus=reading.gpus,
        trouble=reading.trouble,
        source=reading.source,
    )
