"""The kernel check: against a driver made here by the C compiler, and with the marker `gpu` against the real one."""

import platform
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from applier.checks.built_in import KERNEL_CHECK, PlannedCheck, checks_of
from applier.checks.kernel import WORDS, expected_words, ptx_for
from applier.checks.process import Processes
from applier.checks.result import CheckResult
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

SOURCE = Path(__file__).parent / "fake_libcuda.c"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a driver's library that keeps the driver's rules and runs the kernel on the CPU."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or platform.system() != "Linux":
        pytest.skip("no C compiler for a driver to test against")
    library = tmp_path_factory.mktemp("driver") / "libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE], check=True)
    return library.parent


def run() -> CheckResult:
    """Run the check as `apply` does: a process of the running interpreter."""
    lock = make_lock([make_wheel("demo", "1")], target=target_on("linux-x86_64", "cu124"))
    (planned,) = checks_of(lock)
    assert planned.check.name == KERNEL_CHECK
    assert isinstance(planned, PlannedCheck)
    with closing(Processes(Path("/no/interpreter"))) as processes:
        return processes.run(planned)


def test_the_kernel_runs_on_every_device(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each device is named with its capability once every word it wrote has been compared."""
    monkeypatch.setenv("LD_LIBRARY_PATH", str(driver))
    monkeypatch.setenv("FAKE_DEVICES", "2")
    result = run()

    assert result.outcome == "passed", result.output
    assert result.output == "\n".join(
        f"Fake {place} (8.6): {WORDS} words written by a kernel and right" for place in (0, 1)
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FAKE_FAIL", "cuInit:100", "cuInit answers CUDA_ERROR_NO_DEVICE (100)"),
        ("FAKE_FAIL", "cuDeviceGetCount:999", "cuDeviceGetCount answers error 999"),
        ("FAKE_FAIL", "cuDeviceGet:101", "device 0: cuDeviceGet answers error 101"),
        (
            "FAKE_FAIL",
            "cuDevicePrimaryCtxRetain:2",
            "Fake 0: cuDevicePrimaryCtxRetain answers CUDA_ERROR_OUT_OF_MEMORY (2)",
        ),
        ("FAKE_FAIL", "cuMemAlloc_v2:2", "Fake 0: cuMemAlloc_v2 answers CUDA_ERROR_OUT_OF_MEMORY (2)"),
        ("FAKE_FAIL", "cuModuleLoadData:209", "Fake 0: cuModuleLoadData answers error 209"),
        ("FAKE_FAIL", "cuLaunchKernel:719", "Fake 0: cuLaunchKernel answers error 719"),
        ("FAKE_FAIL", "cuCtxSynchronize:719", "Fake 0: cuCtxSynchronize answers error 719"),
        ("FAKE_FAIL", "cuMemcpyDtoH_v2:719", "Fake 0: cuMemcpyDtoH_v2 answers error 719"),
        ("FAKE_DEVICES", "0", "the driver shows no CUDA device: look at CUDA_VISIBLE_DEVICES"),
        ("FAKE_WRONG", "1", f"Fake 0: the kernel ran, and 1 of {WORDS} words are wrong"),
    ],
)
def test_whatever_fails_is_named(
    name: str, value: str, told: str, driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call, the device and the driver's own word for it; no traceback."""
    monkeypatch.setenv("LD_LIBRARY_PATH", str(driver))
    monkeypatch.setenv(name, value)
    result = run()

    assert (result.outcome, result.output) == ("failed", told)


@pytest.mark.usefixtures("driver")
def test_a_driver_without_a_call_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that lacks a function is told, and which."""
    (tmp_path / "empty.c").write_text("int cuInit(unsigned flags) { return 0; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "libcuda.so.1", tmp_path / "empty.c"], check=True)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))

    assert run().output == "the driver has no cuDeviceGetCount: it is too old"


@pytest.mark.usefixtures("driver")
def test_a_library_that_does_not_load_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken driver installation is no traceback."""
    (tmp_path / "libcuda.so.1").write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    result = run()

    assert result.outcome == "failed"
    assert result.output.startswith("libcuda.so.1 does not load: ")


@pytest.mark.parametrize(
    ("capability", "target"), [((3, 7), "sm_37"), ((5, 0), "sm_50"), ((8, 6), "sm_50"), ((12, 0), "sm_50")]
)
def test_the_kernel_fits_old_devices_and_new_ones(capability: tuple[int, int], target: str) -> None:
    """PTX is compiled for what is newer than its target, never for what is older."""
    assert f".target {target}\n".encode() in ptx_for(*capability)


def test_no_word_is_right_by_chance() -> None:
    """All words differ, so that one written to a wrong place is seen."""
    assert len(set(expected_words())) == WORDS


@pytest.mark.gpu
def test_the_kernel_runs_on_the_real_driver() -> None:
    """On a machine with a GPU the check passes and names it."""
    result = run()

    assert result.outcome == "passed", result.output
    assert "words written by a kernel and right" in result.output
