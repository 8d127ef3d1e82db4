"""An NVML that behaves as told: stands in for the module `pynvml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace


class NVMLError(Exception):
    """What pynvml raises; `value` is NVML's own code."""

    def __init__(self, value: int) -> None:
        self.value = value
        super().__init__(f"error {value}")


NOT_SUPPORTED, NO_LIBRARY = 3, 12


@dataclass(frozen=True, kw_only=True)
class FakeGpu:
    """One GPU; `failing` maps the calls that fail to their errors."""

    name: str = "NVIDIA RTX A"
    capability: str = "8.6"
    memory_bytes: int = 1 << 30
    mig_instances: int | None = None
    """How many it is cut into; None where there is no MIG."""
    failing: Mapping[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class FakeNvml:
    """NVML of a machine with those GPUs; `failing` maps the calls that fail to their errors."""

    gpus: tuple[FakeGpu, ...] = (FakeGpu(),)
    driver: str | bytes = "580.65.06"
    cuda: str = "13.0"
    failing: Mapping[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    NVMLError: type[NVMLError] = NVMLError

    def _called(self, name: str, failing: Mapping[str, int] | None = None) -> None:
        self.calls.append(name)
        if value := (self.failing if failing is None else failing).get(name):
            raise NVMLError(value)

    def nvmlInit(self) -> None:  # noqa: N802
        self._called("init")

    def nvmlShutdown(self) -> None:  # noqa: N802
        self._called("shutdown")

    def nvmlSystemGetDriverVersion(self) -> str | bytes:  # noqa: N802
        self._called("driver")
        return self.driver

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802
        self._called("cuda")
        major, minor = self.cuda.split(".")
        return int(major) * 1000 + int(minor) * 10

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self._called("count")
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        self._called("handle", self.gpus[index].failing)
        return self.gpus[index]

    def nvmlDeviceGetName(self, handle: FakeGpu) -> str:  # noqa: N802
        self._called("name", handle.failing)
        return handle.name

    def nvmlDeviceGetCudaComputeCapability(self, handle: FakeGpu) -> tuple[int, ...]:  # noqa: N802
        self._called("capability", handle.failing)
        return tuple(map(int, handle.capability.split(".")))

    def nvmlDeviceGetMemoryInfo(self, handle: FakeGpu) -> SimpleNamespace:  # noqa: N802
        self._called("memory", handle.failing)
        return SimpleNamespace(total=handle.memory_bytes)

    def nvmlDeviceGetMigMode(self, handle: FakeGpu) -> list[int]:  # noqa: N802
        if handle.mig_instances is None:
            raise NVMLError(NOT_SUPPORTED)
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: FakeGpu) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: FakeGpu, index: int) -> int:  # noqa: N802
        if index >= (handle.mig_instances or 0):
            raise NVMLError(6)
        return index
