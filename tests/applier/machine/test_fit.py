"""Which machine runs which variant."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from locks import Limits, Lock, Target
from locks.cuda import limits_of, torch_releases_of
from locks.target import PLATFORMS, VARIANTS

from applier.finding import Finding
from applier.machine.facts import Machine
from applier.machine.fit import judge_fit
from applier.machine.gpu_fit import judge_gpu_fit
from applier.machine.gpus import Gpu, read_nvml
from applier.machine.surroundings import Surroundings
from applier.machine.trouble import Trouble
from tests.applier.machine.nvml import FakeGpu, FakeNvml
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

MACHINE = Machine(
    sys_platform="linux",
    machine="x86_64",
    implementation="cpython",
    python=(3, 11, 4),
    glibc=(2, 35),
    driver="580.65.06",
    cuda=(13, 0),
    gpus=(Gpu(name="RTX 4090", compute_capability="8.9", memory_bytes=24 << 30),),
)
NO_LIMITS = Limits()
LINUX = PLATFORMS["linux-x86_64"]
CU124, CU130 = limits_of("cu124", LINUX, "2.5"), limits_of("cu130", LINUX, "2.14")


@cache
def table() -> dict[str, Any]:
    """Cards, the builds that run on each, drivers and the variants that each runs."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("machines.json").read_text("utf-8"))
    return content


def machine_with(nvml: FakeNvml) -> Machine:
    """The machine above, with what NVML tells."""
    reading = read_nvml(nvml, Surroundings())
    return replace(MACHINE, driver=reading.driver, cuda=reading.cuda, gpus=reading.gpus, trouble=reading.trouble)


def levels(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Level and code of each."""
    return [(finding.level, finding.code) for finding in findings]


@pytest.mark.parametrize("card", table()["gpus"])
def test_each_machine_gets_the_verdict_that_the_facts_give(card: str) -> None:
    """For every card, driver, system, variant and torch release: it fits when driver and card both are up to it."""
    gpu, drivers = table()["gpus"][card], table()["drivers"]
    wrong = []
    for platform in map(PLATFORMS.__getitem__, ("linux-x86_64", "linux-aarch64", "windows-x86_64")):
        for driver in drivers["windows" if platform.sys_platform == "win32" else "linux"]:
            fake = FakeGpu(name=card, capability=gpu["capability"])
            machine = machine_with(FakeNvml(gpus=(fake,), driver=driver["driver"], cuda=driver["cuda"]))
            for variant in VARIANTS:
                for release in torch_releases_of(variant, platform):
                    expected = variant in driver["runs"] and variant in gpu["runs"].get(platform.name, {}).get(
                        release, ()
                    )
                    findings = judge_gpu_fit(variant, limits_of(variant, platform, release), machine)
                    if expected != all(finding.level == "ok" for finding in findings):
                        wrong.append((platform.name, driver["driver"], variant, release))

    assert wrong == []


def lock_for(target: Target, limits: Limits = NO_LIMITS) -> Lock:
    """A lock of nothing much for `target`."""
    return make_lock([make_wheel("demo", "1")], target=target, limits=limits)


def fit(machine: Machine, variant: str = "cu130", limits: Limits = CU130) -> tuple[Finding, ...]:
    """The findings about driver and GPUs."""
    return judge_gpu_fit(variant, limits, machine)


@pytest.mark.parametrize(
    ("driver", "cuda", "limits", "variant", "code"),
    [
        pytest.param("525.60.13", None, CU124, "cu124", "driver-fits", id="exactly the floor, by number alone"),
        pytest.param("525.60.11", (12, 0), CU124, "cu124", "driver-too-old", id="one patch short"),
        pytest.param("525.125.06", None, CU124, "cu124", "driver-fits", id="parts compare as numbers"),
        pytest.param("535.54", None, CU124, "cu124", "driver-fits", id="two parts"),
        pytest.param("580.9.1", None, CU130, "cu130", "driver-too-old", id="9 is less than 65"),
        pytest.param("580", None, CU130, "cu130", "driver-too-old", id="a bare branch"),
        pytest.param("527.41", (12, 0), CU124, "cu124", "driver-fits", id="Windows' number in WSL"),
        pytest.param("535.104.05", (13, 0), CU130, "cu130", "driver-by-package", id="forward compatibility"),
        pytest.param("550.54.15", (11, 8), CU124, "cu124", "driver-too-old", id="an older CUDA library"),
        pytest.param("580.00", (13, 0), CU130, "cu130", "driver-fits", id="a Jetson Thor's number"),
        pytest.param("", (13, 0), CU124, "cu124", "driver-fits", id="CUDA alone tells"),
        pytest.param("", (12, 8), CU130, "cu130", "driver-too-old", id="CUDA alone tells, too old"),
        pytest.param("unknown", (13, 0), CU130, "cu130", "driver-fits", id="a driver without numbers"),
    ],
)
def test_the_driver_must_be_as_new_as_the_variant(
    driver: str, cuda: tuple[int, int] | None, limits: Limits, variant: str, code: str
) -> None:
    """The CUDA that the driver speaks decides between majors, the number within one, part by part."""
    machine = replace(MACHINE, driver=driver, cuda=cuda, gpus=())
    (finding,) = fit(machine, variant, limits)

    assert finding.code == code
    assert finding.level == {"driver-fits": "ok", "driver-by-package": "warn"}.get(code, "stop")


@pytest.mark.parametrize(
    ("machine", "limits"),
    [
        pytest.param(replace(MACHINE, driver="", cuda=None, gpus=()), CU130, id="no driver"),
        pytest.param(replace(MACHINE, driver="unknown", cuda=None, gpus=()), CU130, id="a driver without numbers"),
        pytest.param(replace(MACHINE, driver="390.1", gpus=()), NO_LIMITS, id="no limit"),
    ],
)
def test_a_driver_that_cannot_be_judged_is_left_to_the_checks(machine: Machine, limits: Limits) -> None:
    """Without a version, or without a limit, there is nothing to say about the driver."""
    assert fit(machine, "cu130", limits) == ()


def test_the_driver_finding_says_what_to_do() -> None:
    """The line names the floor as NVIDIA writes it, the variant, and the driver found."""
    (finding,) = fit(replace(MACHINE, driver="570.26", cuda=(12, 8), gpus=()))

    assert str(finding) == (
        "stop  driver-too-old  NVIDIA driver: 570.26 (CUDA 12.8); needed: 580.65.06 or newer for cu130 "
        "(update the driver, or ask for an older variant)"
    )


def test_an_older_driver_of_the_same_major_is_said_to_be_one() -> None:
    """CUDA's minor-version compatibility is named where the driver is older than the toolkit."""
    (finding, _) = fit(replace(MACHINE, driver="535.104.05", cuda=(12, 2)), "cu124", CU124)

    assert str(finding) == (
        "ok    driver-fits  NVIDIA driver: 535.104.05 (CUDA 12.2) runs cu124, by CUDA's minor-version compatibility"
    )


OLD = Gpu(name="GTX 1080", compute_capability="6.1", memory_bytes=8 << 30)
OLDER = Gpu(name="GTX 980", compute_capability="5.2", memory_bytes=4 << 30)
LOST = Gpu(
    name="GPU 1",
    compute_capability="",
    memory_bytes=0,
    trouble=Trouble(code="gpu-lost", found="gone", hint="restart"),
)
SILENT = Gpu(name="Orin", compute_capability="", memory_bytes=0)
TO_COME = Gpu(name="to come", compute_capability="13.0", memory_bytes=0)


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        pytest.param((OLD, OLDER), [("stop", "gpu-does-not-fit")] * 2, id="none fits"),
        pytest.param((OLD, *MACHINE.gpus), [("warn", "gpu-does-not-fit"), ("ok", "gpu-fits")], id="mixed"),
        pytest.param((LOST, *MACHINE.gpus), [("warn", "gpu-lost"), ("ok", "gpu-fits")], id="one is lost"),
        pytest.param((LOST,), [("stop", "gpu-lost")], id="all are lost"),
        pytest.param((SILENT,), [("warn", "gpu-not-known")], id="no capability"),
        pytest.param((SILENT, OLD), [("warn", "gpu-not-known"), ("warn", "gpu-does-not-fit")], id="perhaps one"),
        pytest.param((TO_COME,), [("stop", "gpu-does-not-fit")], id="a generation to come, no PTX"),
    ],
)
def test_every_gpu_has_a_line(gpus: tuple[Gpu, ...], expected: list[tuple[str, str]]) -> None:
    """Each card is judged; where one fits the others are no reason to stop, for they may drive the display."""
    assert levels(fit(replace(MACHINE, gpus=gpus)))[1:] == expected


def test_ptx_needs_a_driver_as_new_as_the_toolkit() -> None:
    """A GPU newer than the build runs its PTX, if the driver can compile what that toolkit wrote."""
    limits = limits_of("cu130", LINUX, "2.10")
    assert limits.ptx == ("12.0",)

    def verdict(cuda: tuple[int, int] | None) -> tuple[str, str]:
        return levels(fit(replace(MACHINE, cuda=cuda, gpus=(TO_COME,)), "cu130", limits))[-1]

    assert verdict((13, 0)) == ("ok", "gpu-fits")
    assert verdict(None) == ("ok", "gpu-fits")
    assert verdict((12, 9)) == ("stop", "driver-too-old-for-gpu")


def test_a_gpu_that_does_not_fit_says_what_would() -> None:
    """The line names the card, what it is, and what the build holds code for."""
    assert str(fit(replace(MACHINE, gpus=(OLD,)))[-1]) == (
        "stop  gpu-does-not-fit  GTX 1080: compute capability 6.1; needed: one that cu130 holds code for: "
        "7.5, 8.0, 8.6, 9.0, 10.0, 12.0 (this GPU needs another variant than cu130)"
    )


def test_a_cpu_bundle_asks_nothing_of_driver_and_gpu() -> None:
    """The variant `cpu` fits a machine whatever NVIDIA parts it has."""
    lock = lock_for(target_on("linux-x86_64"), CU130)

    assert levels(judge_fit(lock, replace(MACHINE, driver="390.1", gpus=(OLDER,)))) == [
        ("ok", "python-fits"),
        ("ok", "system-fits"),
    ]


def test_a_machine_without_gpu_fits_and_is_told_so() -> None:
    """No GPU and no driver is no reason to refuse, but it is said why, and that GPU checks will be skipped."""
    trouble = Trouble(code="no-driver", found="no NVIDIA driver", hint="install it")
    (finding,) = fit(replace(MACHINE, driver="", cuda=None, gpus=(), trouble=trouble))

    assert str(finding) == (
        "warn  no-driver  GPU: no NVIDIA driver; checks that need a GPU will be skipped (install it)"
    )


def test_a_driver_that_is_half_replaced_stops() -> None:
    """A GPU that no program can use until the next restart is not taken for no GPU."""
    machine = machine_with(FakeNvml(failing={"init": 18}))

    assert levels(fit(machine)) == [("stop", "driver-library-mismatch")]


@pytest.mark.parametrize(
    ("platform", "changes", "expected"),
    [
        pytest.param("linux-x86_64", {}, [], id="fits"),
        pytest.param("linux-x86_64", {"python": (3, 12, 0)}, ["python-does-not-fit"], id="another minor"),
        pytest.param("linux-x86_64", {"python": (3, 11, 0)}, [], id="first patch of the minor"),
        pytest.param("linux-x86_64", {"implementation": "pypy"}, ["python-does-not-fit"], id="another Python"),
        pytest.param("linux-aarch64", {}, ["platform-does-not-fit"], id="another machine"),
        pytest.param("windows-x86_64", {}, ["platform-does-not-fit"], id="another system"),
        pytest.param("linux-x86_64", {"glibc": (2, 28)}, [], id="exactly the floor"),
        pytest.param("linux-x86_64", {"glibc": (2, 17)}, ["system-too-old"], id="glibc too old"),
        pytest.param("linux-x86_64", {"glibc": (3, 0)}, [], id="a later major"),
        pytest.param("linux-x86_64", {"glibc": None}, ["system-too-old"], id="no glibc at all"),
        pytest.param(
            "windows-x86_64",
            {"sys_platform": "win32", "machine": "AMD64", "glibc": None},
            [],
            id="windows has no floor",
        ),
        pytest.param(
            "macos-arm64",
            {"sys_platform": "darwin", "machine": "arm64", "glibc": None, "macos": (15, 1)},
            [],
            id="macos fits",
        ),
        pytest.param(
            "macos-arm64",
            {"sys_platform": "darwin", "machine": "arm64", "glibc": None, "macos": (13, 6)},
            ["system-too-old"],
            id="macos too old",
        ),
        pytest.param(
            "macos-arm64",
            {"python": (3, 13, 1), "glibc": (2, 17)},
            ["python-does-not-fit", "platform-does-not-fit"],
            id="everything wrong at once",
        ),
    ],
)
def test_system_and_python_must_be_the_targets(platform: str, changes: dict[str, object], expected: list[str]) -> None:
    """Python minor, system, machine and C library are judged, and all that is wrong is told."""
    machine = replace(MACHINE, **changes)  # type: ignore[arg-type]  # each row's values fit their fields
    findings = judge_fit(lock_for(target_on(platform)), machine)

    assert [finding.code for finding in findings if finding.level == "stop"] == expected
    assert len(findings) == 2


def test_a_system_without_glibc_is_told_so() -> None:
    """On another C library the message says that glibc is missing."""
    finding = judge_fit(lock_for(target_on("linux-x86_64")), replace(MACHINE, glibc=None))[1]

    assert (finding.expected, finding.found) == ("glibc 2.28 or newer", "no glibc")
