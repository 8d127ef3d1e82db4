"""Run a kernel on every CUDA device through the driver alone: `libcuda` by ctypes, no toolkit, no torch.

Read as source and run as a script in a process of its own, for a driver may end the process. Each device gets memory,
a few lines of PTX that its driver compiles, and every word the kernel wrote is compared.
"""

import array
import ctypes
import sys
from typing import Any, NoReturn

WORDS = 1 << 20
_BLOCK = 256
_FACTOR, _OFFSET = 2654435761, 12345
_MAJOR, _MINOR = 75, 76  # Source: cuda.h, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
_LIBRARIES = {"win32": "nvcuda.dll", "linux": "libcuda.so.1"}

# out[i] = i * factor + offset, for i below WORDS; the grid covers exactly that many.
PTX = """\
.version 6.0
.target sm_{target}
.address_size 64
.visible .entry venvault_fill(.param .u64 out)
{{
    .reg .b32 %r<6>;
    .reg .b64 %rd<5>;
    ld.param.u64 %rd1, [out];
    cvta.to.global.u64 %rd2, %rd1;
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mov.u32 %r3, %tid.x;
    mad.lo.u32 %r4, %r1, %r2, %r3;
    mul.wide.u32 %rd3, %r4, 4;
    add.u64 %rd4, %rd2, %rd3;
    mad.lo.u32 %r5, %r4, {factor}, {offset};
    st.global.u32 [%rd4], %r5;
    ret;
}}
"""


def fail(words: str) -> NoReturn:
    """End the check with these words."""
    raise SystemExit(words)


def ptx_for(major: int, minor: int) -> bytes:
    """Give the kernel for a device; PTX for sm_50 is compiled for anything newer, older devices get their own."""
    target = 50 if major >= 5 else 10 * major + minor
    return PTX.format(target=target, factor=_FACTOR, offset=_OFFSET).encode("ascii") + b"\0"


def expected_words() -> "array.array[int]":
    """Give what a right kernel writes."""
    return array.array("I", ((place * _FACTOR + _OFFSET) & 0xFFFFFFFF for place in range(WORDS)))


class Driver:
    """The CUDA driver; every call that fails ends the check and is named, with the driver's own word for it."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def call(self, function: str, *arguments: Any, device: str = "") -> None:
        """Call one function of the driver."""
        try:
            status = getattr(self._library, function)(*arguments)
        except AttributeError:
            fail(f"the driver has no {function}: it is too old")
        if status:
            fail(f"{device + ': ' if device else ''}{function} answers {self._name(status)}")

    def _name(self, status: int) -> str:
        name = ctypes.c_char_p()
        known = self._library.cuGetErrorName(status, ctypes.byref(name)) == 0 and name.value
        return f"{name.value.decode('ascii', 'replace')} ({status})" if known and name.value else f"error {status}"

    def device_count(self) -> int:
        """Start the driver and count its devices."""
        count = ctypes.c_int()
        self.call("cuInit", 0)
        self.call("cuDeviceGetCount", ctypes.byref(count))
        return count.value

    def capability(self, device: ctypes.c_int) -> tuple[int, int]:
        """Give a device's compute capability."""
        found = (ctypes.c_int(), ctypes.c_int())
        for value, attribute in zip(found, (_MAJOR, _MINOR), strict=True):
            self.call("cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
        return found[0].value, found[1].value

    def fill(self, ptx: bytes, name: str) -> "array.array[int]":
        """Run the kernel in the current context, and give what it wrote."""
        module, function, memory = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint64()
        words = array.array("I", bytes(4 * WORDS))
        size_bytes = ctypes.c_size_t(4 * WORDS)
        host = (ctypes.c_char * size_bytes.value).from_buffer(words)
        arguments = (ctypes.c_void_p * 1)(ctypes.cast(ctypes.byref(memory), ctypes.c_void_p))
        self.call("cuMemAlloc_v2", ctypes.byref(memory), size_bytes, device=name)
        self.call("cuModuleLoadData", ctypes.byref(module), ptx, device=name)
        self.call("cuModuleGetFunction", ctypes.byref(function), module, b"venvault_fill", device=name)
        grid = (WORDS // _BLOCK, 1, 1, _BLOCK, 1, 1)
        self.call("cuLaunchKernel", function, *grid, 0, None, arguments, None, device=name)
        self.call("cuCtxSynchronize", device=name)
        self.call("cuMemcpyDtoH_v2", host, memory, size_bytes, device=name)
        self.call("cuMemFree_v2", memory, device=name)
        return words

    def prove(self, place: int) -> str:
        """Run the kernel on one device, and give the device in words."""
        device, context, name = ctypes.c_int(), ctypes.c_void_p(), ctypes.create_string_buffer(256)
        self.call("cuDeviceGet", ctypes.byref(device), place, device=f"device {place}")
        self.call("cuDeviceGetName", name, len(name), device, device=f"device {place}")
        words = name.value.decode("utf-8", "replace")
        major, minor = self.capability(device)
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device, device=words)
        self.call("cuCtxSetCurrent", context, device=words)
        found = self.fill(ptx_for(major, minor), words)
        if found != (expected := expected_words()):
            wrong = sum(one != other for one, other in zip(found, expected, strict=True))
            fail(f"{words}: the kernel ran, and {wrong} of {WORDS} words are wrong")
        return f"{words} ({major}.{minor}): {WORDS} words written by a kernel and right"


def prove_all(library: Any) -> list[str]:
    """Run the kernel on every device, and give each in words."""
    driver = Driver(library)
    count = driver.device_count()
    if not count:
        fail("the driver shows no CUDA device: look at CUDA_VISIBLE_DEVICES")
    return [driver.prove(place) for place in range(count)]


def load() -> Any:
    """Load the driver's library."""
    name = _LIBRARIES.get(sys.platform, "")
    try:
        return ctypes.CDLL(name) if name else fail(f"no CUDA on {sys.platform}")
    except OSError as error:
        fail(f"{name} does not load: {error}")


if __name__ == "__main__":
    sys.stdout.write("\n".join(prove_all(load())) + "\n")
