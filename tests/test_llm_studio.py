"""`llm-studio` on all its targets, Windows and every CUDA variant, against an imitation of the PyTorch index."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Lock
from locks.index import IndexSettings

from compiler import Manifest, Source, compile_manifest, read_manifest
from compiler.request import Request
from tests.index_server import IndexServer
from tests.wheels import make_wheel

MANIFEST = Path(__file__).parent.parent / "locks" / "stacks" / "llm-studio" / "manifest.toml"
LINUX, WINDOWS = "cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-win_amd64"
TORCH_FAMILY = ("torch", "torchvision", "torchaudio", "xformers")
# The CUDA runtime that the ordinary index's Linux build of each pinned torch asks for (facts, section 5).
RUNTIMES = {"2.4.1": "cu12==12.1.105", "2.5.1": "cu12==12.4.127", "2.7.1": "cu12==12.6.77", "2.11.0": "==13.0.96"}


def version_for(requirement: Requirement) -> str:
    """The lowest version that a line of the manifest names and admits."""
    named = [item.version.removesuffix(".*") for item in requirement.specifier]
    return min((version for version in named if requirement.specifier.contains(version)), default="1.0")


def runtime_of(torch: str) -> str:
    """The requirement by which a plain Linux torch tells its CUDA."""
    suffix, _, version = RUNTIMES[torch].partition("==")
    return f"nvidia-cuda-runtime{'-' if suffix else ''}{suffix}=={version} ; sys_platform == 'linux'"


def fill_ordinary(server: IndexServer, manifest: Manifest) -> None:
    """Everything that the manifest's common lines ask for, and plain builds of the torch family."""
    for requirement in manifest.requirements:
        server.add(make_wheel(requirement.name, version_for(requirement)))
    server.add(make_wheel("unsloth", "2026.9.5", requires=["unsloth_zoo"]))
    server.add(make_wheel("unsloth_zoo", "2026.9.4", requires=["torchao"]))
    server.add(make_wheel("torchao", "0.18.0"))
    for variant in manifest.variants:
        for pin in variant.requirements:
            if pin.name == "triton-windows":
                server.add(make_wheel(pin.name, f"{version_for(pin)}.post1", tag=WINDOWS))
            elif version_for(pin) in RUNTIMES and pin.name == "torch":
                version = version_for(pin)
                server.add(make_wheel("torch", version, tag=LINUX, requires=[runtime_of(version)]))
                server.add(make_wheel("torch", version, tag=WINDOWS))
            else:
                server.add(make_wheel(pin.name, version_for(pin)))
    server.add(make_wheel("xformers", "0.0.35", tag=LINUX))
    for runtime in RUNTIMES.values():
        suffix, _, version = runtime.partition("==")
        server.add(make_wheel(f"nvidia-cuda-runtime{'-' if suffix else ''}{suffix}", version, tag=LINUX))


def fill_own(server: IndexServer, manifest: Manifest) -> None:
    """Labelled builds for both systems on each variant's own index, and newer strangers nobody may take from there."""
    for variant in manifest.variants:
        root = f"whl/{variant.name}"
        pins = {pin.name: version_for(pin) for pin in variant.requirements} | {"xformers": "0.0.30"}
        for name in TORCH_FAMILY:
            for tag in (LINUX, WINDOWS):
                server.add(make_wheel(name, f"{pins[name]}+{variant.name}", tag=tag), root=root)
        server.add(make_wheel("numpy", "1.26.99"), root=root)
        server.add(make_wheel("requests", "99"), root=root)


@pytest.fixture(scope="module")
def locks() -> dict[str, Lock]:
    """The locks of all targets, by target."""
    manifest = read_manifest(MANIFEST.read_text("utf-8"))
    with IndexServer() as server:
        fill_ordinary(server, manifest)
        fill_own(server, manifest)
        mirrors = {variant.name: f"{server.url}/whl/{variant.name}" for variant in manifest.variants}
        source = Source(settings=IndexSettings(index_urls=(server.simple_url,)))
        compiled = compile_manifest(Request(indexes=mirrors).amend(manifest), source)
    return {lock.target.name: lock for lock in compiled}


def origin(lock: Lock) -> dict[str, str]:
    """Package -> alias of the index it comes from."""
    return {wheel.name: wheel.index for wheel in lock.wheels}


def test_every_target_gets_its_lock(locks: dict[str, Lock]) -> None:
    """Six variants, Linux and Windows."""
    assert list(locks) == [
        f"{variant}-{platform}-py311"
        for variant in ("cu118", "cu121", "cu124", "cu126", "cu128", "cu130")
        for platform in ("linux-x86_64", "windows-x86_64")
    ]


def test_windows_takes_the_torch_family_from_the_variants_own_index(locks: dict[str, Lock]) -> None:
    """Labelled builds for Windows, and not one other package from there, however new."""
    for name, lock in locks.items():
        if "windows" in name:
            variant = lock.target.variant
            assert {package for package, index in origin(lock).items() if index == variant} == set(TORCH_FAMILY)
            assert {str(wheel.version.local) for wheel in lock.wheels if wheel.name in TORCH_FAMILY} == {variant}
            assert all("win_amd64" in wheel.filename for wheel in lock.wheels if wheel.name in TORCH_FAMILY)


@pytest.mark.parametrize("variant", ["cu121", "cu124", "cu126", "cu130"])
def test_linux_takes_plain_torch_where_the_ordinary_index_has_that_build(locks: dict[str, Lock], variant: str) -> None:
    """Nothing comes from the own index, which need not even be reached for these locks."""
    lock = locks[f"{variant}-linux-x86_64-py311"]

    assert set(origin(lock).values()) == {"ordinary"}
    assert [str(wheel.version) for wheel in lock.wheels if wheel.name.startswith("nvidia-cuda-runtime")]


@pytest.mark.parametrize("variant", ["cu118", "cu128"])
def test_linux_takes_labelled_torch_where_it_has_not(locks: dict[str, Lock], variant: str) -> None:
    """cu118 and cu128 come from the own index on Linux too."""
    lock = locks[f"{variant}-linux-x86_64-py311"]

    assert {package for package, index in origin(lock).items() if index == variant} == set(TORCH_FAMILY)


def test_triton_for_windows_follows_torch(locks: dict[str, Lock]) -> None:
    """Each Windows lock has the triton that belongs to its torch, and no Linux lock has it."""
    triton = canonicalize_name("triton-windows")
    versions = {
        lock.target.variant: str(wheel.version)
        for lock in locks.values()
        for wheel in lock.wheels
        if wheel.name == triton
    }

    assert versions == {
        "cu118": "3.3.0.post1",
        "cu121": "3.1.0.post1",
        "cu124": "3.1.0.post1",
        "cu126": "3.3.0.post1",
        "cu128": "3.5.0.post1",
        "cu130": "3.6.0.post1",
    }
    assert not any(triton in origin(lock) for name, lock in locks.items() if "linux" in name)


def test_unsloth_is_left_out_everywhere(locks: dict[str, Lock]) -> None:
    """The optional group that leads to torchao is in no lock."""
    assert all([item.group for item in lock.left_out][:1] == ["unsloth"] for lock in locks.values())
    assert not any("torchao" in origin(lock) for lock in locks.values())
