"""Driver and GPUs as NVML tells them, and what becomes of every failure."""

import pytest

from applier.machine.gpus import Gpu, Reading, first_answers, read_nvml
from applier.machine.surroundings import Surroundings
from applier.machine.trouble import Trouble
from tests.applier.machine.nvml import NO_LIBRARY, NOT_SUPPORTED, FakeGpu, FakeNvml

HERE = Surroundings()


def test_every_gpu_is_listed() -> None:
    """Two GPUs come out in order, each with its capability and memory, beside the driver and the CUDA it speaks."""
    nvml = FakeNvml(gpus=(FakeGpu(name="first"), FakeGpu(name="second", capability="12.0", memory_bytes=2 << 30)))

    assert read_nvml(nvml, HERE) == Reading(
        source="NVML",
        driver="580.65.06",
        cuda=(13, 0),
        gpus=(
            Gpu(name="first", compute_capability="8.6", memory_bytes=1 << 30),
            Gpu(name="second", compute_capability="12.0", memory_bytes=2 << 30),
        ),
    )
    assert nvml.calls[-1] == "shutdown"


WSL = Surroundings(wsl=True)
BARE_CONTAINER = Surroundings(container=True)
CONTAINER = Surroundings(container=True, kernel_driver="550.54.15")
MODULE_ONLY = Surroundings(kernel_driver="550.54.15")
JETSON = Surroundings(jetson=True)


@pytest.mark.parametrize(
    ("error", "around", "code", "found", "hint"),
    [
        pytest.param(12, HERE, "no-driver", "no NVIDIA driver", "install its driver", id="no driver"),
        pytest.param(12, WSL, "wsl-without-driver", "WSL without", "in Windows", id="WSL2"),
        pytest.param(12, BARE_CONTAINER, "no-driver", "in this container", "--gpus all", id="container"),
        pytest.param(12, CONTAINER, "container-without-gpu", "550.54.15", "--gpus all", id="container on a GPU host"),
        pytest.param(12, MODULE_ONLY, "driver-library-missing", "550.54.15", "libraries", id="library missing"),
        pytest.param(12, JETSON, "jetson-without-nvml", "JetPack", "JetPack 6", id="Jetson, JetPack 5"),
        pytest.param(9, HERE, "driver-not-loaded", "not loaded", "Secure Boot", id="module not loaded"),
        pytest.param(18, HERE, "driver-library-mismatch", "different versions", "restart the machine", id="updated"),
        pytest.param(
            18, CONTAINER, "driver-library-mismatch", "different", "start the container anew", id="host updated"
        ),
        pytest.param(4, HERE, "no-permission", "no permission", "group", id="permission"),
        pytest.param(15, HERE, "gpu-lost", "does not answer", "restart", id="all lost"),
        pytest.param(28, HERE, "no-gpu", "lists no GPU", "seated", id="GPU not found"),
        pytest.param(999, HERE, "driver-fails", "the NVIDIA driver fails: error 999", "nvidia-smi", id="unknown"),
        pytest.param(17, HERE, "driver-fails", "the NVIDIA driver fails: error 17", "nvidia-smi", id="system's error"),
    ],
)
def test_a_driver_that_does_not_start_is_told_by_its_cause(
    error: int, around: Surroundings, code: str, found: str, hint: str
) -> None:
    """Each of NVML's errors, in its surroundings, is a sentence of its own and says what to do."""
    reading = read_nvml(FakeNvml(failing={"init": error}), around)
    trouble = reading.trouble

    assert trouble is not None
    assert (trouble.code, reading.gpus, reading.driver) == (code, (), around.kernel_driver)
    assert found in trouble.found
    assert hint in trouble.hint
    assert trouble.stops == (error == 18)


@pytest.mark.parametrize(
    ("nvml", "driver", "names", "code"),
    [
        pytest.param(FakeNvml(failing={"driver": 18}), "", [], "driver-library-mismatch", id="mismatch seen late"),
        pytest.param(FakeNvml(gpus=()), "580.65.06", [], "no-gpu", id="driver without GPU"),
        pytest.param(FakeNvml(failing={"count": 999}), "580.65.06", [], "driver-fails", id="GPUs cannot be counted"),
        pytest.param(FakeNvml(failing={"cuda": 12}), "580.65.06", ["NVIDIA RTX A"], "no-cuda-library", id="no libcuda"),
        pytest.param(FakeNvml(failing={"cuda": 13}), "580.65.06", ["NVIDIA RTX A"], None, id="an old library"),
        pytest.param(FakeNvml(failing={"shutdown": 1}), "580.65.06", ["NVIDIA RTX A"], None, id="shutdown fails"),
        pytest.param(
            FakeNvml(driver=b"450.80.02"), "450.80.02", ["NVIDIA RTX A"], None, id="a module of old, in bytes"
        ),
    ],
)
def test_whatever_fails_later_becomes_a_fact(nvml: FakeNvml, driver: str, names: list[str], code: str | None) -> None:
    """A driver that fails, at any call, is told in words, hides nothing it told before, and never raises."""
    reading = read_nvml(nvml, HERE)

    assert (reading.driver, [gpu.name for gpu in reading.gpus]) == (driver, names)
    assert (reading.trouble.code if reading.trouble else None) == code


@pytest.mark.parametrize(
    ("gpu", "capability", "memory_bytes", "code"),
    [
        pytest.param(FakeGpu(failing={"memory": NOT_SUPPORTED}), "8.6", 0, None, id="unified memory: GB10, Thor"),
        pytest.param(
            FakeGpu(failing={"memory": NOT_SUPPORTED, "capability": NOT_SUPPORTED}), "", 0, None, id="Orin, JetPack 6"
        ),
        pytest.param(FakeGpu(failing={"handle": 15}), "", 0, "gpu-lost", id="lost"),
        pytest.param(FakeGpu(failing={"handle": 4}), "", 0, "no-permission", id="not allowed"),
        pytest.param(FakeGpu(failing={"name": 999}), "", 0, "driver-fails", id="confused"),
        pytest.param(FakeGpu(mig_instances=0), "8.6", 1 << 30, "mig-without-instance", id="MIG without instance"),
        pytest.param(FakeGpu(mig_instances=2), "8.6", 1 << 30, None, id="MIG with instances"),
    ],
)
def test_a_gpu_that_fails_hides_no_other(gpu: FakeGpu, capability: str, memory_bytes: int, code: str | None) -> None:
    """What one GPU does not tell stays empty, its trouble is its own, and its neighbour is whole."""
    reading = read_nvml(FakeNvml(gpus=(gpu, FakeGpu(name="neighbour"))), HERE)
    first, second = reading.gpus

    assert (first.compute_capability, first.memory_bytes) == (capability, memory_bytes)
    assert (first.trouble.code if first.trouble else None) == code
    assert second == Gpu(name="neighbour", compute_capability="8.6", memory_bytes=1 << 30)
    assert reading.trouble is None


def test_a_lost_gpu_is_named_by_its_number() -> None:
    """A GPU that tells nothing still has a name in the report."""
    reading = read_nvml(FakeNvml(gpus=(FakeGpu(), FakeGpu(failing={"handle": 15}))), HERE)

    assert reading.gpus[1].name == "GPU 1"


# Who else may be asked.

CARD = Gpu(name="card", compute_capability="8.9", memory_bytes=24 << 30)
SILENT = Reading(trouble=Trouble(code="no-driver", found="none", hint=""))
BROKEN = Reading(source="NVML", trouble=Trouble(code="driver-library-mismatch", found="mismatch", hint=""))
FAILING = Reading(source="libcuda", cuda=(12, 4), trouble=Trouble(code="driver-fails", found="CUDA error 1", hint=""))
BY_SMI = Reading(source="nvidia-smi", driver="550.54.15", gpus=(CARD,))
BY_CUDA = Reading(source="libcuda", cuda=(12, 4), gpus=(CARD,))
VAGUE = Reading(
    source="NVML", driver="540.3.0", cuda=(12, 2), gpus=(Gpu(name="Orin", compute_capability="", memory_bytes=0),)
)


@pytest.mark.parametrize(
    ("readings", "source", "driver", "cuda", "trouble"),
    [
        pytest.param([SILENT, Reading(), Reading()], "", "", None, "no-driver", id="nobody knows"),
        pytest.param([SILENT, BY_SMI, Reading()], "nvidia-smi", "550.54.15", None, None, id="nvidia-smi knows"),
        pytest.param([SILENT, BY_SMI, BY_CUDA], "nvidia-smi", "550.54.15", (12, 4), None, id="both know"),
        pytest.param([SILENT, Reading(), BY_CUDA], "libcuda", "", (12, 4), None, id="CUDA alone knows"),
        pytest.param(
            [SILENT, Reading(), FAILING], "libcuda", "", (12, 4), "driver-fails", id="who is there knows better"
        ),
        pytest.param([BROKEN, Reading(), FAILING], "NVML", "", (12, 4), "driver-library-mismatch", id="NVML's word"),
    ],
)
def test_the_next_one_is_asked_for_what_the_first_does_not_tell(
    readings: list[Reading], source: str, driver: str, cuda: tuple[int, int] | None, trouble: str | None
) -> None:
    """GPUs found by any of the three are found; trouble counts only when none finds them."""
    told = first_answers([lambda reading=reading: reading for reading in readings])  # type: ignore[misc]

    assert (told.source, told.driver, told.cuda) == (source, driver, cuda)
    assert (told.trouble.code if told.trouble else None) == trouble
    assert told.gpus == ((CARD,) if BY_SMI in readings or BY_CUDA in readings else ())


def test_who_knows_everything_is_asked_alone() -> None:
    """After a whole answer nobody else is asked."""

    def never() -> Reading:
        raise AssertionError

    assert first_answers([lambda: read_nvml(FakeNvml(), HERE), never]).source == "NVML"


def test_one_gpu_may_be_described_by_two() -> None:
    """A capability that NVML does not tell is the CUDA driver's to tell, where there is one GPU and no doubt which."""
    told = first_answers([lambda: VAGUE, lambda: BY_CUDA])

    assert told.gpus == (Gpu(name="Orin", compute_capability="8.9", memory_bytes=24 << 30),)
    assert told.source == "NVML"


def test_without_a_library_the_module_is_not_needed() -> None:
    """Where NVML's library is not, no module is as good as one that says so."""
    assert read_nvml(None, HERE) == read_nvml(FakeNvml(failing={"init": NO_LIBRARY}), HERE)


def test_no_library_is_the_code_that_the_fake_uses() -> None:
    """The fakes and the module agree about what stands for a missing library."""
    import pynvml

    assert pynvml.NVML_ERROR_LIBRARY_NOT_FOUND == NO_LIBRARY
    assert pynvml.NVMLError(NO_LIBRARY).value == NO_LIBRARY
