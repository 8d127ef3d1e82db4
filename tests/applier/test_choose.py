"""Which bundle of a folder is for this machine, and why the others are not."""

from dataclasses import replace
from pathlib import Path

import pytest

from locks import Limits
from locks.cuda import limits_of

from applier.choose import Candidate, choose, choose_bundle, judge_candidate
from applier.errors import ApplyRefused, BundleDamaged, MachineUnfit
from applier.machine.facts import Machine
from applier.machine.gpus import Gpu
from applier.machine.trouble import Trouble
from tests.applier.machine.test_fit import MACHINE
from tests.bundles import make_bundle, make_lock, running_machine, running_target, target_on, truncate
from tests.wheels import make_wheel

TORCH = {"cpu": "2.5", "cu118": "2.7", "cu121": "2.5", "cu124": "2.6", "cu126": "2.7", "cu128": "2.9", "cu130": "2.14"}
WHEEL = make_wheel("demo", "1")


def machine(*capabilities: str, driver: str = "580.65.06", cuda: tuple[int, int] | None = (13, 0)) -> Machine:
    """A machine with cards of those capabilities."""
    gpus = tuple(Gpu(name=f"card {each}", compute_capability=each, memory_bytes=0) for each in capabilities)
    return replace(MACHINE, gpus=gpus, driver=driver if gpus else "", cuda=cuda if gpus else None)


def candidates(names: str, here: Machine) -> list[Candidate]:
    """Bundles, each as variant[@python[@stack[@version]]]."""
    made = []
    for name in names.split():
        variant, python, stack, version = (*name.split("@"), *("", "3.11", "demo", "1")[len(name.split("@")) :])
        target = target_on("linux-x86_64", variant=variant, python=python)
        limits = limits_of(variant, target.platform, TORCH[variant])
        lock = make_lock([WHEEL], target=target, limits=limits, stack=stack, stack_version=version)
        made.append(judge_candidate(Path(f"{name}.zip"), lock, here))
    return made


ALL = "cpu cu118 cu121 cu124 cu126 cu128 cu130"


@pytest.mark.parametrize(
    ("names", "here", "best"),
    [
        pytest.param(ALL, machine("8.9"), "cu130", id="RTX 4090"),
        pytest.param(ALL, machine("8.9", driver="550.54.15", cuda=(12, 4)), "cu124", id="an older driver"),
        pytest.param("cu126 cu128", machine("8.9", driver="550.54.15", cuda=(12, 4)), "cu128", id="by compatibility"),
        pytest.param("cpu cu130", machine("8.9", driver="550.54.15", cuda=(12, 4)), "cpu", id="the CPU is left"),
        pytest.param(ALL, machine("6.1"), "cu126", id="GTX 1080"),
        pytest.param(ALL, machine("12.0"), "cu130", id="RTX 5090"),
        pytest.param("cu124 cu126 cu128", machine("12.0"), "cu128", id="RTX 5090, no cu130"),
        pytest.param(ALL, machine("8.9", "6.1"), "cu126", id="mixed: what suits both"),
        pytest.param("cpu cu118 cu130", machine("12.0", "6.1"), "cu130", id="mixed: nothing suits both"),
        pytest.param(ALL, machine(), "cpu", id="no GPU"),
        pytest.param("cu124", machine(), "cu124", id="no GPU, no choice"),
        pytest.param("cu124@3.11 cu130@3.12", machine("8.9"), "cu124@3.11", id="the running Python's first"),
        pytest.param("cu130@3.12", machine("8.9"), "cu130@3.12", id="another Python is looked for later"),
        pytest.param("cu130@3.11@demo@1.9 cu130@3.11@demo@1.10", machine("8.9"), "cu130@3.11@demo@1.10", id="newer"),
    ],
)
def test_the_best_is_taken(names: str, here: Machine, best: str) -> None:
    """The newest CUDA that driver and every card are up to, for the running Python, in the newest version."""
    assert choose(candidates(names, here), here, folder=Path("usb")).path == Path(f"{best}.zip")


@pytest.mark.parametrize(
    ("names", "here", "reason"),
    [
        pytest.param("cu124@3.11@a cu124@3.11@b", machine("8.9"), "bundles of different stacks fit", id="two stacks"),
        pytest.param("cu124 cu130", machine(), "no GPU to choose by", id="no GPU"),
        pytest.param("cu124@3.12 cu124@3.13", machine("8.9"), "several are as good", id="two Pythons"),
        pytest.param("cu124@3.11@a@x cu124@3.11@a@y", machine("8.9"), "several are as good", id="odd versions"),
    ],
)
def test_what_cannot_be_decided_is_the_users_to_say(names: str, here: Machine, reason: str) -> None:
    """Bundles that are as good as each other are named, and none is taken."""
    with pytest.raises(ApplyRefused) as caught:
        choose(candidates(names, here), here, folder=Path("usb"))
    (problem,) = caught.value.problems

    assert (problem.code, problem.where) == ("bundle-not-chosen", "usb")
    assert problem.found.startswith(f"{reason}: ")
    assert all(f"{name}.zip" in problem.found for name in names.split())


def test_when_none_fits_each_ones_reasons_are_told() -> None:
    """Every bundle is named with everything that speaks against it."""
    here = machine("12.0", driver="535.104.05", cuda=(12, 2))
    with pytest.raises(MachineUnfit) as caught:
        choose(candidates("cu124 cu130", here), here, folder=Path("usb"))

    assert [(problem.where, problem.code) for problem in caught.value.problems] == [
        ("cu124.zip: card 12.0", "gpu-does-not-fit"),
        ("cu130.zip: NVIDIA driver", "driver-too-old"),
    ]


def test_a_driver_that_must_be_mended_is_no_reason_for_the_cpu() -> None:
    """With a driver half replaced the CPU's bundle would fit, and is not taken in place of a GPU's."""
    trouble = Trouble(code="driver-library-mismatch", found="mismatch", hint="restart the machine", stops=True)
    here = replace(machine(), trouble=trouble)
    with pytest.raises(MachineUnfit) as caught:
        choose(candidates("cpu cu124", here), here, folder=Path("usb"))

    assert [problem.code for problem in caught.value.problems] == ["driver-library-mismatch"]
    assert choose(candidates("cpu", here), here, folder=Path("usb")).path == Path("cpu.zip")


def test_a_folder_is_read_and_the_choice_explained(tmp_path: Path) -> None:
    """What is chosen, why each other one is not, and what is no bundle: all is told."""
    limits = Limits(driver=(525, 60, 13), compute_capabilities=("8.0",))
    old = Limits(driver=(525, 60, 13), compute_capabilities=("5.0",))
    make_bundle(tmp_path / "a-cpu.zip", target=running_target("cpu"))
    make_bundle(tmp_path / "b-cu124.zip", target=running_target("cu124"), limits=limits)
    make_bundle(tmp_path / "c-cu126.zip", target=running_target("cu126"), limits=limits)
    make_bundle(tmp_path / "d-cu128.zip", target=running_target("cu128"), limits=old)
    (tmp_path / "photos.zip").write_bytes(b"holidays")
    (tmp_path / "notes.txt").write_text("")
    gpu = Gpu(name="RTX 4090", compute_capability="8.9", memory_bytes=0)
    here = replace(running_machine(), gpus=(gpu,), driver="580.65.06", cuda=(13, 0), trouble=None)
    lines: list[str] = []

    assert choose_bundle(tmp_path, here, lines.append) == tmp_path / "c-cu126.zip"
    assert lines[0].startswith("passed over: not-a-bundle: ")
    assert lines[1:] == [
        "a-cpu.zip fits, but is not for the GPUs here",
        "b-cu124.zip fits, but its CUDA is older",
        "d-cu128.zip does not fit: RTX 4090: compute capability 8.9, needed one that cu128 holds code for: 5.0",
        "c-cu126.zip is the one for this machine: driver 580.65.06 (CUDA 13.0), RTX 4090",
    ]


def test_a_folder_without_bundles_is_refused(tmp_path: Path) -> None:
    """Nothing to choose from is exit code 1, damaged ones only are exit code 3."""
    with pytest.raises(ApplyRefused, match="no-bundle"):
        choose_bundle(tmp_path, running_machine(), lambda line: None)
    truncate(make_bundle(tmp_path / "cut.zip"), 1000)
    with pytest.raises(BundleDamaged):
        choose_bundle(tmp_path, running_machine(), lambda line: None)
