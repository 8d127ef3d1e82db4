"""What pip-compile is given for a lock, and what its output says."""

from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from compiler.second_opinion.pins import Pin, pinned_lines, read_pins
from tests.bundles import locked, make_lock
from tests.wheels import make_wheel

OUTPUT = """\
certifi==2026.10.18       # via requests
charset_normalizer==3.5.2  # via -r /tmp/lock.in, requests
PySide6==6.9.3 ; sys_platform == "win32"  # via -r lock.in
by-address @ https://files.invalid/by_address-1-py3-none-any.whl  # via requests
torch==2.5.1+cu124        # via -r lock.in

# The following packages are considered to be unsafe in a requirements file:
setuptools==84.2.1        # via Torch, triton
"""


def test_output_is_read_as_pins_with_their_askers() -> None:
    """Names are normalised, labels kept, markers passed over; a package from an address has no version to compare."""
    requests, torch, triton = map(canonicalize_name, ("requests", "torch", "triton"))

    assert read_pins(OUTPUT) == {
        "certifi": Pin(version=Version("2026.10.18"), askers=frozenset({requests})),
        "charset-normalizer": Pin(version=Version("3.5.2"), askers=frozenset({requests}), is_root=True),
        "pyside6": Pin(version=Version("6.9.3"), is_root=True),
        "torch": Pin(version=Version("2.5.1+cu124"), is_root=True),
        "setuptools": Pin(version=Version("84.2.1"), askers=frozenset({torch, triton})),
    }


def test_an_empty_output_has_no_pins() -> None:
    """Of no lines there are no packages."""
    assert read_pins("") == {}


@pytest.mark.parametrize("line", ["two words  # via a", "a  # via b", "a>=1,<2  # via b"])
def test_what_is_no_output_is_refused(line: str) -> None:
    """A line that is no pin is not passed over."""
    with pytest.raises(ValueError):
        read_pins(line)


def test_what_the_variants_index_gave_is_given_as_taken() -> None:
    """Packages of the ordinary index are pip-compile's to choose; the others keep version and label."""
    torch, numpy = make_wheel("torch", "2.5.1+cu124"), make_wheel("numpy", "1.26.4")
    lock = replace(make_lock([numpy, torch]), wheels=(locked(numpy), locked(torch, index="cu124")))

    assert pinned_lines(lock) == ("torch==2.5.1+cu124",)
