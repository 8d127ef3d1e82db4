"""Locks as PEP 751 documents: what is written reads back, and what is not ours is refused."""

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.pylock import Pylock, is_valid_pylock_path
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

import locks
from locks import Check, Drop, LeftOut, Limits, Lock, LockedFile, LockedWheel, LockError, Target
from locks.files import is_plain_path
from locks.lock import ORDINARY_INDEX
from locks.pylock import join_driver, parse_driver, to_pylock
from locks.read import read_lock
from locks.target import PLATFORMS, PYTHONS, VARIANTS

from compiler.write import to_bytes

NUMPY, TORCH = canonicalize_name("numpy"), canonicalize_name("torch")
DIGEST = "0123456789abcdef" * 4
TARGET = Target(variant="cu124", platform=PLATFORMS["linux-x86_64"], python="3.11", floor=(2, 28))
SAMPLE = Lock(
    stack="llm-studio",
    stack_version="2026.11",
    target=TARGET,
    manifest_sha256="f" * 64,
    wheels=(
        LockedWheel(
            name=NUMPY,
            version=Version("2.1.0"),
            filename="numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            size_bytes=16_000_000,
            sha256="a" * 64,
        ),
        LockedWheel(
            name=TORCH,
            version=Version("2.5.1+cu124"),
            filename="torch-2.5.1+cu124-cp311-cp311-linux_x86_64.whl",
            size_bytes=900_000_000,
            sha256=DIGEST,
            dependencies=(NUMPY,),
            requires=('numpy; python_version < "3.12"',),
            licence="BSD-3-Clause",
            index="cu124",
        ),
    ),
    requirements=("torch==2.5.1",),
    install_order=(NUMPY, TORCH),
    blacklist={canonicalize_name("torchao"): "breaks lazy imports"},
    drops=(
        Drop(
            package=canonicalize_name("unsloth-zoo"),
            requires=canonicalize_name("torchao"),
            reason="unused",
            expires=date(2027, 1, 31),
        ),
    ),
    left_out=(LeftOut(group="unsloth", reason="torchao is blacklisted"),),
    checks=(
        Check(
            name="torch sees the GPU",
            code="import torch\nassert torch.cuda.is_available()\n",
            after=(TORCH,),
            needs_gpu=True,
            critical=False,
            timeout_s=60,
        ),
    ),
    limits=Limits(driver=(525, 60, 13), compute_capabilities=("8.6", "9.0"), ptx=("9.0",)),
    files=(LockedFile(path="models/tiny.gguf", size_bytes=7, sha256="7" * 64),),
    exclude_newer=date(2026, 11, 1),
)
DOCUMENT = SAMPLE.filename
VALID: dict[str, Any] = tomllib.loads(to_bytes(SAMPLE).decode())
VENVAULT: dict[str, Any] = VALID["tool"]["venvault"]

SHIPPED = sorted(Path(locks.__file__).parent.glob("stacks/*/pylock.*.toml"))

Route = tuple[str | int, ...]


class Delete:
    """Stands for taking a key away."""


DELETE = Delete()


# --- strategies: any lock that its parts allow, and any document ---

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SAID = TEXTS.filter(bool)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9]|-[a-z0-9]){0,8}", fullmatch=True).map(canonicalize_name)
NUMBERS = st.integers(0, 10**6)
VERSIONS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "1!"]),
    st.lists(NUMBERS, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
    st.sampled_from(["", "a1", "rc2", ".post3", ".dev4", "b1.post2.dev3"]),
    st.sampled_from(["", "+cu124", "+local.1"]),
).map(Version)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
REQUIREMENTS = st.builds("{}{}{}".format, NAMES, st.sampled_from(["", "[x]"]), st.sampled_from(["", ">=1,<2", "==1.*"]))
LIMITS = st.builds(
    Limits,
    driver=st.lists(NUMBERS, max_size=3).map(tuple),
    compute_capabilities=st.lists(TEXTS, max_size=2).map(tuple),
    ptx=st.lists(TEXTS, max_size=2).map(tuple),
)
DROPS = st.builds(Drop, package=NAMES, requires=NAMES, reason=SAID, expires=st.none() | st.dates())
FILES = st.builds(LockedFile, path=TEXTS.filter(is_plain_path), size_bytes=NUMBERS, sha256=DIGESTS)
TOML = st.recursive(
    st.booleans() | st.integers(-(10**18), 10**18) | st.floats() | TEXTS | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """Draw any target."""
    platform = draw(st.sampled_from(list(PLATFORMS.values())))
    floors = {
        "glibc": st.tuples(st.just(2), st.integers(5, 45)),
        "macos": st.tuples(st.integers(11, 30), st.integers(0, 9)),
    }
    return Target(
        variant=draw(st.sampled_from(VARIANTS)),
        platform=platform,
        python=draw(st.sampled_from(PYTHONS)),
        floor=draw(floors[platform.floor_of]) if platform.floor_of else None,
    )


@st.composite
def wheels(draw: st.DrawFn, name: NormalizedName, target: Target, names: list[NormalizedName]) -> LockedWheel:
    """Draw a wheel of `name` for `target` that needs any of `names`."""
    version = draw(VERSIONS)
    build = draw(st.sampled_from(["", "-1", "-2abc"]))
    return LockedWheel(
        name=name,
        version=version,
        filename=f"{name.replace('-', '_')}-{version}{build}-{draw(st.sampled_from(target.tags()))}.whl",
        size_bytes=draw(st.integers(0, 10**10)),
        sha256=draw(DIGESTS),
        dependencies=tuple(sorted(draw(st.sets(st.sampled_from(names))))),
        requires=tuple(draw(st.lists(REQUIREMENTS, max_size=2))),
        licence=draw(TEXTS),
        index=draw(st.just(ORDINARY_INDEX) | SAID),
    )


@st.composite
def any_locks(draw: st.DrawFn) -> Lock:
    """Draw any lock that the compiler could make."""
    target = draw(targets())
    names = sorted(draw(st.sets(NAMES, max_size=4)))
    after = st.lists(st.sampled_from(names), max_size=2).map(tuple) if names else st.just(())
    checks = st.builds(
        Check,
        name=SAID,
        code=SAID,
        after=after,
        needs_gpu=st.booleans(),
        critical=st.booleans(),
        timeout_s=st.integers(min_value=0, max_value=86_400),
    )
    return Lock(
        stack=draw(SAID),
        stack_version=draw(SAID),
        target=target,
        manifest_sha256=draw(DIGESTS),
        wheels=tuple(draw(wheels(name, target, names)) for name in names),
        requirements=tuple(draw(st.lists(REQUIREMENTS, max_size=2))),
        install_order=tuple(draw(st.permutations(names))),
        blacklist=draw(st.dictionaries(NAMES.filter(lambda name: name not in names), SAID, max_size=2)),
        drops=tuple(draw(st.lists(DROPS, max_size=2))),
        left_out=tuple(draw(st.lists(st.builds(LeftOut, group=SAID, reason=SAID), max_size=2))),
        checks=tuple(draw(st.lists(checks, max_size=2))),
        files=tuple(draw(st.lists(FILES, max_size=2))),
        limits=draw(LIMITS),
        exclude_newer=draw(st.none() | st.dates()),
    )


def paths_in(value: object, above: Route = ()) -> list[Route]:
    """Every key and position below `value`."""
    steps: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [path for step, inner in steps for path in ((*above, step), *paths_in(inner, (*above, step)))]


def damaged(changes: Mapping[Route, object]) -> bytes:
    """Write the valid document with other values at some paths."""
    document = copy.deepcopy(VALID)
    for path, value in changes.items():
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        if value is DELETE:
            del place[path[-1]]
        else:
            place[path[-1]] = copy.deepcopy(value)
    return tomli_w.dumps(document).encode()


def problems_of(data: bytes) -> list[str]:
    """Read a lock that is refused; give its problems, less the code and the document's name."""
    with pytest.raises(LockError) as caught:
        read_lock(data, document=DOCUMENT)
    start = f"lock-invalid: {DOCUMENT}: "
    return [str(problem).removeprefix(start) for problem in caught.value.problems]


# --- the round trip ---


def test_sample_document_word_for_word() -> None:
    """The format, as an example: readers in other versions of venvault rely on it."""
    assert to_bytes(SAMPLE).decode() == (Path(__file__).parent / SAMPLE.filename).read_text("utf-8")


@given(any_locks())
@settings(deadline=None)
def test_what_is_written_reads_back(lock: Lock) -> None:
    """Any lock is the same after writing and reading, and gives the same bytes twice."""
    data = to_bytes(lock)

    assert read_lock(data, document=lock.filename) == lock
    assert to_bytes(read_lock(data, document=lock.filename)) == data


@pytest.mark.parametrize("code", ["a\r\nb", "a\rb\n", '\ttab\n\\n"\'\'\'"""', "\x00\x7f\u2028\ufeff\n", "\n\na\n"])
def test_source_of_a_check_is_kept_to_the_byte(code: str) -> None:
    """Line ends, quotes and control characters of a check come back as they were."""
    check = Check(name="odd", code=code)
    lock = Lock(
        stack="demo",
        stack_version="1",
        target=TARGET,
        manifest_sha256=DIGEST,
        wheels=(),
        install_order=(),
        checks=(check,),
    )

    assert read_lock(to_bytes(lock), document="demo").checks == (check,)


@given(any_locks())
@settings(deadline=None, max_examples=30)
def test_any_pep_751_installer_finds_the_wheels(lock: Lock) -> None:
    """The reader that pip itself carries takes the document, and selects each wheel by its relative path."""
    target = lock.target
    document = Pylock.from_dict(tomllib.loads(to_bytes(lock).decode()))

    selected = document.select(environment=target.environment(), tags=target.tags())

    assert is_valid_pylock_path(Path(lock.filename))
    assert {package.name: getattr(source, "path", None) for package, source in selected} == {
        wheel.name: f"wheels/{wheel.filename}" for wheel in lock.wheels
    }


@pytest.mark.parametrize("part", ["url", "index", "sdist", "upload-time", "created-at"])
def test_no_address_and_no_clock_is_written(part: str) -> None:
    """The same bytes hold beside the manifest and in the bundle, behind any mirror, on any day."""
    assert part not in {path[-1] for path in paths_in(to_pylock(SAMPLE).to_dict()) if "tool" not in path}
    assert b"://" not in to_bytes(SAMPLE)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_locks_are_what_we_write(path: Path) -> None:
    """Every lock in the repository reads, and would be written the same today."""
    data = path.read_bytes()

    assert to_bytes(read_lock(data, document=path.name)) == data


def test_wheels_are_written_by_name() -> None:
    """The order of the packages in the file is the alphabet's, whatever the lock's."""
    backwards = replace(SAMPLE, wheels=SAMPLE.wheels[::-1])

    assert [package.name for package in to_pylock(backwards).packages] == [NUMPY, TORCH]


@pytest.mark.parametrize(
    ("parts", "text"),
    [((), ""), ((580,), "580"), ((525, 60, 13), "525.60.13"), ((580, 65, 6), "580.65.06"), ((550, 0), "550.00")],
)
def test_driver_is_written_as_nvidia_does(parts: tuple[int, ...], text: str) -> None:
    """Parts after the first have two digits; reading takes them back."""
    assert (join_driver(parts), parse_driver(text)) == (text, parts)


@pytest.mark.parametrize("text", [".", "525.", "new", "525.x", "-525.60", "525. 60", "5_25"])
def test_driver_must_be_numbers(text: str) -> None:
    """Anything but whole numbers joined by dots is a ValueError."""
    with pytest.raises(ValueError):
        parse_driver(text)


# --- what is refused ---


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", id="no text"),
        pytest.param(b"x", "Expected '=' after a key in a key/value pair (at end of document)", id="no TOML"),
        pytest.param(b"", "Missing required value in 'lock-version'", id="no lock"),
        pytest.param(
            b"stack = {}",
            "a manifest, which is no lock (compile it first: `venvault compile MANIFEST`)",
            id="manifest",
        ),
        pytest.param(
            b"stack = {}\nlock-version = 1", "Unexpected type int (expected str) in 'lock-version'", id="both"
        ),
        pytest.param(b'lock-version = "2.0"', "Missing required value in 'created-by'", id="half a lock"),
        pytest.param(bytes((16 << 20) + 1), "more than 16777216 bytes", id="too long"),
        pytest.param(
            b"PK\x03\x04\xff",
            "a zip, as a bundle is, and no lock (name the lock it was made of, or its pylock.toml, unzipped)",
            id="bundle",
        ),
    ],
)
def test_what_is_no_pep_751_lock_is_refused(data: bytes, found: str) -> None:
    """A document of another kind is one problem that says why."""
    assert problems_of(data) == [f"expected a PEP 751 lock, found {found}"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x = " + b"[" * 100_000, id="too deep"),
        pytest.param(b"x = " + b"1" * 5_000, id="number too long for Python"),
        pytest.param(b"x = 2026-13-01", id="day that never was"),
    ],
)
def test_what_breaks_the_toml_reader_is_refused(data: bytes) -> None:
    """A document that TOML's reader gives up on is one problem too."""
    (problem,) = problems_of(data)

    assert problem.startswith("expected a PEP 751 lock, found ")


V = ("tool", "venvault")
P0: Route = ("packages", 0)
W0: Route = (*P0, "wheels", 0)
FIRST = "packages[0]"
ENDLESS = f"a>={'1' * 5000}"
NESTED = f"a; {'(' * 1900}os_name == 'nt'{')' * 1900}"
OTHER_WHEEL = {"path": "wheels/numpy-2.1.0-py3-none-any.whl", "size": 1, "hashes": {"sha256": DIGEST}}
ESCAPING = "numpy-2.1.0-1/../../../x-cp311-cp311-linux_x86_64.whl"
ESCAPING_ON_WINDOWS = "..\\..\\numpy-2.1.0-cp311-cp311-linux_x86_64.whl"
UNFIT = "numpy-2.1.0-cp312-cp312-linux_x86_64.whl"
UNKNOWN = "found an unknown key"
LIMIT_KEYS = "compute-capabilities, driver, ptx"
CHECK_KEYS = "after, code, critical, name, needs-gpu, timeout-s"
FIT = "packages: expected wheels for cu124-linux-x86_64-py311, found "
NO_PYTHON = (
    "python_full_version '3.11.0' in provided environment does not satisfy the Python version requirement '>=3.12'"
)
NO_WHEEL = (
    f"{FIT}No wheel found matching the provided tags for package 'numpy' at packages[0], "
    "and no sdist available as a fallback"
)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        pytest.param(
            {(*V, "format"): 2},
            ["tool.venvault.format: expected at most 1, found a newer one (update venvault)"],
            id="newer format",
        ),
        pytest.param(
            {(*V, "format"): DELETE},
            ["tool.venvault.format: expected a whole number, found nothing"],
            id="no format",
        ),
        pytest.param(
            {(*V, "platform"): "solaris"},
            [
                f"tool.venvault.platform: expected one of {', '.join(PLATFORMS)}, found 'solaris'",
            ],
            id="unknown platform",
        ),
        pytest.param(
            {(*V, "floor"): "new"},
            ["tool.venvault.floor: expected two numbers, as 2.28, found 'new'"],
            id="floor that is none",
        ),
        pytest.param(
            {(*V, "floor"): DELETE},
            ["tool.venvault.floor: expected two numbers, as 2.28, found ''"],
            id="no floor",
        ),
        pytest.param(
            {(*V, "python"): "new"},
            ["tool.venvault.python: expected one of 3.11, 3.12, 3.13, 3.14, found 'new'"],
            id="unknown Python",
        ),
        pytest.param(
            {(*V, "variant"): "../../cu124"},
            [f"tool.venvault.variant: expected one of {', '.join(VARIANTS)}, found '../../cu124'"],
            id="variant that is a path",
        ),
        pytest.param(
            {(*V, "check", 0, "timeout-s"): 86_401},
            ["tool.venvault.check[0].timeout-s: expected at most 86400 seconds, found 86401"],
            id="check that may take more than a day",
        ),
        pytest.param(
            {(*V, "limits", "driver"): "new"},
            ["tool.venvault.limits.driver: expected numbers joined by dots, found 'new'"],
            id="driver that is none",
        ),
        pytest.param(
            {
                (*V, "colour"): "red",
                (*V, "limits", "drivers"): "1",
                (*V, "check", 0, "afterwards"): [],
                (*V, "drop", 0, "why"): "",
                (*V, "left-out", 0, "why"): "",
                (*W0[:2], "tool"): {"venvault": {"indx": "a"}},
            },
            [
                (
                    "packages[0].tool.venvault.indx: expected one of index, licence, requires, "
                    f"{UNKNOWN} (did you mean 'index'?)"
                ),
                f"tool.venvault.limits.drivers: expected one of {LIMIT_KEYS}, {UNKNOWN} (did you mean 'driver'?)",
                f"tool.venvault.left-out[0].why: expected one of group, reason, {UNKNOWN} (remove it)",
                f"tool.venvault.drop[0].why: expected one of expires, package, reason, requires, {UNKNOWN} (remove it)",
                f"tool.venvault.check[0].afterwards: expected one of {CHECK_KEYS}, {UNKNOWN} (did you mean 'after'?)",
                f"tool.venvault.colour: expected one of {', '.join(sorted(VENVAULT))}, {UNKNOWN} (remove it)",
            ],
            id="unknown keys, all at once",
        ),
        pytest.param(
            {(*V, "file", 0): {"path": "../secret", "size": -1, "sha256": "7"}},
            [
                "tool.venvault.file[0].size: expected zero or more, found -1",
                "tool.venvault.file[0].path: expected a plain relative path, found '../secret'",
                "tool.venvault.file[0].sha256: expected 64 lower-case hex digits, found '7'",
            ],
            id="file that leads elsewhere",
        ),
        pytest.param(
            {(*P0, "version"): DELETE},
            [f"{FIRST}: expected a version and exactly one wheel, found something else for numpy"],
            id="no version",
        ),
        pytest.param(
            {(*P0, "wheels"): [VALID["packages"][0]["wheels"][0], OTHER_WHEEL]},
            [f"{FIRST}: expected a version and exactly one wheel, found something else for numpy"],
            id="two wheels",
        ),
        pytest.param(
            {(*P0, "sdist"): {"path": "numpy-2.1.0.tar.gz", "hashes": {"sha256": DIGEST}}},
            [f"{FIRST}: expected a version and exactly one wheel, found something else for numpy"],
            id="an sdist beside the wheel",
        ),
        pytest.param(
            {(*P0, "wheels"): DELETE, (*P0, "directory"): {"path": "numpy"}},
            [f"{FIRST}: expected a version and exactly one wheel, found something else for numpy"],
            id="a folder for a wheel",
        ),
        pytest.param(
            {
                (*W0, "path"): f"../{UNFIT}",
                (*W0, "size"): -1,
                (*W0, "hashes", "sha256"): DIGEST.upper(),
                ("packages", 1, "wheels", 0, "size"): DELETE,
                ("packages", 1, "wheels", 0, "hashes"): {"md5": "0"},
            },
            [
                f"{FIRST}.wheels[0].path: expected 'wheels/FILE', found '../{UNFIT}'",
                f"{FIRST}.wheels[0].hashes.sha256: expected 64 lower-case hex digits, found {DIGEST.upper()!r}",
                f"{FIRST}.wheels[0].size: expected a size in bytes, found -1",
                "packages[1].wheels[0].hashes.sha256: expected 64 lower-case hex digits, found ''",
                "packages[1].wheels[0].size: expected a size in bytes, found None",
            ],
            id="faults of wheels, all at once",
        ),
        pytest.param(
            {(*W0, "name"): ESCAPING, (*W0, "path"): f"wheels/{ESCAPING}"},
            [f"{FIRST}.wheels[0].path: expected 'wheels/FILE', found 'wheels/{ESCAPING}'"],
            id="file name that leads out of the folder",
        ),
        pytest.param(
            {(*W0, "path"): f"wheels/{ESCAPING_ON_WINDOWS}"},
            [f"{FIRST}.wheels[0].path: expected 'wheels/FILE', found {f'wheels/{ESCAPING_ON_WINDOWS}'!r}"],
            id="file name that leads out of the folder on Windows",
        ),
        pytest.param(
            {(*P0, "tool"): {"venvault": "numpy"}},
            [f"{FIRST}.tool.venvault: expected a table, found 'numpy'"],
            id="our table in a package is none",
        ),
        pytest.param(
            {(*V, "install-order"): ["numpy"]},
            ["tool.venvault.install-order: expected every package once, found other names"],
            id="order of installation misses one",
        ),
        pytest.param(
            {(*V, "install-order"): ["numpy", "torch", "torch"]},
            ["tool.venvault.install-order: expected every package once, found other names"],
            id="order of installation has one twice",
        ),
        pytest.param(
            {
                ("packages", 1, "dependencies"): [{"name": "scipy"}, {"name": "numpy"}, {}],
                (*V, "check", 0, "after"): ["torch", "absent"],
                (*V, "blacklist", "numpy"): "too heavy",
            },
            [
                "packages[1].dependencies: expected packages of this lock, found 'none'",
                "packages[1].dependencies: expected packages of this lock, found 'scipy'",
                "tool.venvault.check[0].after: expected packages of this lock, found 'absent'",
                "packages: expected no numpy (too heavy), found numpy in the lock",
            ],
            id="contradictions, all at once",
        ),
        pytest.param(
            {
                (*V, "requirements"): ["torch==2.5.1", "torch=2"],
                ("packages", 1, "tool", "venvault", "requires"): ["numpy >"],
            },
            [
                "packages[1].tool.venvault.requires[0]: expected a PEP 508 requirement, found 'numpy >'",
                "tool.venvault.requirements[1]: expected a PEP 508 requirement, found 'torch=2'",
            ],
            id="no requirements",
        ),
        pytest.param(
            {(*V, "requirements"): [ENDLESS, NESTED]},
            [
                f"tool.venvault.requirements[{position}]: expected a PEP 508 requirement, found {line!r}"
                for position, line in enumerate([ENDLESS, NESTED])
            ],
            id="requirements that break the reader",
        ),
        pytest.param(
            {(*W0, "path"): "wheels/numpy-2.1.0-py3-none-any.\x1b[2J.whl"},
            [f"{FIRST}.wheels[0].path: expected 'wheels/FILE', found 'wheels/numpy-2.1.0-py3-none-any.\\x1b[2J.whl'"],
            id="wheel that speaks to the terminal",
        ),
        pytest.param(
            {(*W0, "path"): f"wheels/{UNFIT}"},
            [NO_WHEEL],
            id="wheel for another target",
        ),
        pytest.param(
            {(*V, "floor"): "2.12"},
            [NO_WHEEL],
            id="wheel for a newer glibc",
        ),
        pytest.param(
            {("requires-python",): ">=3.12"},
            [f"{FIT}{NO_PYTHON}"],
            id="lock for another Python",
        ),
        pytest.param(
            {("environments",): ['sys_platform == "win32"']},
            [f"{FIT}Provided environment does not satisfy any of the environments specified in the lock file"],
            id="lock for another system",
        ),
        pytest.param(
            {(*P0, "marker"): 'sys_platform == "win32"'},
            ["packages: expected every package selected, found 1 of 2"],
            id="package for another system",
        ),
    ],
)
def test_lock_that_is_damaged_is_refused(changes: Mapping[Route, object], problems: list[str]) -> None:
    """Every fault is named with its place, and all that can be judged are told at once."""
    assert problems_of(damaged(changes)) == problems


def test_package_twice_is_refused() -> None:
    """A package has one entry."""
    packages = [*VALID["packages"], VALID["packages"][0]]

    assert problems_of(damaged({("packages",): packages})) == [
        f"{FIT}Multiple packages with the name 'numpy' are selected at packages[2] and packages[0]"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({("environments",): ["os_name ~= 'posix'"]}, id="lock"),
        pytest.param({(*P0, "marker"): "platform_machine ~= 'x'"}, id="package"),
        pytest.param({(*P0, "marker"): "'a' in extras or os_name ~= 'nt'"}, id="package's extra"),
    ],
)
def test_marker_without_a_meaning_is_refused(changes: Mapping[Route, object]) -> None:
    """A marker that parses but cannot be evaluated is the lock's fault."""
    (problem,) = problems_of(damaged(changes))

    assert problem.startswith(FIT)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        pytest.param(DELETE, "tool.venvault: expected a table, found nothing", id="absent"),
        pytest.param("ours", "tool.venvault: expected a table, found 'ours'", id="text"),
        pytest.param([], "tool.venvault: expected a table, found an array", id="array"),
        pytest.param({}, "tool.venvault.format: expected a whole number, found nothing", id="empty"),
    ],
)
def test_lock_of_somebody_else_is_refused(table: object, problem: str) -> None:
    """A valid PEP 751 lock without our table is none of ours, and says so first."""
    assert problems_of(damaged({V: table}))[0] == problem


# --- any damage at all ---


@given(path=st.sampled_from(paths_in(VALID)), value=st.just(DELETE) | TOML)
@settings(deadline=None, max_examples=300)
@example(path=(*V, "python"), value="3")
@example(path=(*V, "floor"), value="2.5000")
@example(path=(*V, "limits"), value=[])
@example(path=("packages", 1, "tool", "venvault"), value=1)
@example(path=("packages",), value=[])
def test_any_single_damage_is_a_lock_or_a_lock_error(path: Route, value: object) -> None:
    """Whatever one value is replaced by, a lock comes out or a LockError, and nothing else."""
    try:
        lock = read_lock(damaged({path: value}), document=DOCUMENT)
    except LockError:
        return
    assert read_lock(to_bytes(lock), document=DOCUMENT) == lock


@given(st.binary() | (TEXTS | st.dictionaries(TEXTS, TOML).map(tomli_w.dumps)).map(str.encode))
def test_any_document_is_a_lock_error(data: bytes) -> None:
    """Bytes from anywhere are refused in our own words."""
    assert len(problems_of(data)) >= 1


@given(
    st.fixed_dictionaries(
        {
            "lock-version": st.just("1.0"),
            "created-by": TEXTS,
            "packages": st.just([]) | TOML,
            "tool": TOML | st.just({}),
        }
    ),
    st.dictionaries(st.sampled_from(sorted(VENVAULT)), TOML),
)
@settings(deadline=None)
def test_any_table_of_ours_is_a_lock_error(document: dict[str, object], table: dict[str, object]) -> None:
    """A PEP 751 document with our table half filled is refused in our own words."""
    document |= {"tool": {"venvault": table}} if table else {}

    assert len(problems_of(tomli_w.dumps(document).encode())) >= 1
