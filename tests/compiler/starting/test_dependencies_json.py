"""The old installer's file is read whole, however its author shaped it, and strictly: an unknown key is a fault."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locks import Check

from compiler.errors import DraftError
from compiler.starting.dependencies_json import read_dependencies_json
from compiler.starting.draft import Banned, Draft
from tests.compiler.starting.drafts import lines_of

SAMPLE = Path(__file__).with_name("dependencies.json").read_text("utf-8")
TORCH = canonicalize_name("torch")


def read(change: Callable[[dict[str, Any]], object] = lambda content: None) -> Draft:
    """Read the sample after a change to it."""
    content = json.loads(SAMPLE)
    change(content)
    return read_dependencies_json(json.dumps(content), document="d.json")


def test_every_part_of_the_file_is_read() -> None:
    """Packages, variants, blacklist and tests come with their JSON paths; what a lock does not need is noted."""
    draft = read()

    assert (draft.pythons, draft.platforms) == (("3.11", "3.12"), ("linux-x86_64", "windows-x86_64"))
    assert lines_of(draft.requirements) == [
        "numpy<2,>=1.26",
        'triton-windows>=3; sys_platform == "win32"',
        "Demo_GUI==6.8.1",
        "peft",
    ]
    assert [item.where for item in draft.requirements[:2]] == [
        "d.json: core_dependencies[0].version",
        "d.json: core_dependencies[2].version",
    ]
    assert draft.requirements[0].comment == "torch 2.5 and numpy 2 clash"
    assert draft.blacklist == {
        "torchao": Banned(reason="in the old global_blacklist", where="d.json: global_blacklist[0]"),
        "torch-ao": Banned(reason="in the old global_blacklist", where="d.json: global_blacklist[1]"),
    }
    assert len(draft.notes) == 1
    assert "install_args" in draft.notes[0]


def test_cuda_configurations_become_variants() -> None:
    """Each keeps its index, its labels and its comment; names are ours, however they were spelled."""
    cu124, cu121 = read().variants

    assert (cu124.name, cu124.index) == ("cu124", "https://host.invalid/whl/cu124")
    assert lines_of(cu124.requirements) == ["torch==2.5.1+cu124", "torchvision==0.20.1+cu124"]
    assert cu124.requirements[0].where == "d.json: cuda_configs.cu124.packages.torch"
    assert (cu121.name, cu121.remarks) == ("cu121", ("for the old cluster",))


@pytest.mark.parametrize("name", ["12.4", "cuda124", "CUDA_12_4", "cuda-12.4", "cu12.4"])
def test_a_cuda_version_is_known_however_it_is_spelled(name: str) -> None:
    """The CUDA version in a configuration's name is what counts."""
    draft = read(lambda content: content.update(cuda_configs={name: {"packages": {"torch": "2.5.1"}}}))

    assert [variant.name for variant in draft.variants] == ["cu124"]


def test_optional_packages_become_groups() -> None:
    """Each is a group of its own, and what was said against it stands in it."""
    (group,) = read().optional

    assert (group.name, lines_of(group.requirements)) == ("unsloth", ["unsloth>=2024.11"])
    assert group.remarks == ("it brings torchao", "It brought torchao.", "do not install")


def test_verification_tests_become_checks() -> None:
    """A test runs after the packages it imports, and is skipped without a GPU when it touches CUDA."""
    assert read().checks == (
        Check(
            name="torch_cuda",
            code="import torch; assert torch.cuda.is_available()",
            after=(TORCH,),
            needs_gpu=True,
            critical=True,
        ),
        Check(
            name="gui",
            code="from demo_gui.widgets import Button\nimport os, numpy",
            after=(canonicalize_name("demo-gui"), canonicalize_name("numpy")),
            critical=False,
        ),
        Check(
            name="slow",
            code="import peft.tuners",
            after=(canonicalize_name("peft"),),
            critical=False,
            timeout_s=600,
        ),
    )


@pytest.mark.parametrize(
    ("code", "needs_gpu"),
    [
        ("import torch; torch.ones(1, device='cuda:0')", True),
        ("import torch; torch.ones(1).to('cuda')", True),
        ("print('CUDA is not cuda at all')", False),
        ("import cuda_tools", False),
    ],
)
def test_only_code_that_touches_cuda_needs_a_gpu(code: str, *, needs_gpu: bool) -> None:
    """An attribute or a device name counts, a word in a sentence does not."""
    (check,) = read(lambda content: content.update(verification_tests=[{"name": "t", "code": code}])).checks

    assert check.needs_gpu is needs_gpu


def test_tables_by_name_are_read_as_well() -> None:
    """Packages by name, with a version or a table, and a blacklist with reasons, mean the same."""

    def by_name(content: dict[str, Any]) -> None:
        content["core_dependencies"] = {"numpy": ">=1.26", "peft": {"specifier": "~=0.13", "critical": True}}
        content["optional_packages"] = {"xformers": "*"}
        content["global_blacklist"] = {"torchao": "breaks torch 2.5"}

    draft = read(by_name)

    assert lines_of(draft.requirements) == ["numpy>=1.26", "peft~=0.13"]
    assert [item.where for item in draft.requirements] == [
        "d.json: core_dependencies.numpy",
        "d.json: core_dependencies.peft.specifier",
    ]
    assert [lines_of(group.requirements) for group in draft.optional] == [["xformers"]]
    assert draft.blacklist == {"torchao": Banned(reason="breaks torch 2.5", where="d.json: global_blacklist.torchao")}


def test_a_small_file_is_enough() -> None:
    """Nothing but the format and one package need be there."""
    draft = read_dependencies_json('{"format_version": "1.0", "core_dependencies": [{"name": "a"}]}')

    assert (lines_of(draft.requirements), draft.variants, draft.platforms) == (["a"], (), ())
    assert draft.pythons == ("3.11",)


Change = Callable[[dict[str, Any]], object]
KNOWN = (
    "comment, core_dependencies, cuda_configs, format_version, global_blacklist, optional_packages, "
    "post_install_cleanup, python_max, python_min, verification_tests"
)
WRONG: list[tuple[str, Change, list[tuple[str, str, str]]]] = [
    ("another format", lambda it: it.update(format_version="2.0"), [("format_version", "'1.0'", "'2.0'")]),
    ("no format", lambda it: it.pop("format_version"), [("format_version", "'1.0'", "None")]),
    (
        "a key nobody knows",
        lambda it: it.update(core_dependancies=[]),
        [("core_dependancies", f"one of {KNOWN}", "an unknown key")],
    ),
    (
        "a key nobody knows in a package",
        lambda it: it["core_dependencies"][0].update(verson="1"),
        [
            (
                "core_dependencies[0].verson",
                "one of comment, critical, install_args, name, order, platform, reason, version",
                "an unknown key",
            )
        ],
    ),
    (
        "a package without a name",
        lambda it: it["core_dependencies"][0].pop("name"),
        [("core_dependencies[0].name", "a string", "nothing")],
    ),
    (
        "a version that is none",
        lambda it: it["core_dependencies"][3].update(version="six"),
        [("core_dependencies[3].version", "a PEP 508 requirement", "")],
    ),
    (
        "a platform that is none",
        lambda it: it["core_dependencies"][0].update(platform="windows"),
        [("core_dependencies[0].platform", "one of linux, win32, darwin", "'windows'")],
    ),
    (
        "a CUDA that is no variant",
        lambda it: it["cuda_configs"].update({"cu999": {}}),
        [("cuda_configs.cu999", "one of cpu, cu118, cu121, cu124, cu126, cu128, cu129, cu130, cu132", "'cu999'")],
    ),
    (
        "an index that is none",
        lambda it: it["cuda_configs"]["cu124"].update(torch_index="pytorch"),
        [("cuda_configs.cu124.torch_index", "an http, https or file address", "'pytorch'")],
    ),
    (
        "an index with a password",
        lambda it: it["cuda_configs"]["cu124"].update(torch_index="https://me:s3cret@host.invalid/whl"),
        [("cuda_configs.cu124.torch_index", "an address without credentials", "one with them")],
    ),
    (
        "Pythons too old",
        lambda it: it.update(python_max="3.10"),
        [("python_max", "3.11 or newer", "3.10")],
    ),
    (
        "a Python that is none",
        lambda it: it.update(python_min="three"),
        [("python_min", "a Python, as 3.11", "'three'")],
    ),
    (
        "a test that is no Python",
        lambda it: it["verification_tests"][0].update(code="import"),
        [("verification_tests[0].code", "Python source", "")],
    ),
    (
        "a test without end",
        lambda it: it["verification_tests"][2].update(timeout=0),
        [("verification_tests[2].timeout", "1 to 86400 seconds", "0")],
    ),
    (
        "a banned package that is no name",
        lambda it: it.update(global_blacklist=["a", 3]),
        [("global_blacklist[1]", "a string", "3")],
    ),
]


@pytest.mark.parametrize(("change", "expected"), [pytest.param(*case, id=name) for name, *case in WRONG])
def test_what_cannot_be_read_is_told_by_its_json_path(change: Change, expected: list[tuple[str, str, str]]) -> None:
    """Every fault names the very value; no password is repeated."""
    with pytest.raises(DraftError) as caught:
        read(change)

    told = [(item.where, item.expected, item.found) for item in caught.value.problems]
    assert [(where, said) for where, said, _ in told] == [(f"d.json: {where}", said) for where, said, _ in expected]
    assert all(found.startswith(start) for (_, _, found), (_, _, start) in zip(told, expected, strict=True))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[", "[1]", "null", "\ufeff{}", "[" * 100_000])
def test_what_is_no_file_of_the_old_installer_is_one_problem(text: str) -> None:
    """Broken or foreign JSON is told once, without a traceback."""
    with pytest.raises(DraftError) as caught:
        read_dependencies_json(text, document="d.json")

    (problem,) = caught.value.problems
    assert (problem.code, problem.where.partition(":")[0]) == ("source-invalid", "d.json")
