"""Locks are held against their manifest by the two alone, and no edit that matters passes."""

from functools import cache
from pathlib import Path

import pytest

from locks import Problem

from compiler import read_manifest
from compiler.checking.check import judge_locks
from compiler.write import to_bytes
from tests.compiler.fakes import Index, locks_from

MANIFEST = """
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64", "macos-arm64"]
requirements = ["app>=1", "tool ; sys_platform == 'win32'", "lib[fast]"]
[variants.cpu]
[variants.cu124]
platforms = ["linux-x86_64"]
requirements = ["torch==2.5.1"]
index = "https://pytorch.invalid/whl/cu124"
from-index = ["torch"]
[blacklist]
torchao = "too slow"
[optional.more]
requirements = ["more>=1"]
[optional.absent]
requirements = ["absent"]
[[drop]]
package = "app"
requires = "heavy"
reason = "never used"
[[drop]]
package = "elsewhere"
requires = "heavy"
reason = "not in any lock"
[[check]]
name = "app imports"
code = "import app"
after = "app"
[[check]]
name = "absent imports"
code = "import absent"
after = "absent"
"""
INDEXES: dict[str, Index] = {
    "ordinary": {
        "app": {"1.0": {"requires": ["lib>=2", "heavy", "tail ; sys_platform == 'linux'"]}},
        "lib": {"2.0": {"requires": ["speed ; extra == 'fast'"]}},
        "more": {"1.0": {"requires": ["lib<3"]}},
        "speed": {"5": {}},
        "tail": {"0.1": {}},
    },
    "cu124": {"torch": {"2.5.1+cu124": {"requires": ["lib"]}}},
}
FOLDER = Path("locks")
CPU, MACOS, CU124 = (
    FOLDER / f"pylock.{target}.toml"
    for target in ("cpu-linux-x86_64-py311", "cpu-macos-arm64-py311", "cu124-linux-x86_64-py311")
)


@cache
def files() -> dict[Path, bytes]:
    """The locks as `compile` writes them."""
    return {FOLDER / lock.filename: to_bytes(lock) for lock in locks_from(read_manifest(MANIFEST), INDEXES)}


def judged(manifest: str, found: dict[Path, bytes], *, only: str | None = None) -> list[Problem]:
    """Judge locks against a manifest, perhaps those of one variant only."""
    parsed = read_manifest(manifest)
    targets = [(variant, target) for variant, target in parsed.targets() if only in (None, variant.name)]
    return judge_locks(parsed, targets, found, folder=FOLDER, whole=only is None)


def edited(text: str, *edits: tuple[str, str]) -> str:
    """Replace each first text by the second; every edit finds its place."""
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def told(problem: Problem) -> str:
    """A problem's code and place, less the folder."""
    return f"{problem.code}: {problem.where.removeprefix(f'{CU124}: ')}"


def test_what_compile_writes_follows() -> None:
    """Fresh locks, with optional groups, drops, checks and an index of their own, have no problem."""
    assert judged(MANIFEST, files()) == []


def test_line_that_stands_twice_is_one() -> None:
    """A line of the stack may stand in a variant and in a group again, spelled otherwise: the lock follows."""
    twice = edited(
        MANIFEST,
        ('["app>=1", ', '["app>=1", "App >= 1", '),
        ("[variants.cu124]\n", ""),
        ("[variants.cpu]\n", '[variants.cpu]\nrequirements = ["app>=1"]\n[variants.cu124]\n'),
        ('["more>=1"]', '["more>=1", "lib[fast]"]'),
    )
    locks = locks_from(read_manifest(twice), INDEXES)

    assert judged(twice, {FOLDER / lock.filename: to_bytes(lock) for lock in locks}) == []
    assert {line for lock in locks for line in lock.requirements if line.lower().startswith("app")} == {"App>=1"}


PACKAGE = """[[packages]]
name = "stray"
version = "1"

[[packages.wheels]]
path = "wheels/stray-1-py3-none-any.whl"
size = 1

[packages.wheels.hashes]
sha256 = "{digest}"

[tool.venvault]
""".format(digest="0" * 64)
TAIL = """[[packages]]
name = "tail"
version = "0.1"

[[packages.wheels]]
path = "wheels/tail-0.1-py3-none-any.whl"
size = 1000

[packages.wheels.hashes]
sha256 = "{digest}"

[packages.tool.venvault]
licence = "MIT"

""".format(digest="0" * 64)

EDITS: list[tuple[str, list[tuple[str, str]], list[str]]] = [
    ("no TOML", [("[[packages]]", "[[packages]")], [f"lock-invalid: {CU124}"]),
    (
        "version of a package",
        [('name = "lib"\nversion = "2.0"', 'name = "lib"\nversion = "1.0"'), ("lib-2.0-py3", "lib-1.0-py3")],
        ["requirement-not-met: lib"],
    ),
    (
        "version without its file",
        [('name = "lib"\nversion = "2.0"', 'name = "lib"\nversion = "2.1"')],
        [f"lock-invalid: {CU124}"],
    ),
    (
        "version of a root",
        [('version = "2.5.1+cu124"', 'version = "2.6.0+cu124"'), ("torch-2.5.1+cu124", "torch-2.6.0+cu124")],
        ["requirement-not-met: torch"],
    ),
    ("requirement line no longer met", [('"lib>=2"', '"lib>=3"')], ["requirement-not-met: lib"]),
    (
        "requirement line added",
        [('"lib>=2"', '"lib>=2",\n    "more"')],
        ["dependencies-differ: app"],
    ),
    (
        "requirement line of something absent",
        [('"lib>=2"', '"lib>=2",\n    "torchvision"')],
        ["requirement-not-met: torchvision"],
    ),
    (
        "requirement line taken out",
        [('    "tail; sys_platform == \\"linux\\"",\n', "")],
        ["dependencies-differ: app", "package-not-required: tail"],
    ),
    (
        "requirement line and edge taken out",
        [('    "tail; sys_platform == \\"linux\\"",\n', ""), ('    { name = "tail" },\n', "")],
        ["package-not-required: tail"],
    ),
    (
        "requirement line unreadable",
        [('"lib>=2"', '"lib>="')],
        ["lock-invalid: packages[0].tool.venvault.requires[0]"],
    ),
    ("edge taken out", [('    { name = "lib" },\n', "")], ["dependencies-differ: app"]),
    (
        "package added",
        [("[tool.venvault]\n", PACKAGE), ('    "app",\n', '    "app",\n    "stray",\n')],
        ["package-not-required: stray"],
    ),
    (
        "package taken out",
        [(TAIL, ""), ('    { name = "tail" },\n', ""), ('    "tail",\n', "")],
        ["requirement-not-met: tail"],
    ),
    (
        "package taken out of the order",
        [('    "tail",\n', "")],
        ["lock-invalid: tool.venvault.install-order"],
    ),
    (
        "order of installation",
        [('    "tail",\n', ""), ("install-order = [\n", 'install-order = [\n    "tail",\n')],
        ["lock-differs: install-order"],
    ),
    (
        "line of the manifest",
        [('    "app>=1",\n', '    "app",\n')],
        ["lock-differs: requirement app"],
    ),
    (
        "line of the manifest twice",
        [('    "app>=1",\n', '    "app>=1",\n    "app>=1",\n')],
        ["lock-differs: requirements"],
    ),
    ("line of an optional group", [('    "more>=1",\n', "")], ["lock-differs: requirement more"]),
    (
        "optional group, said to be left out",
        [('group = "absent"', 'group = "more"')],
        [
            "lock-differs: requirement more",
            "lock-differs: requirement absent",
            "requirement-not-met: absent",
            "package-not-required: more",
        ],
    ),
    ("blacklist", [('torchao = "too slow"', 'torchao = "fine"')], ["lock-differs: blacklist torchao"]),
    ("blacklist emptied", [('torchao = "too slow"\n', "")], ["lock-differs: blacklist torchao"]),
    ("reason of a drop", [('reason = "never used"', 'reason = "sometimes"')], ["lock-differs: drop app -> heavy"]),
    (
        "drop of something not here",
        [('package = "app"', 'package = "elsewhere"')],
        ["lock-differs: drop elsewhere -> heavy"],
    ),
    ("check's code", [('code = "import app"', 'code = "pass"')], ["lock-differs: check app imports"]),
    ("check's weight", [("critical = true", "critical = false")], ["lock-differs: check app imports"]),
    (
        "check's name",
        [('name = "app imports"', 'name = "b"')],
        ["lock-differs: check b", "lock-differs: check app imports"],
    ),
    (
        "why a check was left out",
        [("absent not in this lock", "no need")],
        ["lock-differs: left out check: absent imports"],
    ),
    (
        "build of another variant",
        [('version = "2.5.1+cu124"', 'version = "2.5.1+cu121"'), ("torch-2.5.1+cu124", "torch-2.5.1+cu121")],
        ["variant-not-met: torch"],
    ),
    ("alias", [('index = "cu124"\n', "")], ["lock-differs: index torch"]),
    ("another's alias", [('licence = "MIT"\n', 'licence = "MIT"\nindex = "cu124"\n')], ["lock-differs: index app"]),
    ("driver", [('driver = "525.60.13"', 'driver = "450.80.02"')], ["lock-differs: limit driver"]),
    ("stack", [('stack = "demo"', 'stack = "other"')], ["lock-differs: stack name"]),
    ("floor", [('floor = "2.28"', 'floor = "2.35"')], ["lock-differs: floor glibc"]),
    (
        "date",
        [("requirements = [", "exclude-newer = 2026-01-01\nrequirements = [")],
        ["lock-differs: exclude-newer date"],
    ),
    ("digest", [('manifest-sha256 = "', 'manifest-sha256 = "f')], ["lock-stale: manifest-sha256"]),
    ("standard field", [('created-by = "venvault"', 'created-by = "hand"')], ["lock-differs: created-by"]),
    ("standard field taken out", [('requires-python = "==3.11.*"\n', "")], ["lock-differs: requires-python"]),
    ("a default taken out", [("critical = true\n", "")], ["lock-differs: tool"]),
    ("a comment and another layout", [("[[packages]]", "# ours\n\n[[ packages ]]")], []),
    ("target", [('variant = "cu124"', 'variant = "cu126"')], [f"lock-misnamed: {CU124}"]),
]


@pytest.mark.parametrize(("edits", "problems"), [pytest.param(*case, id=name) for name, *case in EDITS])
def test_edited_lock_is_found_out(edits: list[tuple[str, str]], problems: list[str]) -> None:
    """Every edit by hand that could matter has its code and its place; the other locks stay good."""
    text = edited(files()[CU124].decode(), *edits)

    found = judged(MANIFEST, {**files(), CU124: text.encode()})

    assert list(map(told, found)) == problems
    assert all(problem.hint for problem in found if problem.code != "lock-invalid")


MOVED: list[tuple[str, list[tuple[str, str]], str, list[str]]] = [
    ("version", [('version = "1"', 'version = "2"')], "stack: version 1 -> 2", []),
    ("a requirement loosened", [("app>=1", "app")], "requirement: app >=1 -> any version", []),
    (
        "a requirement tightened",
        [("app>=1", "app>=1.1")],
        "requirement: app >=1 -> >=1.1",
        ["requirement-not-met: app"],
    ),
    (
        "a requirement more",
        [('"app>=1"', '"app>=1", "new"')],
        "requirement: new added (any version)",
        ["requirement-not-met: new"],
    ),
    (
        "a requirement fewer",
        [('"app>=1", ', "")],
        "requirement: app removed (>=1)",
        ["package-not-required: app", "package-not-required: tail"],
    ),
    (
        "the blacklist",
        [('torchao = "too slow"', 'speed = "x"')],
        "blacklist: torchao removed (too slow); blacklist: speed added (x)",
        ["blacklisted-package: speed"],
    ),
    ("a drop fewer", [('package = "app"', 'package = "gone"')], "drop: app -> heavy removed (never used)", []),
    (
        "a drop more",
        [('package = "elsewhere"\nrequires = "heavy"', 'package = "more"\nrequires = "lib"')],
        "nothing that shows in the lock",
        ["drop-not-made: more"],
    ),
    (
        "a check",
        [('code = "import app"', 'code = "pass"')],
        "check: app imports code 83fae0fb5aa9 -> code d74ff0ee8da3",
        [],
    ),
    ("a floor", [("[variants.cpu]", 'floors = { glibc = "2.35" }\n[variants.cpu]')], "floor: glibc 2.28 -> 2.35", []),
    (
        "the cut-off",
        [("[blacklist]", "[exclude-newer]\ndate = 2026-01-01\n[blacklist]")],
        "exclude-newer: date added (2026-01-01)",
        [],
    ),
    (
        "an optional group",
        [("[optional.absent]", "[optional.other]")],
        (
            "left out: absent removed (absent: wheels of it, found no such project); "
            "requirement: absent added (any version)"
        ),
        ["requirement-not-met: absent"],
    ),
    ("the age", [("[blacklist]", "[age]\nwarn-days = 1\n[blacklist]")], "nothing that shows in the lock", []),
    (
        "where torch is from",
        [('from-index = ["torch"]', 'from-index = ["torch", "lib"]')],
        "index: lib ordinary -> cu124",
        [],
    ),
]


@pytest.mark.parametrize(("edits", "moved", "more"), [pytest.param(*case, id=name) for name, *case in MOVED])
def test_moved_manifest_makes_its_locks_stale(edits: list[tuple[str, str]], moved: str, more: list[str]) -> None:
    """A lock says which part of the manifest moved since, as far as it can tell, and what no longer follows."""
    stale, *others = judged(edited(MANIFEST, *edits), files(), only="cu124")

    assert told(stale) == "lock-stale: manifest-sha256"
    assert stale.found.partition("; moved since then: ")[2] == moved
    assert stale.hint == "run venvault compile"
    assert list(map(told, others)) == more


def test_line_ends_of_another_system_are_free() -> None:
    """A checkout with CRLF follows all the same."""
    assert judged(MANIFEST, {path: data.replace(b"\n", b"\r\n") for path, data in files().items()}) == []


def test_another_variants_change_makes_no_lock_stale() -> None:
    """The digest of a lock covers what its own variant follows from."""
    manifest = edited(MANIFEST, ("torch==2.5.1", "torch==2.6.0"))

    assert {problem.where.partition(":")[0] for problem in judged(manifest, files())} == {str(CU124)}


def test_missing_and_orphaned_locks_are_told_together() -> None:
    """A target without a lock and a lock without a target are problems, each with what to do."""
    orphan = FOLDER / "pylock.cu118-linux-x86_64-py311.toml"
    found = {CPU: files()[CPU], CU124: files()[CU124], orphan: b"anything"}

    assert list(map(str, judged(MANIFEST, found))) == [
        f"lock-missing: {MACOS}: expected a lock for cpu-macos-arm64-py311, found none (run venvault compile)",
        (
            f"lock-orphaned: {orphan}: expected locks of the manifest's targets only, found a lock of none of them "
            "(delete it, or give its target back to the manifest)"
        ),
    ]


def test_narrowed_to_a_variant_the_others_do_not_count() -> None:
    """Locks of other targets may be missing, wrong or left over."""
    found = {CU124: files()[CU124], CPU: b"broken", FOLDER / "pylock.old.toml": b""}

    assert judged(MANIFEST, found, only="cu124") == []
    assert [problem.code for problem in judged(MANIFEST, found)] == ["lock-invalid", "lock-missing", "lock-orphaned"]
