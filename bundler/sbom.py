"""The bundle's bill of materials: CycloneDX, made of the lock alone, so that the same lock gives the same bytes.

No clock and no chance are in it: the serial number follows from the lock's bytes, and there is no timestamp.
"""

from collections.abc import Iterable
from importlib.metadata import version
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, LockedFile, LockedWheel
from locks.digest import sha256_of_bytes

_LICENCES = LicenseFactory()


def _sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _size(size_bytes: int) -> Property:
    return Property(name="venvault:size-bytes", value=str(size_bytes))


def _licences(words: str) -> list[License]:
    if not words:
        return []
    return [_LICENCES.make_from_string(words, license_acknowledgement=LicenseAcknowledgement.DECLARED)]


def _wheel_component(wheel: LockedWheel) -> Component:
    version_text = str(wheel.version)
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=f"{wheel.name}@{version_text}",
        name=wheel.name,
        version=version_text,
        scope=ComponentScope.REQUIRED,
        purl=PackageURL("pypi", name=wheel.name, version=version_text, qualifiers={"file_name": wheel.filename}),
        hashes=[_sha256(wheel.sha256)],
        licenses=_licences(wheel.licence),
        properties=[_size(wheel.size_bytes)],
    )


def _runner_component(name: str, version_text: str) -> Component:
    """Give a distribution that the runner is made of; it applies the bundle, and is not in the environment."""
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=f"runner/{name}@{version_text}",
        name=name,
        version=version_text,
        scope=ComponentScope.EXCLUDED,
        purl=PackageURL("pypi", name=name, version=version_text),
    )


def _file_component(file: LockedFile) -> Component:
    return Component(
        type=ComponentType.FILE,
        bom_ref=f"files/{file.path}",
        name=file.path,
        hashes=[_sha256(file.sha256)],
        properties=[_size(file.size_bytes)],
    )


def _roots(lock: Lock) -> list[NormalizedName]:
    """Give the packages that the manifest names, or that nothing else in the lock requires."""
    named = {canonicalize_name(Requirement(line).name) for line in lock.requirements}
    required = {name for wheel in lock.wheels for name in wheel.dependencies}
    return [wheel.name for wheel in lock.wheels if wheel.name in named or wheel.name not in required]


def _metadata(lock: Lock) -> BomMetaData:
    tool = Component(type=ComponentType.APPLICATION, name="venvault", version=version("venvault"))
    stack = Component(
        type=ComponentType.APPLICATION,
        bom_ref=f"stack/{lock.stack}@{lock.stack_version}",
        name=lock.stack,
        version=lock.stack_version,
        properties=[Property(name="venvault:target", value=lock.target.name)],
    )
    metadata = BomMetaData(tools=ToolRepository(components=[tool]), component=stack)
    metadata.timestamp = None  # type: ignore[assignment]  # the library's clock; CycloneDX asks for none
    return metadata


def sbom(lock: Lock, lock_bytes: bytes, *, runner: Iterable[tuple[str, str]]) -> str:
    """Give the bill of materials as CycloneDX 1.6 in JSON; `runner` are the distributions in the runner."""
    metadata = _metadata(lock)
    stack = metadata.component
    assert stack is not None, "it was given"
    wheels = {wheel.name: _wheel_component(wheel) for wheel in lock.wheels}
    beside = [*map(_file_component, lock.files), *(_runner_component(*each) for each in runner)]
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"sha256:{sha256_of_bytes(lock_bytes)}"),
        metadata=metadata,
        components=[*wheels.values(), *beside],
    )
    bom.register_dependency(stack, [*(wheels[name] for name in _roots(lock)), *beside])
    for wheel in lock.wheels:
        bom.register_dependency(wheels[wheel.name], [wheels[name] for name in wheel.dependencies])
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"
