"""What pynvml and ctypes really do, on libraries that a C compiler made: `detect`, as a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from applier.machine.facts import look_at_machine
from tests.events import result_of

COMPILER = shutil.which("cc")
SOURCE = Path(__file__).with_name("stubs.c")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or COMPILER is None, reason="needs Linux and a C compiler"),
    pytest.mark.skipif(bool(look_at_machine().source), reason="this machine has the libraries themselves"),
]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with NVML, one with the CUDA driver."""
    folders = {}
    for kind, name in (("NVML", "libnvidia-ml.so.1"), ("CUDA", "libcuda.so.1")):
        folders[kind] = tmp_path_factory.mktemp(kind)
        command = [COMPILER or "cc", "-shared", "-fPIC", f"-D{kind}", "-o", str(folders[kind] / name), str(SOURCE)]
        subprocess.run(command, check=True, timeout=60)
    return folders


def detect(*folders: Path, **variables: str) -> dict[str, Any]:
    """What `detect --json` says with those folders searched for libraries."""
    environ = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders)), **variables}
    command = [sys.executable, "-c", "from compiler.cli import venvault; venvault()", "detect", "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, encoding="utf-8", timeout=60, check=True)
    found: dict[str, Any] = result_of(done.stdout)
    return found


def test_nvml_is_asked_through_pynvml(libraries: dict[str, Path]) -> None:
    """Driver, CUDA, and both cards with capability and memory; the variants follow from them."""
    found = detect(libraries["NVML"])
    machine = found["machine"]

    assert (machine["source"], machine["driver"], machine["cuda"]) == ("NVML", "550.54.15", [12, 4])
    assert [(gpu["name"], gpu["compute_capability"], gpu["memory_bytes"] >> 30) for gpu in machine["gpus"]] == [
        ("NVIDIA GeForce RTX 4090", "8.9", 24),
        ("NVIDIA GeForce GTX 1080", "6.1", 8),
    ]
    assert found["variants"][0]["variant"] == "cu124"


@pytest.mark.parametrize(
    ("error", "code"), [("9", "driver-not-loaded"), ("18", "driver-library-mismatch"), ("999", "driver-fails")]
)
def test_nvmls_errors_are_told(error: str, code: str, libraries: dict[str, Path]) -> None:
    """The code that the library answers comes through pynvml's exceptions as a sentence of ours."""
    machine = detect(libraries["NVML"], STUB_ERROR=error)["machine"]

    assert (machine["gpus"], machine["trouble"]["code"]) == ([], code)


def test_the_cuda_driver_is_asked_where_there_is_no_nvml(libraries: dict[str, Path]) -> None:
    """A Jetson of JetPack 5: no NVML, no nvidia-smi, and still its GPU is known."""
    found = detect(libraries["CUDA"])
    (gpu,) = found["machine"]["gpus"]

    assert (found["machine"]["source"], found["machine"]["cuda"]) == ("libcuda", [12, 4])
    assert (gpu["name"], gpu["compute_capability"], gpu["memory_bytes"] >> 30) == ("Orin", "8.7", 30)
    assert found["variants"][0]["variant"] == "cpu"


def test_a_cuda_driver_of_another_version_is_told(libraries: dict[str, Path]) -> None:
    """Library and kernel module of different drivers are known by CUDA's own error too."""
    assert detect(libraries["CUDA"], STUB_ERROR="803")["machine"]["trouble"]["code"] == "driver-library-mismatch"


def test_nvidia_smi_is_asked_where_there_is_no_nvml(tmp_path: Path) -> None:
    """A program on the path is enough."""
    smi = tmp_path / "nvidia-smi"
    smi.write_text(
        '#!/bin/sh\ncase "$1" in --query*) echo "580.65.06, 97887, NVIDIA RTX PRO 6000, 12.0";;\n'
        '*) echo "| Driver Version: 580.65.06     CUDA Version: 13.0     |";; esac\n'
    )
    smi.chmod(0o755)
    found = detect(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert (found["machine"]["source"], found["machine"]["cuda"]) == ("nvidia-smi", [13, 0])
    assert found["variants"][0]["variant"] == "cu130"
