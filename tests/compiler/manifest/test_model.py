"""A manifest is read strictly: a good one whole, a wrong one with every fault and its dotted path."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest
from packaging.utils import canonicalize_name

from locks import Check, Drop

from compiler import Manifest, read_manifest
from compiler.errors import ManifestError
from compiler.manifest.model import AgeLimits
from compiler.offers.wheels import Cutoff

STACKS = Path(__file__).parents[3] / "locks" / "stacks"
STACK = """
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
"""
GOOD = f"{STACK}requirements = ['numpy>=1']\n[variants.cpu]\n"

Fault: TypeAlias = tuple[str, str, str]
"""Dotted path, what was expected, what was found."""


def faults_in(text: str) -> list[Fault]:
    """What is wrong with a manifest, in the order of the report."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(text, document="m.toml")
    problems = caught.value.problems
    assert {problem.code for problem in problems} == {"manifest-invalid"}
    return [(problem.where.removeprefix("m.toml: "), problem.expected, problem.found) for problem in problems]


VARIANTS = "one of cpu, cu118, cu121, cu124, cu126, cu128, cu129, cu130, cu132"
KNOWN_IN_STACK = "one of floors, name, platforms, python, requirements, version"
KNOWN_IN_CHECK = "one of after, code, critical, name, needs, timeout-s"


def check(line: str) -> str:
    """A good manifest with one check, which holds this line too."""
    return f"{GOOD}[[check]]\nname = 'c'\n{line}\n"


WRONG: list[tuple[str, str, list[Fault]]] = [
    ("a lock", "lock-version = '1.0'\npackages = []", [("m.toml", "a manifest", "a lock, which is no manifest")]),
    (
        "no stack",
        "[variants.cpu]",
        [
            ("stack", "a table", "nothing"),
            ("stack.name", "a string", "nothing"),
            ("stack.version", "a string", "nothing"),
            ("stack.python", "an array", "nothing"),
            ("stack.platforms", "an array", "nothing"),
        ],
    ),
    (
        "variant on a platform of its own",
        f"{STACK}[variants.cpu]\nplatforms = ['beos']\npython = []",
        [
            ("variants.cpu.platforms[0]", "one of linux-x86_64", "'beos'"),
            ("variants.cpu.python", "at least one", "none"),
        ],
    ),
    (
        "from-index with a version",
        f"{STACK}[variants.cpu]\nindex = 'https://host.invalid'\nfrom-index = ['torch==2']",
        [("variants.cpu.from-index", "names, perhaps with markers", "'torch==2'")],
    ),
    (
        "cutoff",
        f"{GOOD}[exclude-newer]\ndate = 'soon'\nundated = ['cu124']",
        [
            ("exclude-newer.date", "a date, as 2026-11-30", "'soon'"),
            ("exclude-newer.undated[0]", "one of ordinary, cpu", "'cu124'"),
        ],
    ),
    ("age", f"{GOOD}[age]\nfail-days = -1", [("age.fail-days", "zero or more", "-1")]),
    (
        "expiry that is no date",
        f"{GOOD}[[drop]]\npackage = 'a'\nrequires = 'b'\nreason = 'c'\nexpires = 3",
        [("drop[0].expires", "a date, as 2026-11-30", "3")],
    ),
    ("no variants", STACK, [("variants", "a table", "nothing")]),
    ("empty variants", f"{STACK}[variants]", [("variants", "at least one variant", "none")]),
    ("variants no table", f"variants = 3\n{STACK}", [("variants", "a table", "3")]),
    ("unknown table", f"{GOOD}[check]\n", [("check", "an array", "a table")]),
    (
        "stack name in capitals",
        GOOD.replace("demo", "Demo"),
        [("stack.name", "lower-case letters, digits, '.', '_' and '-'", "'Demo'")],
    ),
    ("stack name empty", GOOD.replace("demo", ""), [("stack.name", "some text", "''")]),
    ("version empty", GOOD.replace('"1"', '""'), [("stack.version", "some text", "''")]),
    ("version a number", GOOD.replace('"1"', "1"), [("stack.version", "a string", "1")]),
    (
        "unknown python",
        GOOD.replace("3.11", "3.10"),
        [("stack.python[0]", "one of 3.11, 3.12, 3.13, 3.14", "'3.10'")],
    ),
    (
        "python twice",
        GOOD.replace('["3.11"]', '["3.11", "3.11"]'),
        [("stack.python[1]", "each once", "'3.11' again")],
    ),
    ("python a number", GOOD.replace('["3.11"]', "[3.11]"), [("stack.python[0]", "a string", "3.11")]),
    ("python no array", GOOD.replace('["3.11"]', '"3.11"'), [("stack.python", "an array", "'3.11'")]),
    ("no python", GOOD.replace('["3.11"]', "[]"), [("stack.python", "at least one", "none")]),
    (
        "unknown platform",
        GOOD.replace("linux-x86_64", "beos"),
        [("stack.platforms[0]", "one of linux-x86_64, linux-aarch64, windows-x86_64, macos-arm64", "'beos'")],
    ),
    (
        "a number before an unknown python",
        GOOD.replace('["3.11"]', '[3.11, "3.10"]'),
        [
            ("stack.python[0]", "a string", "3.11"),
            ("stack.python[1]", "one of 3.11, 3.12, 3.13, 3.14", "'3.10'"),
        ],
    ),
    (
        "a number before an address",
        GOOD.replace("['numpy>=1']", "[1, 'x @ https://host.invalid/x.whl']"),
        [
            ("stack.requirements[0]", "a string", "1"),
            ("stack.requirements[1]", "a name with versions", "'x @ https://host.invalid/x.whl'"),
        ],
    ),
    (
        "floor not two numbers",
        f"{STACK}floors = {{ glibc = '2' }}\n[variants.cpu]",
        [("stack.floors.glibc", "two numbers, as 2.28", "'2'")],
    ),
    (
        "floor empty",
        f"{STACK}floors = {{ glibc = '' }}\n[variants.cpu]",
        [("stack.floors.glibc", "two numbers, as 2.28", "''")],
    ),
    (
        "floor a number",
        f"{STACK}floors = {{ glibc = 2.28 }}\n[variants.cpu]",
        [("stack.floors.glibc", "a string", "2.28")],
    ),
    (
        "unknown floor",
        f"{STACK}floors = {{ musl = '1.2' }}\n[variants.cpu]",
        [("stack.floors.musl", "one of glibc, macos", "an unknown key")],
    ),
    ("unknown variant", f"{STACK}[variants.cu999]", [("variants.cu999", VARIANTS, "'cu999'")]),
    (
        "index without from-index",
        f"{STACK}[variants.cpu]\nindex = 'https://host.invalid'",
        [("variants.cpu.from-index", "a value beside 'index'", "nothing")],
    ),
    (
        "from-index without index",
        f"{STACK}[variants.cpu]\nfrom-index = ['torch']",
        [("variants.cpu.index", "a value beside 'from-index'", "nothing")],
    ),
    (
        "index of an unknown kind",
        f"{STACK}[variants.cpu]\nindex = 'ftp://host.invalid'\nfrom-index = ['torch']",
        [("variants.cpu.index", "an http, https or file address", "'ftp://host.invalid'")],
    ),
    (
        "optional group of nothing",
        f"{GOOD}[optional.extra]\n",
        [("optional.extra.requirements", "at least one requirement", "none")],
    ),
    ("blacklist without a reason", f"{GOOD}[blacklist]\ntorchao = true", [("blacklist.torchao", "a string", "True")]),
    ("blacklist with an empty reason", f"{GOOD}[blacklist]\ntorchao = ''", [("blacklist.torchao", "some text", "''")]),
    (
        "drop without a reason",
        f"{GOOD}[[drop]]\npackage = 'a'\nrequires = 'b'",
        [("drop[0].reason", "a string", "nothing")],
    ),
    ("drop no table", f"drop = ['a']\n{GOOD}", [("drop[0]", "a table", "'a'")]),
    ("check of nothing", check("code = ''"), [("check[0].code", "some text", "''")]),
    ("check without code", check(""), [("check[0].code", "a string", "nothing")]),
    ("check needs something else", check("code = 'pass'\nneeds = 'tpu'"), [("check[0].needs", "'gpu'", "'tpu'")]),
    (
        "check code no Python",
        check("code = '('"),
        [("check[0].code", "Python source", "'(' was never closed (check, line 1)")],
    ),
    (
        "check code with a null byte",
        check('code = "\\u0000"'),
        [("check[0].code", "Python source", "source code string cannot contain null bytes")],
    ),
    ("check after a number", check("code = 'pass'\nafter = 3"), [("check[0].after", "an array", "3")]),
    (
        "check critical in words",
        check("code = 'pass'\ncritical = 'no'"),
        [("check[0].critical", "true or false", "'no'")],
    ),
    ("check in minus time", check("code = 'pass'\ntimeout-s = -1"), [("check[0].timeout-s", "zero or more", "-1")]),
    (
        "check in true time",
        check("code = 'pass'\ntimeout-s = true"),
        [("check[0].timeout-s", "a whole number", "True")],
    ),
    (
        "unknown key in a check",
        check("code = 'pass'\nafterwards = 'a'"),
        [("check[0].afterwards", KNOWN_IN_CHECK, "an unknown key")],
    ),
    ("unknown key in stack", f"{STACK}pythn = 1\n[variants.cpu]", [("stack.pythn", KNOWN_IN_STACK, "an unknown key")]),
]


@pytest.mark.parametrize(("text", "faults"), [pytest.param(*case, id=name) for name, *case in WRONG])
def test_wrong_manifest_names_each_fault_by_its_path(text: str, faults: list[Fault]) -> None:
    """Every fault is reported once, with the dotted path of the very value that is wrong."""
    assert faults_in(text) == faults


@pytest.mark.parametrize("table", ["[stack]", "[variants.cpu]", "[optional.extra]"])
def test_requirement_that_cannot_be_read_is_named(table: str) -> None:
    """Wherever requirements stand, one that is no requirement is quoted on one line, with its place."""
    base = "\n".join(line for line in GOOD.splitlines() if "numpy" not in line)
    lines = "requirements = ['good', 'not a requirement']\n"
    text = base.replace(table, f"{table}\n{lines}") if table in base else f"{base}\n{table}\n{lines}"

    ((path, expected, found),) = faults_in(text)

    assert (path, expected) == (f"{table.strip('[]')}.requirements[1]", "a PEP 508 requirement")
    assert "not a requirement" in found
    assert "\n" not in found


def test_version_that_python_cannot_hold_is_a_fault() -> None:
    """Python makes no number of so many digits, and would say so only when versions are compared."""
    assert faults_in(GOOD.replace("numpy>=1", f"numpy>={'1' * 5000}")) == [
        ("stack.requirements[0]", "a PEP 508 requirement", "a line of 5007 characters")
    ]


def test_all_faults_are_reported_at_once() -> None:
    """One reading of a manifest wrong in many places tells them all, table by table."""
    text = """
[stack]
name = "Demo"
python = ["2.7", "3.11"]
platforms = ["beos"]
requirements = ["numpy", "x @ https://host.invalid/x.whl"]
[variants.rocm]
indx = "https://host.invalid"
[blacklist]
torchao = 3
[[drop]]
requires = "b"
[[check]]
needs = "gpu"
[stak]
"""
    assert [path for path, _, _ in faults_in(text)] == [
        "stack.name",
        "stack.version",
        "stack.python[0]",
        "stack.platforms[0]",
        "stack.requirements[1]",
        "variants.rocm",
        "variants.rocm.indx",
        "blacklist.torchao",
        "drop[0].package",
        "drop[0].reason",
        "check[0].code",
        "check[0].name",
        "stak",
    ]


@pytest.mark.parametrize(
    ("key", "hint"),
    [("requirement", "did you mean 'requirements'?"), ("platform", "did you mean 'platforms'?"), ("zzz", "remove it")],
)
def test_unknown_key_is_told_its_nearest_name(key: str, hint: str) -> None:
    """A key nobody reads is a fault, and a likely misspelling is named."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(f"{STACK}{key} = 1\n[variants.cpu]")

    assert [(each.where, each.hint) for each in caught.value.problems] == [(f"manifest.toml: stack.{key}", hint)]


def test_address_is_refused_with_the_way_out() -> None:
    """A requirement with an address is refused, and the hint says where the wheel can be put instead."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(GOOD.replace("numpy>=1", "x @ https://host.invalid/x.whl"))

    hint = "addresses cannot be locked for an offline machine; put the wheel in a find-links folder"
    assert [problem.hint for problem in caught.value.problems] == [hint]


def test_an_address_is_told_without_its_password() -> None:
    """User names and passwords in a requirement appear in no message, whether it can be read or not."""
    lines = ['"x @ https://me:s3cret@host.invalid/x.whl"', '"https://me:s3cret@host.invalid/x.whl"']

    with pytest.raises(ManifestError) as caught:
        read_manifest(GOOD.replace("'numpy>=1'", ", ".join(lines)))

    assert len(caught.value.problems) == 2
    assert "s3cret" not in str(caught.value)


def test_text_that_is_no_toml_is_one_problem() -> None:
    """Broken TOML is reported with the document's name and the parser's own words."""
    with pytest.raises(ManifestError) as caught:
        read_manifest("[stack]\nname = = 2", document="m.toml")

    (problem,) = caught.value.problems
    assert (problem.code, problem.where, problem.expected) == ("manifest-invalid", "m.toml", "TOML")
    assert problem.found == "Invalid value (at line 2, column 8)"


WHOLE = f"""{STACK}floors = {{ glibc = "2.31" }}
requirements = ["numpy>=1", "pywin32 ; sys_platform == 'win32'"]
[variants.cu124]
requirements = ["torch==2.5.1"]
index = "https://host.invalid/whl/cu124"
from-index = ["Torch", "torch_vision"]
[variants.cpu]
[blacklist]
Torch_AO = "why"
[optional.extra]
requirements = ["unsloth"]
[[drop]]
package = "Unsloth_Zoo"
requires = "TorchAO"
reason = "training only"
[[check]]
name = "one"
code = "import torch"
after = "Torch"
needs = "gpu"
critical = false
timeout-s = 60
[[check]]
name = "two"
code = "pass"
after = ["numpy", "Torch"]
[[check]]
name = "three"
code = "pass"
"""


def test_every_part_of_a_manifest_is_read() -> None:
    """Names come out normalised, defaults filled in, and nothing of the file is lost."""
    manifest = read_manifest(WHOLE)
    torch = canonicalize_name("torch")
    cu124, cpu = manifest.variants

    assert (manifest.stack, manifest.version, manifest.pythons) == ("demo", "1", ("3.11",))
    assert manifest.floors == {"glibc": (2, 31), "macos": (14, 0)}
    assert [str(item) for item in manifest.requirements] == ["numpy>=1", 'pywin32; sys_platform == "win32"']
    assert (cu124.name, cu124.index) == ("cu124", "https://host.invalid/whl/cu124")
    assert list(map(str, cu124.from_index)) == ["Torch", "torch_vision"]
    assert (cpu.requirements, cpu.index, cpu.from_index) == ((), None, ())
    assert manifest.blacklist == {"torch-ao": "why"}
    assert [(group.name, list(map(str, group.requirements))) for group in manifest.optional] == [("extra", ["unsloth"])]
    assert manifest.drops == (
        Drop(package=canonicalize_name("unsloth-zoo"), requires=canonicalize_name("torchao"), reason="training only"),
    )
    assert manifest.checks == (
        Check(name="one", code="import torch", after=(torch,), needs_gpu=True, critical=False, timeout_s=60),
        Check(name="two", code="pass", after=(canonicalize_name("numpy"), torch), timeout_s=120),
        Check(name="three", code="pass"),
    )


def test_targets_follow_the_manifests_order_and_floors() -> None:
    """Variants vary slowest, pythons fastest; each platform has its own kind of floor, Windows none."""
    text = WHOLE.replace('["3.11"]', '["3.12", "3.11"]')
    manifest = read_manifest(text.replace('["linux-x86_64"]', '["macos-arm64", "windows-x86_64", "linux-aarch64"]'))
    targets = [target for variant, target in manifest.targets() if variant.name == target.variant]

    assert [str(target) for target in targets] == [
        f"{variant}-{platform}-py{python}"
        for variant in ("cu124", "cpu")
        for platform in ("macos-arm64", "windows-x86_64", "linux-aarch64")
        for python in ("312", "311")
    ]
    assert [target.floor for target in targets[:6:2]] == [(14, 0), None, (2, 31)]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param(lambda text: f"# a comment\r\n{text}", True, id="comment"),
        pytest.param(lambda text: text.replace("numpy>=1", "numpy>=2"), False, id="requirement"),
        pytest.param(lambda text: text.replace('"why"', '"because"'), False, id="reason"),
        pytest.param(
            lambda text: text.replace("[variants.cpu]", "[variants.cpu]\nrequirements = ['a']"), True, id="variant"
        ),
        pytest.param(lambda text: text.replace('python = ["3.11"]', 'python = ["3.11", "3.12"]'), True, id="Python"),
    ],
)
def test_digest_is_of_the_content(change: Callable[[str], str], *, same: bool) -> None:
    """Comments, other variants and the choice of targets do not change a variant's digest; all else does."""
    before, after = (read_manifest(text).variants[0] for text in (WHOLE, change(WHOLE)))

    assert (before.sha256 == after.sha256) is same


@pytest.mark.parametrize(
    ("stack", "targets"),
    [pytest.param("quickstart", 9, id="quickstart"), pytest.param("llm-studio", 12, id="llm-studio")],
)
def test_shipped_manifests_are_valid(stack: str, targets: int) -> None:
    """The stacks we ship are read without a fault, name themselves and make as many locks as they should."""
    folder = STACKS / stack
    manifest: Manifest = read_manifest((folder / "manifest.toml").read_text("utf-8"))
    names = {f"pylock.{target}.toml" for _, target in manifest.targets()}

    assert (manifest.stack, len(names)) == (stack, targets)
    assert names >= {path.name for path in folder.glob("pylock.*.toml")}


def test_a_variant_narrows_the_matrix_and_picks_its_own_packages() -> None:
    """A variant's own platforms and Pythons replace the stack's; markers decide what comes from its index."""
    text = """
[stack]
name = "demo"
version = "1"
python = ["3.11", "3.12"]
platforms = ["linux-x86_64", "windows-x86_64", "macos-arm64"]
[variants.cpu]
[variants.cu124]
platforms = ["linux-x86_64", "windows-x86_64"]
python = ["3.11"]
index = "https://host.invalid/whl/cu124"
from-index = ["Torch ; sys_platform == 'win32'", "xformers"]
"""
    taken = {
        target.name: sorted(variant.taken_from_index(target))
        for variant, target in read_manifest(text).targets()
        if variant.name == "cu124"
    }

    assert len(list(read_manifest(text).targets())) == 6 + 2
    assert taken == {"cu124-linux-x86_64-py311": ["xformers"], "cu124-windows-x86_64-py311": ["torch", "xformers"]}


def test_age_and_cutoff_are_read() -> None:
    """Limits in days, names that may be old, a last day, and the indexes that need not tell dates."""
    text = f"""{GOOD}
[age]
warn-days = 100
fail-days = 700
allow = ["Old_One"]
[exclude-newer]
date = 2026-11-01
undated = ["cpu", "ordinary"]
"""
    manifest = read_manifest(text)

    assert manifest.age == AgeLimits(warn_days=100, fail_days=700, allowed=frozenset([canonicalize_name("old-one")]))
    assert manifest.cutoff == Cutoff(day=date(2026, 11, 1), undated=frozenset(["cpu", "ordinary"]))
    assert read_manifest(GOOD).age == AgeLimits(warn_days=365)
    assert read_manifest(GOOD).cutoff == Cutoff()


CPU = "[variants.cpu]"


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("requirements = []", "requirements = [\"a ; os_name ~= 'posix'\"]", "stack.requirements[0]"),
        ("requirements = []", "requirements = [\"a ; 'x' in extras\"]", "stack.requirements[0]"),
        ("[variants.cpu]", "[variants.cpu]\nindex = 'http://[::1/simple'\nfrom-index = ['a']", "variants.cpu.index"),
        (
            "[variants.cpu]",
            "[variants.cpu]\n[[check]]\nname = 'n'\ncode = 'x'\ntimeout-s = 86401",
            "check[0].timeout-s",
        ),
    ],
    ids=["versions of a name", "variable of lock files", "address that is none", "more than a day"],
)
def test_what_parses_and_means_nothing_is_a_fault(before: str, after: str, path: str) -> None:
    """A value that only fails when it is used is found when the manifest is read."""
    text = (
        "[stack]\nname = 's'\nversion = '1'\npython = ['3.11']\nplatforms = ['linux-x86_64']\nrequirements = []\n"
        "[variants.cpu]\n"
    )
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.replace(before, after))

    assert [problem.where for problem in caught.value.problems] == [f"manifest.toml: {path}"]
