"""The bill of materials: valid by CycloneDX's own schema, complete, and the same every time."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from locks import Lock, LockedFile
from locks.read import read_lock

from bundler.runner import collect_runner
from bundler.sbom import sbom
from compiler.write import to_bytes
from tests.bundles import demo_wheels, make_lock, running_target
from tests.test_stacks import LOCKS
from tests.wheels import make_wheel

RUNNER = collect_runner(running_target()).versions


def demo_lock(**more: Any) -> Lock:
    """A lock of three packages and a file, one edge, odd licences."""
    wheels = [*demo_wheels(), make_wheel("torch", "2.5.1+cu124")]
    lock = make_lock(wheels, dependencies={"extra": ["demo"]}, requirements=("extra>=1", "torch"), **more)
    words = {"demo": "MIT", "extra": "Apache-2.0 AND MIT", "torch": "BSD License, mostly"}
    return replace(lock, wheels=tuple(replace(wheel, licence=words[wheel.name]) for wheel in lock.wheels))


def read(lock: Lock) -> dict[str, Any]:
    """Make the bill, hold it against the strict schema, and read it."""
    text = sbom(lock, to_bytes(lock), runner=RUNNER)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    assert isinstance(document, dict)
    return document


def test_every_package_is_there_with_hash_licence_and_purl() -> None:
    """Version, sha256 of the wheel, licence as SPDX where it is, and an address that other tools understand."""
    components = {each["bom-ref"]: each for each in read(demo_lock())["components"]}
    torch = components["torch@2.5.1+cu124"]
    wheel = next(wheel for wheel in demo_lock().wheels if wheel.name == "torch")

    assert torch["hashes"] == [{"alg": "SHA-256", "content": wheel.sha256}]
    assert PackageURL.from_string(torch["purl"]) == PackageURL(
        "pypi", name="torch", version="2.5.1+cu124", qualifiers={"file_name": wheel.filename}
    )
    assert [components[name]["licenses"][0] for name in ("demo@1.0", "extra@2.0", "torch@2.5.1+cu124")] == [
        {"license": {"id": "MIT", "acknowledgement": "declared"}},
        {"expression": "Apache-2.0 AND MIT", "acknowledgement": "declared"},
        {"license": {"name": "BSD License, mostly", "acknowledgement": "declared"}},
    ]


def test_the_graph_begins_at_the_stack() -> None:
    """The bundle depends on what the manifest names and on its runner, packages on what they require."""
    edges = {each["ref"]: each.get("dependsOn", []) for each in read(demo_lock())["dependencies"]}

    runner = [f"runner/{name}@{version}" for name, version in RUNNER]
    assert edges["stack/demo@2026.11"] == ["extra@2.0", *runner, "torch@2.5.1+cu124"]
    assert edges["extra@2.0"] == ["demo@1.0"]
    assert edges["demo@1.0"] == []


def test_what_travels_beside_the_packages_is_there_too() -> None:
    """The runner's distributions, out of the environment's scope, and the extra files."""
    file = LockedFile(path="models/a.bin", size_bytes=1, sha256="1" * 64)
    components = {each["bom-ref"]: each for each in read(demo_lock(files=(file,)))["components"]}

    assert components["files/models/a.bin"]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    for name, version in RUNNER:
        assert components[f"runner/{name}@{version}"]["scope"] == "excluded"


def test_the_same_lock_gives_the_same_bill() -> None:
    """No clock, no chance; another lock has another serial number."""
    lock = demo_lock()
    other = replace(lock, stack_version="2")

    assert sbom(lock, to_bytes(lock), runner=RUNNER) == sbom(lock, to_bytes(lock), runner=RUNNER)
    assert "timestamp" not in json.dumps(read(lock))
    assert read(lock)["serialNumber"] != read(other)["serialNumber"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_bills_of_the_shipped_locks_are_valid(path: Path) -> None:
    """Real names, versions and licence words pass the schema."""
    lock = read_lock(path.read_bytes(), document=path.name)

    assert len(read(lock)["components"]) == len(lock.wheels) + len(RUNNER)
