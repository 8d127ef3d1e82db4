"""On a machine with an NVIDIA GPU: what the driver really answers."""

import pytest

from locks.pylock import parse_driver

from applier.machine.facts import look_at_machine


@pytest.mark.gpu
def test_a_real_driver_tells_everything_the_fit_needs() -> None:
    """Driver, capability, memory and name of each GPU come out in the forms the fit compares."""
    machine = look_at_machine()

    assert parse_driver(machine.driver) > (400,)
    assert machine.gpu_note == ""
    for gpu in machine.gpus:
        major, minor = gpu.compute_capability.split(".")
        assert (int(major), int(minor)) >= (3, 5)
        assert gpu.memory_bytes >= 0
        assert gpu.name
