"""Which variants fit a machine, best first, and why the others do not."""

from dataclasses import replace

import pytest

from applier.machine.facts import Machine
from applier.machine.variants import VariantVerdict, judge_variants
from tests.applier.machine.nvml import FakeGpu, FakeNvml
from tests.applier.machine.test_fit import MACHINE, machine_with

CARDS = {
    "GTX 1080": "6.1",
    "V100": "7.0",
    "RTX 2080": "7.5",
    "RTX 3090": "8.6",
    "RTX 4090": "8.9",
    "RTX 5090": "12.0",
    "H100": "9.0",
    "B200": "10.0",
    "Orin": "8.7",
    "GB10": "12.1",
    "Thor": "11.0",
}
PLATFORMS = {
    "linux": {},
    "windows": {"sys_platform": "win32", "machine": "AMD64", "glibc": None},
    "aarch64": {"machine": "aarch64"},
}


def machine_of(cards: list[str], driver: str, cuda: str, platform: str) -> Machine:
    """A machine with those cards."""
    gpus = tuple(FakeGpu(name=name, capability=CARDS[name]) for name in cards)
    machine = machine_with(FakeNvml(gpus=gpus, driver=driver, cuda=cuda))
    return replace(machine, **PLATFORMS[platform])  # type: ignore[arg-type]  # each row's values fit their fields


def verdict_on(variant: str, machine: Machine) -> VariantVerdict:
    """The verdict on one variant."""
    return next(verdict for verdict in judge_variants(machine) if verdict.variant == variant)


@pytest.mark.parametrize(
    ("cards", "driver", "cuda", "platform", "best", "fitting"),
    [
        (["GTX 1080"], "580.65.06", "13.0", "linux", "cu126", "cu126 cu124 cu121 cu118"),
        (["GTX 1080"], "450.80.02", "11.0", "linux", "cu118", "cu118"),
        (["V100"], "550.54.15", "12.4", "linux", "cu124", "cu124 cu121 cu118 cu129 cu128 cu126"),
        (["V100"], "580.88", "13.0", "windows", "cu128", "cu128 cu126 cu124 cu121 cu118"),
        (["RTX 2080"], "528.33", "12.0", "windows", "cu118", "cu118 cu129 cu128 cu126 cu124 cu121"),
        (["RTX 3090"], "470.57.02", "11.4", "linux", "cu118", "cu118"),
        (["RTX 4090"], "610.43.02", "13.3", "linux", "cu132", "cu132 cu130 cu129 cu128 cu126 cu124 cu121 cu118"),
        (["RTX 4090"], "580.65.06", "13.0", "linux", "cu130", "cu130 cu129 cu128 cu126 cu124 cu121 cu118 cu132"),
        (["RTX 5090"], "570.26", "12.8", "linux", "cu128", "cu128 cu129"),
        (["RTX 5090"], "610.43", "13.3", "windows", "cu132", "cu132 cu130 cu129 cu128"),
        (["H100"], "580.65.06", "13.0", "aarch64", "cu130", "cu130 cu128 cu126 cu124 cu132"),
        (["B200"], "580.65.06", "13.0", "linux", "cu130", "cu130 cu129 cu128 cu132"),
        (["Orin"], "540.3.0", "12.2", "aarch64", "cpu", ""),
        (["GB10"], "580.95.05", "13.0", "aarch64", "cu130", "cu130 cu128 cu132"),
        (["Thor"], "580.00", "13.0", "aarch64", "cu130", "cu130"),
        (["RTX 5090", "GTX 1080"], "580.65.06", "13.0", "linux", "cu130", None),
        (["RTX 4090", "GTX 1080"], "580.65.06", "13.0", "linux", "cu126", None),
        ([], "580.65.06", "13.0", "linux", "cpu", None),
    ],
)
def test_the_best_variant(
    cards: list[str], driver: str, cuda: str, platform: str, best: str, fitting: str | None
) -> None:
    """The newest CUDA that the driver speaks and every card is up to comes first, what compatibility allows after it,
    then what leaves a card behind.
    """
    verdicts = judge_variants(machine_of(cards, driver, cuda, platform))
    found = [verdict.variant for verdict in verdicts if verdict.fits and verdict.variant != "cpu"]

    assert verdicts[0].variant == best
    assert fitting is None or found == fitting.split()
    assert sorted(verdicts, key=lambda verdict: not verdict.fits) == list(verdicts)


def test_the_reasons_are_told() -> None:
    """A variant that does not fit says what it needs and what was found; one that fits says with which torch."""
    machine = machine_of(["V100"], "535.104.05", "12.2", "linux")

    assert verdict_on("cu126", machine).words() == "fits with torch 2.6 to 2.15"
    assert verdict_on("cpu", machine).words() == "fits every machine, and leaves its GPUs alone"
    assert verdict_on("cu128", machine).words() == (
        "fits with torch 2.8 to 2.10; newer ones: V100: compute capability 7.0, needed one that cu128 holds code for: "
        "7.5, 8.0, 8.6, 9.0, 10.0, 12.0"
    )
    assert verdict_on("cu130", machine).words() == (
        "does not fit: NVIDIA driver: 535.104.05 (CUDA 12.2), needed 580.65.06 or newer for cu130; "
        "V100: compute capability 7.0, needed one that cu130 holds code for: 7.5, 8.0, 8.6, 9.0, 10.0, 12.0"
    )


def test_a_verdict_in_json() -> None:
    """Programs get the releases and the reasons as findings."""
    found = verdict_on("cu132", machine_of(["V100"], "610.43.02", "13.3", "linux")).to_dict()

    assert (found["variant"], found["fits"], found["torch"]) == ("cu132", False, [])
    assert [reason["code"] for reason in found["reasons"]] == ["gpu-does-not-fit"]


def test_a_machine_we_build_nothing_for_has_no_variants() -> None:
    """On another system there is no verdict to give."""
    assert judge_variants(replace(MACHINE, sys_platform="freebsd14")) == ()


def test_a_mac_has_the_cpu_alone() -> None:
    """There is no CUDA on macOS."""
    mac = replace(MACHINE, sys_platform="darwin", machine="arm64", glibc=None, driver="", cuda=None, gpus=())

    assert [verdict.variant for verdict in judge_variants(mac)] == ["cpu"]
