"""The blacklist by import name: what a wheel brings counts, whatever the wheel is called."""

from collections.abc import Mapping

import pytest

from locks import Problem

from applier.errors import BundleDamaged
from applier.wheels.ban import import_name, refuse_banned_imports
from applier.wheels.place import PlannedFile
from applier.wheels.plan import Plan
from tests.bundles import make_lock, target_on

SITES = {"linux-x86_64": "lib/python3.11/site-packages", "windows-x86_64": "Lib/site-packages"}
BLACKLIST = {"torchao": "breaks lazy imports", "pytorch-ao": "another name"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("torchao/__init__.py", "torchao", id="package"),
        pytest.param("torchao/ops/kernel.so", "torchao", id="deep in a package"),
        pytest.param("torchao/notes.txt", "torchao", id="package without modules"),
        pytest.param("torchao.py", "torchao", id="module"),
        pytest.param("torchao.pyc", "torchao", id="bytecode without source"),
        pytest.param("torchao.cpython-311-x86_64-linux-gnu.so", "torchao", id="extension"),
        pytest.param("torchao.cp311-win_amd64.pyd", "torchao", id="extension on Windows"),
        pytest.param("torchao-0.18.0.dist-info/METADATA", None, id="metadata"),
        pytest.param("torchao.libs/libgomp.so.1", None, id="libraries of a repaired wheel"),
        pytest.param("torchao.pth", None, id="path file"),
        pytest.param("torchao", None, id="file without suffix"),
        pytest.param("torch-ao/x.py", None, id="no identifier"),
    ],
)
def test_a_path_is_imported_by_its_first_part(path: str, name: str | None) -> None:
    """Folders that can be named in an import, and files that hold a module; nothing else."""
    assert import_name(path) == name


def plan_of(files: Mapping[str, str]) -> Plan:
    """A plan of paths, each with its owner."""
    return Plan(files={path: PlannedFile(path=path, owner=owner, size_bytes=1) for path, owner in files.items()})


def refused(files: Mapping[str, str], platform: str = "linux-x86_64") -> tuple[Problem, ...]:
    """The problems with a plan; none when it is fine."""
    lock = make_lock([], target=target_on(platform), blacklist=BLACKLIST)
    try:
        refuse_banned_imports(plan_of(files), lock)
    except BundleDamaged as error:
        return error.problems
    return ()


def test_the_problem_names_wheel_file_ban_and_reason() -> None:
    """One problem for each wheel and banned name, with the first of its files; all together."""
    site = SITES["linux-x86_64"]
    problems = refused(
        {
            f"{site}/torchao/b.py": "two-1-py3-none-any.whl",
            f"{site}/torchao/a.py": "two-1-py3-none-any.whl",
            f"{site}/torchao/c.py": "one-1-py3-none-any.whl",
            f"{site}/PyTorch_AO.py": "one-1-py3-none-any.whl",
            f"{site}/fine/__init__.py": "one-1-py3-none-any.whl",
        }
    )

    assert [(problem.where, problem.expected) for problem in problems] == [
        (f"one-1-py3-none-any.whl: '{site}/PyTorch_AO.py'", "nothing that is imported as pytorch-ao (another name)"),
        (f"one-1-py3-none-any.whl: '{site}/torchao/c.py'", "nothing that is imported as torchao (breaks lazy imports)"),
        (f"two-1-py3-none-any.whl: '{site}/torchao/a.py'", "nothing that is imported as torchao (breaks lazy imports)"),
    ]
    assert {problem.code for problem in problems} == {"blacklisted-import"}


@pytest.mark.parametrize(
    ("path", "platform", "is_refused"),
    [
        pytest.param("lib/python3.11/site-packages/torchao.py", "linux-x86_64", True, id="linux"),
        pytest.param("Lib/site-packages/torchao.py", "windows-x86_64", True, id="windows"),
        pytest.param("LIB/Site-Packages/torchao.py", "windows-x86_64", True, id="one folder to Windows"),
        pytest.param("LIB/Site-Packages/torchao.py", "linux-x86_64", False, id="another folder to Linux"),
        pytest.param("lib/python3.12/site-packages/torchao.py", "linux-x86_64", False, id="not on the path"),
        pytest.param("share/torchao/x.py", "linux-x86_64", False, id="data"),
        pytest.param("lib/python3.11/site-packages/other/torchao/x.py", "linux-x86_64", False, id="further down"),
    ],
)
def test_only_what_lies_in_site_packages_counts(path: str, platform: str, *, is_refused: bool) -> None:
    """The ban is on what `import NAME` would find in the target's environment."""
    assert bool(refused({path: "a-1-py3-none-any.whl"}, platform)) is is_refused
