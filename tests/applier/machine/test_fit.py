"""Which machine runs which variant."""

from dataclasses import replace

import pytest

from locks import Limits, Lock, Target

from applier.machine.facts import Gpu, Machine
from applier.machine.fit import judge_fit, runs_on
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

# Source: shared/facts/cuda.md, sections 1 and 2 (linux-x86_64).
NO_LIMITS = Limits()
CU118 = Limits(driver=(450, 80, 2), compute_capabilities=("3.7", "5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"))
CU124 = Limits(driver=(525, 60, 13), compute_capabilities=("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"))
CU128 = Limits(driver=(525, 60, 13), compute_capabilities=("7.5", "8.0", "8.6", "9.0", "10.0", "12.0"), ptx=("12.0",))
CU130 = Limits(driver=(580, 65, 6), compute_capabilities=("7.5", "8.0", "8.6", "9.0", "10.0", "12.0"))
AARCH64 = Limits(driver=(525, 60, 13), compute_capabilities=("8.0", "8.7", "9.0"))

CAPABILITIES = {
    "GTX 1080": "6.1",
    "V100": "7.0",
    "RTX 2080": "7.5",
    "RTX 3090": "8.6",
    "RTX 4090": "8.9",
    "H100": "9.0",
    "RTX 5090": "12.0",
    "B200": "10.0",
    "B300": "10.3",
    "Orin": "8.7",
    "to come": "13.0",
    "silent": "",
}
TABLE = {
    "cu118": (CU118, {"GTX 1080", "V100", "RTX 2080", "RTX 3090", "RTX 4090", "H100"}),
    "cu124": (CU124, {"GTX 1080", "V100", "RTX 2080", "RTX 3090", "RTX 4090", "H100"}),
    "cu128": (CU128, {"RTX 2080", "RTX 3090", "RTX 4090", "H100", "RTX 5090", "B200", "B300", "to come"}),
    "cu130": (CU130, {"RTX 2080", "RTX 3090", "RTX 4090", "H100", "RTX 5090", "B200", "B300"}),
    "aarch64": (AARCH64, {"RTX 3090", "RTX 4090", "H100", "Orin"}),
}


@pytest.mark.parametrize("gpu", CAPABILITIES)
@pytest.mark.parametrize("build", TABLE)
def test_gpus_run_what_holds_code_for_them(build: str, gpu: str) -> None:
    """Code runs within its major from its minor on, PTX on anything as new, Tegra chips only what is built for them;
    a GPU that does not tell its capability is let through.
    """
    limits, fitting = TABLE[build]

    assert runs_on(CAPABILITIES[gpu], limits) is (gpu in fitting | {"silent"})


def test_nothing_known_of_the_build_keeps_nobody_out() -> None:
    """Without a list of capabilities every GPU is let through, to be judged by the checks."""
    assert runs_on("3.0", Limits())


MACHINE = Machine(
    sys_platform="linux",
    machine="x86_64",
    implementation="cpython",
    python=(3, 11, 4),
    glibc=(2, 35),
    driver="580.65.06",
    gpus=(Gpu(name="RTX 4090", compute_capability="8.9", memory_bytes=24 << 30),),
)


def lock_for(target: Target, limits: Limits = NO_LIMITS) -> Lock:
    """A lock of nothing much for `target`."""
    return make_lock([make_wheel("demo", "1")], target=target, limits=limits)


def codes(lock: Lock, machine: Machine) -> list[str]:
    """The codes of all problems, in order."""
    return [problem.code for problem in judge_fit(lock, machine)]


@pytest.mark.parametrize(
    ("driver", "limits", "fits"),
    [
        pytest.param("450.80.02", CU118, True, id="exactly the oldest"),
        pytest.param("450.66", CU118, False, id="older branch patch"),
        pytest.param("460.27.04", CU118, True, id="cu118 on a newer branch"),
        pytest.param("450.80.02", CU124, False, id="450 on cu124"),
        pytest.param("525.60.13", CU124, True, id="exactly the floor of 12"),
        pytest.param("525.60.11", CU124, False, id="one patch short"),
        pytest.param("525.125.06", CU124, True, id="parts compare as numbers"),
        pytest.param("535.54", CU124, True, id="two parts"),
        pytest.param("570.26", CU130, False, id="570 on cu130"),
        pytest.param("580.65.06", CU130, True, id="exactly the floor of 13"),
        pytest.param("580.9.1", CU130, False, id="9 is less than 65"),
        pytest.param("610.43.02", CU130, True, id="610"),
        pytest.param("", CU130, True, id="no driver"),
        pytest.param("unknown", CU130, True, id="a driver without numbers"),
        pytest.param("450.80.02", Limits(), True, id="no limit"),
    ],
)
def test_the_driver_must_be_as_new_as_the_variant(driver: str, limits: Limits, fits: bool) -> None:
    """Driver versions compare part by part; one that cannot be read is left to the checks."""
    lock = lock_for(target_on("linux-x86_64", variant="cu124"), limits)

    assert codes(lock, replace(MACHINE, driver=driver)) == ([] if fits else ["driver-too-old"])


def test_the_driver_problem_says_what_to_do() -> None:
    """The message names the floor as NVIDIA writes it, the variant, and the driver found."""
    lock = lock_for(target_on("linux-x86_64", variant="cu130"), CU130)
    (problem,) = judge_fit(lock, replace(MACHINE, driver="570.26"))

    assert str(problem) == (
        "driver-too-old: NVIDIA driver: expected 580.65.06 or newer for cu130, found 570.26 "
        "(update the driver, or ask for an older variant)"
    )


def test_a_machine_is_refused_when_none_of_its_gpus_fits() -> None:
    """Every GPU without code is named when there is no other; beside one that fits it is no reason to refuse."""
    old = Gpu(name="GTX 1080", compute_capability="6.1", memory_bytes=8 << 30)
    older = Gpu(name="GTX 980", compute_capability="5.2", memory_bytes=4 << 30)
    lock = lock_for(target_on("linux-x86_64", variant="cu130"), CU130)
    problems = judge_fit(lock, replace(MACHINE, gpus=(old, older)))

    assert judge_fit(lock, replace(MACHINE, gpus=(old, *MACHINE.gpus))) == ()
    assert [problem.where for problem in problems] == ["GTX 1080", "GTX 980"]
    assert str(problems[0]) == (
        "gpu-does-not-fit: GTX 1080: expected compute capability in the range of 7.5, 8.0, 8.6, 9.0, 10.0, 12.0, "
        "found 6.1 (this GPU needs another variant than cu130)"
    )


def test_a_cpu_bundle_asks_nothing_of_driver_and_gpu() -> None:
    """The variant `cpu` fits a machine whatever NVIDIA parts it has."""
    old = Gpu(name="old", compute_capability="3.0", memory_bytes=0)

    assert not judge_fit(lock_for(target_on("linux-x86_64"), CU130), replace(MACHINE, driver="390.1", gpus=(old,)))


def test_a_machine_without_gpu_fits() -> None:
    """No GPU and no driver is no reason to refuse: the checks that need one are skipped."""
    lock = lock_for(target_on("linux-x86_64", variant="cu130"), CU130)

    assert not judge_fit(lock, replace(MACHINE, driver="", gpus=(), gpu_note="none"))


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

    assert codes(lock_for(target_on(platform)), machine) == expected


def test_a_system_without_glibc_is_told_so() -> None:
    """On another C library the message says that glibc is missing."""
    (problem,) = judge_fit(lock_for(target_on("linux-x86_64")), replace(MACHINE, glibc=None))

    assert (problem.expected, problem.found) == ("glibc 2.28 or newer", "no glibc")
