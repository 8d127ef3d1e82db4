"""Inspections for tests: of a bundle that has one of everything, and of any number of packages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Drop, LeftOut, Limits, LockedFile
from locks.digest import sha256_of_bytes

from applier.bundle.contents import Contents, Member
from applier.bundle.reader import Bundle
from applier.inspecting.inspection import Inspection, Package
from applier.inspecting.measure import inspect_bundle
from bundler.archive import write_archive
from tests.bundles import bare_members, make_lock, put_member, relist, target_on
from tests.wheels import Wheel, make_wheel

MODEL = b"weights" * 100
HOSTILE = "<script>alert('x')</script> & \"more\""
"""What a person may write, and a page must not obey."""


def wheels() -> list[Wheel]:
    """Four packages: one NVIDIA's, one with a part of NVIDIA's, two others."""
    return [
        make_wheel("torch", "2.5.1+cu124", files={"torch/x.py": "1" * 3000, "torch/lib/libcudart.so.12": "2" * 1000}),
        make_wheel("nvidia-cublas-cu12", "12.4", files={"nvidia/cublas/lib/libcublas.so.12": "3" * 9000}),
        make_wheel("numpy", "2.0", files={"numpy/__init__.py": "4" * 500, "numpy/__pycache__/a.pyc": "5" * 999}),
        make_wheel("tiny", "1"),
    ]


def everything() -> dict[str, Any]:
    """What a lock may say, all of it."""
    torch, torchao = canonicalize_name("torch"), canonicalize_name("torchao")
    return {
        "target": target_on("linux-x86_64", "cu124"),
        "dependencies": {"torch": ["nvidia-cublas-cu12", "numpy"]},
        "requirements": ("tiny", "torch==2.5.1"),
        "checks": (Check(name=HOSTILE, code="import torch", after=(torch,), needs_gpu=True, timeout_s=60),),
        "left_out": (LeftOut(group="unsloth", reason=HOSTILE),),
        "drops": (Drop(package=torch, requires=torchao, reason="not needed"),),
        "blacklist": {torchao: HOSTILE},
        "limits": Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0")),
        "files": (LockedFile(path="models/a.bin", size_bytes=len(MODEL), sha256="0" * 64),),
    }


def bundle_with_everything(path: Path) -> Path:
    """Write a bundle of it at `path`."""
    fields = everything()
    fields["files"] = tuple(replace(file, sha256=sha256_of_bytes(MODEL)) for file in fields["files"])
    write_archive(path, bare_members(*wheels(), **fields))
    put_member(path, "files/models/a.bin", MODEL)
    relist(path)
    return path


def inspection_of_everything(folder: Path) -> Inspection:
    """Inspect that bundle."""
    inspection = inspect_bundle(Bundle.open(bundle_with_everything(folder / "bundle.zip")))
    installed = sum(package.installed_bytes for package in inspection.packages) + inspection.files_bytes
    return replace(inspection, contents=replace(inspection.contents, installed_bytes=installed, installed_files=20))


def many_packages(count: int) -> Inspection:
    """Make an inspection of that many packages, each requiring the two before it; half as large each time."""
    made = [make_wheel(f"package-{number}", "1") for number in range(count)]
    names = [wheel.name for wheel in made]
    edges: dict[str, list[NormalizedName]] = {
        name: names[max(number - 2, 0) : number] for number, name in enumerate(names)
    }
    packages = tuple(
        Package(
            name=name,
            version="1",
            licence="",
            packed_bytes=10**9 // (number + 1),
            installed_bytes=2 * 10**9 // (number + 1),
            installed_files=10,
            nvidia_bytes=0,
            requires=tuple(edges[name]),
            required_by=tuple(other for other in names if name in edges[other]),
            is_named=number == count - 1,
        )
        for number, name in enumerate(names)
    )
    lock = make_lock(made, dependencies=edges)
    contents = Contents(
        stack="many",
        stack_version="1",
        target=lock.target.name,
        members=(Member(name="pylock.toml", size_bytes=10**9, sha256="0" * 64),),
        installed_files=10 * count,
        installed_bytes=sum(package.installed_bytes for package in packages),
        longest_path="x",
        runner=(),
    )
    return Inspection(name="bundle.zip", lock=lock, contents=contents, packages=packages)
