"""The checks a lock gets: its own, and those that follow from its packages."""

from contextlib import closing
from pathlib import Path

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from locks import Check, Lock

from applier.checks.built_in import KERNEL_CHECK, PlannedCheck, checks_of, cuda_of, expected_torch
from applier.checks.process import Processes
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

BLACKLIST = {canonicalize_name("torchao"): "breaks", canonicalize_name("torch-ao"): "breaks"}


def lock_with_torch(variant: str, *more: str, version: str = "2.5.1") -> Lock:
    """A lock of torch for one variant, beside packages of these names."""
    wheels = [make_wheel("torch", version), *(make_wheel(name, "12.4") for name in more)]
    return make_lock(wheels, target=target_on("linux-x86_64", variant))


def names(lock: Lock) -> list[str]:
    """The names of a lock's checks."""
    return [planned.check.name for planned in checks_of(lock)]


@pytest.mark.parametrize(
    ("variant", "version"),
    [("cpu", None), ("cu118", "11.8"), ("cu124", "12.4"), ("cu129", "12.9"), ("cu130", "13.0"), ("cu132", "13.2")],
)
def test_a_variant_names_a_cuda_version(variant: str, version: str | None) -> None:
    """The last digit is the minor."""
    assert cuda_of(variant) == version


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        pytest.param(lock_with_torch("cu124"), ("2.5.1", "12.4"), id="CUDA build"),
        pytest.param(lock_with_torch("cu124", version="2.5.1+cu124"), ("2.5.1", "12.4"), id="label"),
        pytest.param(lock_with_torch("cpu"), ("2.5.1", None), id="CPU build"),
        pytest.param(lock_with_torch("cpu", "nvidia-cuda-runtime-cu12"), None, id="CUDA build under cpu"),
        pytest.param(make_lock([make_wheel("demo", "1")]), None, id="no torch"),
    ],
)
def test_the_lock_tells_which_torch_is_expected(lock: Lock, expected: tuple[str, str | None] | None) -> None:
    """Release and CUDA version follow from lock and variant; a cpu lock with a CUDA build claims neither."""
    assert expected_torch(lock) == expected


def test_a_cuda_bundle_is_checked_by_driver_and_by_torch() -> None:
    """The build is checked without a GPU too; what needs one says so; the kernel waits for no package."""
    checks = {planned.check.name: planned for planned in checks_of(lock_with_torch("cu124"))}

    assert list(checks) == ["torch is the cu124 build", "torch multiplies on the GPU", KERNEL_CHECK]
    assert [planned.check.needs_gpu for planned in checks.values()] == [False, True, True]
    assert [planned.needs for planned in checks.values()] == [{"torch"}, {"torch"}, set()]
    assert [planned.in_environment for planned in checks.values()] == [True, True, False]
    assert [planned.imports_packages for planned in checks.values()] == [True, True, False]
    assert all(planned.check.critical for planned in checks.values())


def test_a_cpu_bundle_multiplies_on_the_cpu() -> None:
    """Nothing of a cpu bundle needs a GPU, nor the driver."""
    assert names(lock_with_torch("cpu")) == ["torch is the cpu build", "torch multiplies on the CPU"]
    assert names(lock_with_torch("cpu", "nvidia-cuda-runtime-cu12")) == ["torch multiplies on the CPU"]


def test_a_bundle_without_torch_still_has_its_kernel() -> None:
    """A CUDA variant is held against the driver whatever is in it; a plain lock has its own checks alone."""
    own = Check(name="own", code="pass")

    assert names(make_lock([make_wheel("demo", "1")], target=target_on("linux-x86_64", "cu124"))) == [KERNEL_CHECK]
    assert checks_of(make_lock([make_wheel("demo", "1")], checks=(own,))) == (
        PlannedCheck(check=own, needs=frozenset({NormalizedName("demo")})),
    )


def test_a_check_needs_what_it_comes_after_to_the_end() -> None:
    """Dependencies of dependencies are needed, cycles end, and a check that names nothing needs everything."""
    wheels = [make_wheel(name, "1") for name in ("a", "b", "c", "d")]
    edges = {"a": ["b"], "b": ["c"], "c": ["a"]}
    after = Check(name="after", code="pass", after=(NormalizedName("b"),))
    whole = Check(name="whole", code="pass")
    planned = checks_of(make_lock(wheels, dependencies=edges, checks=(after, whole)))

    assert [check.needs for check in planned] == [{"a", "b", "c"}, {"a", "b", "c", "d"}]


TORCH = """\
class version:
    cuda = {cuda!r}

class cuda:
    is_available = staticmethod(lambda: {available!r})
    get_device_name = staticmethod(lambda: "Tensor Engine")

__version__ = {version!r}
float32 = "float32"

class Values:
    def __init__(self, total):
        self.total = total
    def sum(self):
        return self
    def item(self):
        return self.total
    def __matmul__(self, other):
        return Values({product!r})

def ones(*shape, **options):
    total = 1
    for side in shape:
        total *= side
    return Values(total)
"""
RIGHT = {"cuda": "12.4", "available": True, "version": "2.5.1+cu124", "product": 256**3}


@pytest.mark.parametrize(
    ("changes", "verdicts"),
    [
        pytest.param({}, ["2.5.1+cu124", "Tensor Engine"], id="right"),
        pytest.param({"version": "2.5.1"}, ["2.5.1", "Tensor Engine"], id="no label inside"),
        pytest.param(
            {"cuda": None, "available": False},
            ["torch 2.5.1 built for CUDA None, expected ('2.5.1', '12.4')", "torch 2.5.1+cu124 sees no CUDA device"],
            id="CPU build",
        ),
        pytest.param(
            {"version": "2.6.0", "product": 0},
            ["torch 2.6.0 built for CUDA 12.4, expected ('2.5.1', '12.4')", "a matrix product is wrong"],
            id="other release, wrong product",
        ),
    ],
)
def test_torch_is_asked_for_its_build_and_a_product(
    changes: dict[str, object], verdicts: list[str], python: Path, site: Path
) -> None:
    """The wrong build, a device that is not seen, and a wrong result are each told in words."""
    (site / "torch.py").write_text(TORCH.format(**(RIGHT | changes)))
    try:
        build, product, _ = checks_of(lock_with_torch("cu124"))
        with closing(Processes(python)) as processes:
            told = [processes.run(planned).output.splitlines()[-1] for planned in (build, product)]
    finally:
        (site / "torch.py").unlink()

    assert [line.removeprefix("AssertionError: ") for line in told] == verdicts


# The blacklist.


def banned_check() -> PlannedCheck:
    """The check that a lock with a blacklist gets."""
    lock = make_lock([make_wheel("demo", "1")], blacklist=BLACKLIST, checks=(Check(name="own", code="pass"),))
    own, planned = checks_of(lock)
    assert (own.check.name, planned.check.name, planned.check.critical) == ("own", "no blacklisted package", True)
    assert (own.imports_packages, planned.imports_packages) == (True, False)
    return planned


def test_a_clean_environment_holds_no_blacklisted_package(python: Path) -> None:
    """The built-in check passes where there is nothing to find."""
    with closing(Processes(python)) as processes:
        assert processes.run(banned_check()).outcome == "passed"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("torchao.py", "", id="module"),
        pytest.param("torchao/__init__.py", "", id="package"),
        pytest.param("torch_ao.py", "", id="module of a name with a dash"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torchao\nVersion: 1\n", id="distribution"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: TorchAO\nVersion: 1\n", id="capitals"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch_ao\nVersion: 1\n", id="underscore"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: Torch.ao\nVersion: 1\n", id="dot"),
        pytest.param("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch--ao\nVersion: 1\n", id="two dashes"),
    ],
)
def test_a_blacklisted_package_is_found_however_it_came(path: str, content: str, python: Path, site: Path) -> None:
    """A planted module or dist-info of a blacklisted name fails the check, in whatever spelling."""
    planted = site / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(content)
    try:
        with closing(Processes(python)) as processes:
            result = processes.run(banned_check())
    finally:
        planted.unlink()
        if planted.parent != site:
            planted.parent.rmdir()

    assert result.outcome == "failed"
    assert "blacklisted: ['" in result.output
