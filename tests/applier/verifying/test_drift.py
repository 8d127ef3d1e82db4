"""What differs, sorted: values alone."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from locks import Lock

from applier.checks.result import CheckResult
from applier.environment.receipt import InstalledFile, Receipt
from applier.verifying.drift import Drift, WrongBuild
from applier.verifying.judge import compare, is_blacklisted, sort_drift
from tests.bundles import make_lock, target_on
from tests.wheels import make_wheel

A, B = InstalledFile(sha256="a", size_bytes=1), InstalledFile(sha256="b", size_bytes=1)


@pytest.mark.parametrize(
    ("expected", "found", "result"),
    [
        pytest.param({}, {}, ((), (), ()), id="nothing"),
        pytest.param({"x": A}, {"x": A}, ((), (), ()), id="same"),
        pytest.param({"x": A}, {"x": B}, (("x",), (), ()), id="other bytes"),
        pytest.param({"x": A}, {"x": InstalledFile(link="a")}, (("x",), (), ()), id="link for file"),
        pytest.param({"x": A}, {}, ((), ("x",), ()), id="gone"),
        pytest.param({"x": A}, {"x": None}, ((), ("x",), ()), id="unreadable"),
        pytest.param({}, {"x": A}, ((), (), ("x",)), id="added"),
        pytest.param({}, {"x": None}, ((), (), ("x",)), id="added and unreadable"),
    ],
)
def test_each_file_is_of_one_kind(
    expected: dict[str, InstalledFile], found: dict[str, InstalledFile | None], result: tuple[tuple[str, ...], ...]
) -> None:
    """Altered, missing, foreign: by path and content alone."""
    assert compare(expected, found) == result


_trees = st.dictionaries(st.text("ab", max_size=2), st.sampled_from([A, B]))


@given(_trees, _trees)
def test_what_is_missing_on_one_side_is_foreign_on_the_other(
    first: dict[str, InstalledFile], second: dict[str, InstalledFile]
) -> None:
    """Comparing the other way round swaps missing and foreign, and each tree equals itself."""
    altered, missing, foreign = compare(first, second)

    assert compare(second, first) == (altered, foreign, missing)
    assert compare(first, first) == ((), (), ())


LINUX = "lib/python3.11/site-packages"


def lock_for(platform: str = "linux-x86_64", variant: str = "cu124", torch: str = "2.5.1") -> Lock:
    """A lock of torch and numpy, with a blacklist."""
    return make_lock(
        [make_wheel("torch", torch), make_wheel("numpy", "1.26.4")],
        target=target_on(platform, variant),
        blacklist={canonicalize_name("torch-ao"): "breaks"},
    )


RECEIPT = Receipt(
    stack="demo",
    stack_version="1",
    variant="cu124",
    target="cu124-linux-x86_64-py311",
    bundle="b.zip",
    bundle_sha256="0",
    lock="",
    packages={},
    files={},
    checks=(),
    gpu="no GPU",
    applied_at="",
    seconds=0,
)


def test_names_are_told_so_that_they_can_be_seen() -> None:
    """Nothing in a file's name moves the cursor, or looks like another line; programs get it as it is."""
    name = "a\nunaltered: demo\x1b[2J\udcff"
    drift = Drift(receipt=RECEIPT, foreign=(name,), blacklisted=(name,))

    assert drift.findings() == [f"{kind}: a\\nunaltered: demo\\x1b[2J\\udcff" for kind in ("blacklisted", "foreign")]
    assert drift.to_dict()["foreign"] == [name]


@pytest.mark.parametrize(
    ("path", "banned"),
    [
        (f"{LINUX}/torch_ao/__init__.py", True),
        (f"{LINUX}/torch_ao.py", True),
        (f"{LINUX}/Torch_AO/kernels.so", True),
        (f"{LINUX}/torch_ao-0.7.dist-info/METADATA", True),
        (f"{LINUX}/torch_ao-nightly.dist-info/RECORD", True),
        (f"{LINUX}/torch_ao-notes.txt", False),
        (f"{LINUX}/torch/torch_ao.py", False),
        ("share/torch_ao/x.py", False),
        (f"{LINUX}/torch_aorta.py", False),
    ],
)
def test_a_foreign_file_of_a_banned_name_is_blacklisted(path: str, banned: bool) -> None:
    """By import name or by distribution, in site-packages alone."""
    drift = sort_drift(RECEIPT, lock_for(), {path: A})

    assert is_blacklisted(path, lock_for()) is banned
    assert (drift.blacklisted, drift.foreign) == (((path,), ()) if banned else ((), (path,)))
    assert not drift.is_clean


def test_windows_takes_folders_of_any_case_for_site_packages() -> None:
    """Where the file system does not tell cases apart, neither does the blacklist."""
    assert is_blacklisted("lib/Site-Packages/torch_ao/__init__.py", lock_for("windows-x86_64"))
    assert not is_blacklisted("LIB/python3.11/site-packages/torch_ao.py", lock_for())


@pytest.mark.parametrize(
    ("torch", "path", "found"),
    [
        pytest.param("2.5.1", "torch-2.6.0.dist-info/RECORD", "2.6.0", id="another release"),
        pytest.param("2.5.1+cu124", "torch-2.5.1+cpu.dist-info/RECORD", "2.5.1+cpu", id="another label"),
        pytest.param("2.5.1+cu124", "torch-2.5.1.dist-info/RECORD", "2.5.1", id="no label"),
        pytest.param("2.5.1", "torch-2.5.1+cpu.dist-info/RECORD", "2.5.1+cpu", id="CPU torch over CUDA torch"),
    ],
)
def test_metadata_of_another_version_is_a_wrong_build(torch: str, path: str, found: str) -> None:
    """What pip and uv leave when they replace a package: its new metadata, told once."""
    where = f"{LINUX}/{path.partition('/')[0]}"
    drift = sort_drift(RECEIPT, lock_for(torch=torch), {f"{LINUX}/{path}": A, f"{where}/METADATA": A})

    assert drift.wrong_builds == (
        WrongBuild(package=canonicalize_name("torch"), expected=torch, found=found, where=where),
    )


@pytest.mark.parametrize("name", ["torch-2.5.1.dist-info", "other-1.dist-info", "torch-x.dist-info", "torch.dist-info"])
def test_other_metadata_is_no_wrong_build(name: str) -> None:
    """The locked version itself, packages that are not locked, and names that make no sense."""
    assert sort_drift(RECEIPT, lock_for(), {f"{LINUX}/{name}/RECORD": A}).wrong_builds == ()


CUDA_TORCH = "__version__ = '2.5.1+cu124'\ndebug = False\ncuda: Optional[str] = '12.4'\nhip: Optional[str] = None\n"
CPU_TORCH = "from typing import Optional\n\n__version__ = '2.5.1'\ncuda: Optional[str] = None\n"


@pytest.mark.parametrize(
    ("text", "variant", "found"),
    [
        pytest.param(CPU_TORCH, "cu124", "2.5.1 for the CPU", id="CPU build of the same version"),
        pytest.param(CUDA_TORCH, "cpu", "2.5.1 for CUDA 12.4", id="CUDA build over a CPU one"),
        pytest.param(CUDA_TORCH.replace("12.4", "12.1"), "cu124", "2.5.1 for CUDA 12.1", id="another CUDA"),
        pytest.param(CUDA_TORCH, "cu124", None, id="the right one"),
        pytest.param("x", "cu124", None, id="says nothing"),
        pytest.param("", "cu124", None, id="empty"),
    ],
)
def test_torch_tells_its_build_in_its_own_file(text: str, variant: str, found: str | None) -> None:
    """Two builds of one version differ in no file name: torch's altered `version.py` tells them apart."""
    path = f"{LINUX}/torch/version.py"
    receipt = replace(RECEIPT, files={path: A})
    drift = sort_drift(receipt, lock_for(variant=variant), {path: B}, torch_version=text)

    assert drift.altered == (path,)
    assert [build.found for build in drift.wrong_builds] == ([found] if found else [])
    assert sort_drift(receipt, lock_for(variant=variant), {path: A}, torch_version=text).is_clean


def test_a_long_list_is_cut_in_words_and_whole_in_json() -> None:
    """Twenty of a kind are enough for reading; what to do is said once."""
    paths = [f"{number:03}.txt" for number in range(100)]
    drift = sort_drift(RECEIPT, lock_for(), dict.fromkeys(paths, A))
    lines = drift.lines()

    assert lines[:2] == ["foreign: 000.txt", "foreign: 001.txt"]
    assert lines[20:] == ["foreign: ... and 80 more (--json tells all)", f"  do: {drift.to_dict()['do']['foreign']}"]
    assert drift.to_dict()["foreign"] == paths


def test_the_worst_is_told_first() -> None:
    """A wrong build explains the altered files below it."""
    drift = Drift(
        receipt=RECEIPT,
        altered=("a",),
        missing=("m",),
        foreign=("f",),
        blacklisted=("b",),
        wrong_builds=(WrongBuild(package=canonicalize_name("torch"), expected="2", found="1", where="w"),),
        checks=(CheckResult(name="c", outcome="failed", critical=True, output="no"),),
    )

    assert [line for line in drift.lines() if not line.startswith("  do: ")] == [
        "wrong build: torch: 2 expected, 1 found",
        "blacklisted: b",
        "altered: a",
        "missing: m",
        "foreign: f",
        "check failed: c: no",
    ]


def test_no_finding_speaks_to_the_terminal() -> None:
    """What a package prints in a check, or torch's file has for a version, is somebody else's; lines are kept."""
    drift = Drift(
        receipt=RECEIPT,
        wrong_builds=(WrongBuild(package=canonicalize_name("torch"), expected="2", found="\x1b[2J", where="w"),),
        checks=(CheckResult(name="c", outcome="failed", critical=True, output="a\x1b[2J\nb"),),
    )

    assert drift.findings() == ["wrong build: torch: 2 expected, \\x1b[2J found", "check failed: c: a\\x1b[2J\nb"]


_paths = st.sampled_from(
    ["a", f"{LINUX}/torch_ao.py", f"{LINUX}/torch-2.6.dist-info/RECORD", f"{LINUX}/x.py", f"{LINUX}/torch/version.py"]
)
_found = st.dictionaries(_paths, st.sampled_from([A, B, None]))


@given(st.dictionaries(_paths, st.sampled_from([A, B])), _found)
def test_every_difference_is_of_exactly_one_kind(files: Any, found: Any) -> None:
    """No path is told twice, none is lost, and only an equal tree is clean."""
    drift = sort_drift(replace(RECEIPT, files=files), lock_for(), found)
    told = [*drift.altered, *drift.missing, *drift.foreign, *drift.blacklisted]
    differing = {
        path for path in files.keys() | found.keys() if found.get(path, None) != files.get(path) or path not in files
    }

    assert sorted(told) == sorted(differing)
    assert drift.is_clean is (files == found)
